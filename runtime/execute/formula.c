/* execute/formula.c - the tasks of formulas, found by what they compute.
 *
 * A source (model/formula.h) is written down as words; equal words are one program, and so one task
 * descriptor: plans and edges are found again by it.  The table is the runtime's; programs live until it
 * ends, since plans, names and traces point to their descriptors.
 *
 * Which vector loops are used is decided at start: the widest that the machine has and TESSERA_VECTOR
 * allows.  All give the same bits, so ranks may differ.
 *
 * Cost: O(terms) to find, O(terms squared) to make.  Threads: issuing thread. */
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "execute/program.h"

enum { BUCKETS = 1024, MOST_WORDS = 2 + FORMULA_MOST_TERMS + 2 * FORMULA_MOST_CONSTANTS + TSR_MAX_ARGS };

struct formula_state {
    struct formula_kernels  kernels;
    struct native_state    *native; /* NULL: nothing is compiled */
    struct formula_program *bucket[BUCKETS];
};

enum { VECTOR_BEST, VECTOR_PLAIN, VECTOR_AVX2 };

static enum native_vectors kernels_find(struct formula_kernels *k, int64_t allowed)
{
    enum native_vectors found = NATIVE_PLAIN;
    kernels_other(k);
    kernels_real_plain(k);
    kernels_integer_plain(k);
    kernels_cast_plain(k);
    kernels_math_plain(k);
#if defined(__x86_64__)
    if (allowed != VECTOR_PLAIN && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        kernels_real_avx2(k);
        kernels_math_avx2(k);
        found = NATIVE_AVX2;
    }
    if (allowed == VECTOR_BEST && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw")) {
        kernels_real_avx512(k);
        kernels_integer_avx512(k);
        kernels_cast_avx512(k);
        kernels_math_avx512(k);
        found = NATIVE_AVX512;
    }
#else
    (void)allowed;
#endif
    return found;
}

tsr_status execute_formulas_start(struct tsr_runtime *rt)
{
    rt->formulas = base_calloc(1, sizeof *rt->formulas);
    if (rt->formulas == NULL)
        return TSR_FAIL(NO_MEMORY, "no memory for formulas");
    const enum native_vectors vectors = kernels_find(&rt->formulas->kernels, rt->config.vector);
    rt->formulas->native = native_start(&rt->formulas->kernels, rt->config.compile, vectors);
    if (rt->formulas->native == NULL)
        return TSR_FAIL(NO_MEMORY, "no memory for formulas");
    return TSR_OK;
}

void execute_formulas_stop(struct tsr_runtime *rt)
{
    if (rt->formulas == NULL)
        return;
    native_stop(rt->formulas->native);
    for (int b = 0; b < BUCKETS; ++b)
        while (rt->formulas->bucket[b] != NULL) {
            struct formula_program *p = rt->formulas->bucket[b];
            rt->formulas->bucket[b] = p->next;
            base_free((char *)p->desc.name);
            base_free(p);
        }
    base_free(rt->formulas);
    rt->formulas = NULL;
}

/* Its content as words; how many. */
static int words_of(const struct formula_source *s, uint64_t *word)
{
    int n = 0;
    word[n++] = (uint64_t)s->n_terms | (uint64_t)s->n_constants << 16 | (uint64_t)s->n_ports << 32 |
                (uint64_t)s->late << 48;
    memcpy(word + n, s->term, sizeof s->term[0] * (size_t)s->n_terms);
    n += s->n_terms;
    memcpy(word + n, s->constant, sizeof s->constant[0] * (size_t)s->n_constants);
    n += 2 * s->n_constants;
    memcpy(word + n, s->port, sizeof s->port[0] * (size_t)s->n_ports);
    return n + s->n_ports;
}

void execute_formula_read(const struct formula_program *p, struct formula_source *out)
{
    const uint64_t *word = p->word;
    out->name = p->desc.name;
    out->n_terms = (int)(word[0] & 0xffff);
    out->n_constants = (int)(word[0] >> 16 & 0xffff);
    out->n_ports = (int)(word[0] >> 32 & 0xffff);
    out->late = (word[0] >> 48) != 0;
    memcpy(out->term, ++word, sizeof out->term[0] * (size_t)out->n_terms);
    word += out->n_terms;
    memcpy(out->constant, word, sizeof out->constant[0] * (size_t)out->n_constants);
    memcpy(out->port, word + 2 * out->n_constants, sizeof out->port[0] * (size_t)out->n_ports);
}

struct native_state *execute_native(const struct tsr_runtime *rt)
{
    return rt->formulas->native;
}

_Static_assert(sizeof(tsr_formula_term_) == 8 && sizeof(struct formula_port) == 8, "words");

bool execute_is_formula(const tsr_task_desc *d)
{
    return d->variants[TSR_CPU].body == program_body;
}

uint32_t execute_formula_sources(const tsr_task_desc *d, int arg)
{
    return execute_is_formula(d) ? ((const struct formula_program *)(const void *)d)->sources[arg] : UINT32_MAX;
}

const tsr_task_desc *execute_formula(struct tsr_runtime *rt, const struct formula_source *s, tsr_site at)
{
    uint64_t word[MOST_WORDS];
    const int n = words_of(s, word);
    uint64_t hash = 0;
    for (int i = 0; i < n; ++i)
        hash = hash_word(hash, word[i]);
    struct formula_program **head = &rt->formulas->bucket[hash % BUCKETS];
    for (struct formula_program *p = *head; p != NULL; p = p->next)
        if (p->hash == hash && p->n_words == n && memcmp(p->word, word, 8 * (size_t)n) == 0)
            return &p->desc;
    struct formula_program *p = program_compile(&rt->formulas->kernels, s, word, n, at);
    if (p == NULL)
        return NULL;
    p->hash = hash;
    p->next = *head;
    *head = p;
    return &p->desc;
}
