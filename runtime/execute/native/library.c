/* execute/native/library.c - from text to a function: the machine's compiler, and what it made before.
 *
 * Kept in TESSERA_CACHE, or $XDG_CACHE_HOME/tessera, or ~/.cache/tessera: NAME.c, the text, and NAME.so, where
 * NAME is a hash of the text.  What is kept is taken if its text is the same, letter by letter, and if nobody
 * but this user can write the folder and the files.  Files are moved into place whole, the text last, so that processes
 * may make the same one at once.  Where no folder can be had, one of the temporary folder is used, and emptied.
 *
 * The compiler is $TESSERA_CC, or cc.  A library stays loaded to the end of the process.
 *
 * Cost: 0.1 ms where it is kept, else the compiler's time.  Threads: one call at a time (plugin.c). */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "execute/native/inside.h"

extern char **environ;

enum { MOST_FLAGS = 24, PATIENCE_MS = 60000, STEP_US = 2000 };

struct place {
    char folder[PATH_MAX - 64];
    char text[PATH_MAX], library[PATH_MAX];
    bool is_kept; /* the folder outlives the process */
};

/* ---- folders ---- */

static bool is_ours(const char *path, mode_t kind)
{
    struct stat s;
    return lstat(path, &s) == 0 && (s.st_mode & S_IFMT) == kind && s.st_uid == geteuid() &&
           (s.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* The folder, and those it lies in. */
static bool folder_make(const char *path)
{
    char part[PATH_MAX];
    for (size_t i = 1; path[i - 1] != 0 && i < sizeof part; ++i) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return false;
    }
    return is_ours(path, S_IFDIR) && access(path, W_OK) == 0;
}

static bool folder_find(struct place *p)
{
    const char *own = getenv("TESSERA_CACHE"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const char *temporary = getenv("TMPDIR");
    int n = -1;
    if (own != NULL && own[0] != 0)
        n = snprintf(p->folder, sizeof p->folder, "%s", own);
    else if (cache != NULL && cache[0] == '/')
        n = snprintf(p->folder, sizeof p->folder, "%s/tessera", cache);
    else if (home != NULL && home[0] == '/')
        n = snprintf(p->folder, sizeof p->folder, "%s/.cache/tessera", home);
    p->is_kept = n > 0 && (size_t)n < sizeof p->folder && folder_make(p->folder);
    if (p->is_kept)
        return true;
    n = snprintf(p->folder, sizeof p->folder, "%s/tessera-XXXXXX", temporary != NULL ? temporary : "/tmp");
    return n > 0 && (size_t)n < sizeof p->folder && mkdtemp(p->folder) != NULL;
}

/* Two hashes by FNV-1a, the second from another beginning. */
static uint64_t hash_of(const char *text, uint64_t hash)
{
    for (; *text != 0; ++text)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
    return hash ^ hash >> 29;
}

static void place_name(struct place *p, const char *text)
{
    const uint64_t a = hash_of(text, 0xcbf29ce484222325ull), b = hash_of(text, 0x9ae16a3b2f90404full);
    snprintf(p->text, sizeof p->text, "%s/%016llx%016llx.c", p->folder, (unsigned long long)a, (unsigned long long)b);
    snprintf(p->library, sizeof p->library, "%s/%016llx%016llx.so", p->folder, (unsigned long long)a,
             (unsigned long long)b);
}

/* ---- what is kept ---- */

static bool has_text(const char *path, const char *text)
{
    const size_t n = strlen(text);
    FILE *f = is_ours(path, S_IFREG) ? fopen(path, "r") : NULL;
    char *kept = f != NULL ? malloc(n + 2) : NULL;
    const bool same = kept != NULL && fread(kept, 1, n + 1, f) == n && memcmp(kept, text, n) == 0;
    free(kept);
    if (f != NULL)
        fclose(f);
    return same;
}

static native_run *library_load(const struct place *p)
{
    void *library = is_ours(p->library, S_IFREG) ? dlopen(p->library, RTLD_NOW | RTLD_LOCAL) : NULL;
    union {
        void       *object;
        native_run *function;
    } symbol = {.object = library != NULL ? dlsym(library, "tessera_native_row") : NULL};
    return symbol.function;
}

/* ---- the compiler ---- */

/* All cores but at the lowest priority among equals: bodies come first. */
static void step_back(pid_t pid)
{
    const struct sched_param none = {0};
    cpu_set_t all;
    CPU_ZERO(&all);
    for (int i = 0; i < CPU_SETSIZE; ++i)
        CPU_SET((size_t)i, &all);
    (void)sched_setaffinity(pid, sizeof all, &all);
    (void)sched_setscheduler(pid, SCHED_BATCH, &none);
}

/* Wait for it; kill it where nobody wants it any more.  True: it ended well. */
static bool child_ends(pid_t pid, const atomic_bool *stop)
{
    int status = 0;
    for (int64_t waited = 0;; waited += STEP_US) {
        const pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid)
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (got < 0 && errno != EINTR)
            return false;
        if (atomic_load_explicit(stop, memory_order_relaxed) || waited > PATIENCE_MS * 1000ll) {
            kill(pid, SIGKILL);
            while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                continue;
            return false;
        }
        usleep(STEP_US);
    }
}

static bool compiler_run(const char *const *flags, const char *from, const char *to, const atomic_bool *stop)
{
    const char *given = getenv("TESSERA_CC");
    const char *word[MOST_FLAGS + 6];
    int   n = 0;
    pid_t pid;
    posix_spawn_file_actions_t actions;
    word[n++] = given != NULL && given[0] != 0 ? given : "cc";
    for (int i = 0; flags[i] != NULL && i < MOST_FLAGS; ++i)
        word[n++] = flags[i];
    word[n++] = from;
    word[n++] = "-o";
    word[n++] = to;
    word[n] = NULL;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    bool is_well = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0 &&
                   posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) == 0 &&
                   posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) == 0;
    /* the words are not written to: exec's signature is older than const */
    is_well = is_well && posix_spawnp(&pid, word[0], &actions, NULL, (char *const *)(uintptr_t)word, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    if (!is_well)
        return false;
    step_back(pid);
    return child_ends(pid, stop);
}

static bool text_write(const char *path, const char *text)
{
    (void)unlink(path); /* of a process of this number that was killed */
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    const bool is_written = f != NULL && fputs(text, f) >= 0;
    return f != NULL && fclose(f) == 0 && is_written;
}

/* Make both files under names of this process, then move them into place. */
static bool library_make(const struct native_order *o, const struct place *p, const char *text,
                         const char *const *flags)
{
    char own_text[PATH_MAX + 32], own_library[PATH_MAX + 32];
    snprintf(own_text, sizeof own_text, "%s.%ld", p->text, (long)getpid());
    snprintf(own_library, sizeof own_library, "%s.%ld", p->library, (long)getpid());
    const bool is_made = text_write(own_text, text) && compiler_run(flags, own_text, own_library, o->stop) &&
                         chmod(own_library, 0700) == 0 && rename(own_library, p->library) == 0 &&
                         rename(own_text, p->text) == 0;
    if (!is_made) {
        unlink(own_text);
        unlink(own_library);
    }
    return is_made;
}

enum native_answer native_library(const struct native_order *o, const char *text, const char *const *flags,
                                  native_run **out)
{
    struct place p;
    *out = NULL;
    if (!folder_find(&p))
        return NATIVE_NO_COMPILER;
    place_name(&p, text);
    bool is_there = p.is_kept && has_text(p.text, text);
    if (is_there && (*out = library_load(&p)) != NULL)
        return NATIVE_MADE;
    if (!o->kept_only) {
        is_there = library_make(o, &p, text, flags);
        *out = is_there ? library_load(&p) : NULL;
    }
    if (!p.is_kept) {
        unlink(p.text);
        unlink(p.library);
        rmdir(p.folder);
    }
    return *out != NULL ? NATIVE_MADE : o->kept_only ? NATIVE_NOT_KEPT : NATIVE_NO_COMPILER;
}
