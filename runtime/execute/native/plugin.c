/* execute/native/plugin.c - the plug-in's one symbol: a formula as a function of this machine.
 *
 * Flags: those of the vector loops (kernels/meson.build), contraction off, so that the bits are theirs.  The
 * instruction set is the one that the runtime was told to use, not all that this machine has: what is kept in a
 * home folder serves other machines too. */
#include <pthread.h>
#include <stdlib.h>

#include "execute/native/inside.h"

static const char *const common_flags[] = {"-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math",
                                           "-fno-strict-aliasing", "-fPIC", "-shared", "-w", "-x", "c"};
static const char *const avx2_flags[] = {"-mavx2", NULL};
static const char *const avx512_flags[] = {"-mavx512f",  "-mavx512dq", "-mavx512vl",
                                           "-mavx512bw", "-mprefer-vector-width=512", NULL};

/* Runtimes of one process, ranks as threads, make the same files. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

__attribute__((visibility("default"))) native_make tessera_native_make_1;

enum native_answer tessera_native_make_1(const struct native_order *o, native_run **out)
{
    const char *flag[24];
    int    n = 0;
    char  *text = NULL;
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof common_flags / sizeof common_flags[0]; ++i)
        flag[n++] = common_flags[i];
    const char *const *own = o->vectors == NATIVE_AVX512 ? avx512_flags : avx2_flags;
    for (int i = 0; o->vectors != NATIVE_PLAIN && own[i] != NULL; ++i)
        flag[n++] = own[i];
    flag[n] = NULL;
    FILE *f = open_memstream(&text, &bytes);
    if (f == NULL)
        return NATIVE_REFUSED;
    fprintf(f, "/*");
    for (int i = 0; i < n; ++i)
        fprintf(f, " %s", flag[i]);
    fprintf(f, " */\n");
    const bool is_well = native_text(o, f);
    const bool is_whole = fclose(f) == 0;
    (void)pthread_mutex_lock(&one_at_a_time);
    const enum native_answer answer =
        is_well && is_whole ? native_library(o, text, flag, out) : NATIVE_REFUSED;
    (void)pthread_mutex_unlock(&one_at_a_time);
    free(text);
    return answer;
}
