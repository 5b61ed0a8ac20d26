/* array_random.c - random numbers by counting: Philox 4x64-10 of an element's index.
 *
 * A block of four words follows from the key (seed, stream) and a counter; NumPy counts from 1.
 * Element i of an array, in C order, has word i, or words 2 i and 2 i + 1. Normal numbers are a
 * formula of two arrays of uniform ones, so that their functions are the runtime's.
 *
 * Cost: O(elements), 10 rounds for four words. Threads: the issuing thread; the body any. */
#include <tessera/array_random.h>
#include <tessera/array_sort.h>

#include "array_build.h"

/* ---- the generator ---- */

struct block {
    uint64_t word[4];
};

static inline uint64_t times(uint64_t a, uint64_t b, uint64_t *high)
{
    const unsigned __int128 product = (unsigned __int128)a * b;
    *high = (uint64_t)(product >> 64);
    return (uint64_t)product;
}

/* Salmon et al., section 3.3 and table 2. */
static struct block philox(uint64_t counter, uint64_t key0, uint64_t key1)
{
    struct block b = {{counter, 0, 0, 0}};
    for (int round = 0; round < 10; ++round) {
        uint64_t       high0, high2;
        const uint64_t low0 = times(0xd2e7470ee14c6c93, b.word[0], &high0);
        const uint64_t low2 = times(0xca5a826395121157, b.word[2], &high2);
        b = (struct block){{high2 ^ b.word[1] ^ key0, low2, high0 ^ b.word[3] ^ key1, low0}};
        key0 += 0x9e3779b97f4a7c15;
        key1 += 0xbb67ae8584caa73b;
    }
    return b;
}

/* ---- elements of words ---- */

enum kind { WORDS, UNIFORM, UNIFORM_ABOVE_0, INTEGERS };

/* What a task is told. */
struct recipe {
    uint64_t key[2];
    int64_t  c_stride[TSR_MAX_RANK]; /* of an element's index in C order */
    int64_t  every, offset;          /* the word of element i: every * i + offset */
    int64_t  kind;
    double   low, extent; /* of uniform numbers */
    int64_t  first;       /* of integers */
    uint64_t count;
};

/* Random bits that a type's fraction holds. */
static int fraction_bits(nd_type t)
{
    return t == TSR_F16 ? 11 : t == TSR_BF16 ? 8 : t == TSR_F32 ? 24 : 53;
}

static void element_make(const struct recipe *r, nd_type t, uint64_t word, char *to)
{
    uint64_t  high = 0;
    const int bits = fraction_bits(t);
    if (r->kind == INTEGERS)
        times(word, r->count, &high);
    if (r->kind <= WORDS || r->kind == INTEGERS) {
        const uint64_t v = r->kind == WORDS ? word : (uint64_t)r->first + high;
        __builtin_memcpy(to, &v, tsr_type_size(t)); /* little endian */
        return;
    }
    const uint64_t drawn = (word >> (64 - bits)) + (r->kind == UNIFORM_ABOVE_0);
    const double   u = (double)drawn / (double)((uint64_t)1 << bits);
    array_element_store(t, (double[]){r->low + r->extent * u, 0}, to);
}

/* One row of a piece, of `n` elements whose first has index `i`. */
static void row_make(const struct recipe *r, nd_type t, int64_t i, int64_t n, char *to,
                     int64_t step)
{
    struct block b = {{0}};
    uint64_t     known = 0; /* blocks are counted from 1 */
    for (int64_t k = 0; k < n; ++k) {
        const uint64_t word = (uint64_t)(i + k) * (uint64_t)r->every + (uint64_t)r->offset;
        if (word / 4 + 1 != known) {
            known = word / 4 + 1;
            b = philox(known, r->key[0], r->key[1]);
        }
        element_make(r, t, b.word[word % 4], to + k * step);
    }
}

enum { OUT, RECIPE };

static tsr_status random_body(const tsr_task_context *t)
{
    const tsr_raw_window out = tsr_raw_window_of(t, OUT);
    const int            last = out.rank - 1;
    const int64_t        bytes = (int64_t)tsr_type_size(out.type);
    struct recipe        r;
    int64_t              at[TSR_MAX_RANK] = {0};
    tsr_scalar_of(t, RECIPE, &r);
    for (int d = 0; d <= last; ++d) {
        at[d] = out.low[d];
        if (out.low[d] >= out.high[d])
            return TSR_OK;
    }
    for (;;) {
        int64_t i = 0, offset = 0;
        for (int d = 0; d <= last; ++d) {
            i += at[d] * r.c_stride[d];
            offset += at[d] * out.stride[d];
        }
        row_make(&r, out.type, i, last < 0 ? 1 : out.high[last] - out.low[last],
                 out.origin + offset * bytes, last < 0 ? 0 : out.stride[last] * bytes);
        int d = last - 1;
        for (; d >= 0; --d) {
            if (++at[d] < out.high[d])
                break;
            at[d] = out.low[d];
        }
        if (d < 0)
            return TSR_OK;
    }
}

static const tsr_task_desc random_task = {
    .name = "array.random",
    .args = {[OUT] = {TSR_WRITE, TSR_TYPE_ANY, .name = "out"},
             [RECIPE] = {TSR_SCALAR, TSR_BINARY((int)sizeof(struct recipe)), .name = "recipe"}},
    .variants = {[TSR_CPU] = {.body = random_body}},
    .pure = true,
    .work = 8,
};

/* A new array of what a recipe says. */
static nd_array made(struct recipe r, uint64_t seed, nd_type t, nd_shape shape,
                     const nd_random_options *o)
{
    const nd_array out = nd_empty_(t, shape, o->at);
    int64_t        stride = 1;
    array_info     info;
    if (array_describe(out, &info, o->at) != TSR_OK || info.is_failed || array_volume(&shape) == 0)
        return out;
    for (int d = shape.rank - 1; d >= 0; --d) {
        r.c_stride[d] = stride;
        stride *= shape.extent[d];
    }
    r.key[0] = seed;
    r.key[1] = o->stream;
    const tsr_arg    arg[] = {[OUT] = tsr_arg_store(nd_store(out)),
                              [RECIPE] = tsr_arg_data(TSR_BINARY((int)sizeof r), &r)};
    const tsr_status s =
        tsr_issue_(&random_task, arg, 2, &(tsr_launch){.size = sizeof(tsr_launch), .at = o->at});
    (void)s; /* `out` carries the cause */
    return out;
}

/* ---- the calls ---- */

/* The type of floats that is asked for. */
static tsr_status real_type(const nd_random_options *o, nd_type *out)
{
    *out = o->type ? o->type : TSR_F64;
    return array_kind_of(*out) == KIND_REAL
               ? TSR_OK
               : tsr_fail_(o->at, TSR_BAD_TYPE, "random numbers of type %s; they are floats",
                           nd_type_name(*out));
}

nd_array nd_random_words_(uint64_t seed, nd_shape shape, const nd_random_options *o)
{
    if (o->type && o->type != TSR_U64)
        return ARRAY_FAIL(o->at, BAD_TYPE, "words are of uint64, not %s", nd_type_name(o->type));
    return made((struct recipe){.kind = WORDS, .every = 1}, seed, TSR_U64, shape, o);
}

nd_array nd_random_uniform_(uint64_t seed, nd_shape shape, const nd_random_options *o)
{
    nd_type t;
    if (real_type(o, &t) != TSR_OK)
        return array_failed(o->at);
    const double        high = o->low == 0 && o->high == 0 ? 1 : o->high;
    const struct recipe r = {.kind = UNIFORM, .every = 1, .low = o->low, .extent = high - o->low};
    return made(r, seed, t, shape, o);
}

nd_array nd_random_normal_(uint64_t seed, nd_shape shape, const nd_random_options *o)
{
    nd_type           t;
    struct array_call c;
    if (real_type(o, &t) != TSR_OK)
        return array_failed(o->at);
    ND_SCOPE();
    const nd_array u = made((struct recipe){.kind = UNIFORM_ABOVE_0, .every = 2, .extent = 1}, seed,
                            TSR_F64, shape, o);
    const nd_array turn =
        made((struct recipe){.kind = UNIFORM, .every = 2, .offset = 1, .extent = 6.283185307179586},
             seed, TSR_F64, shape, o);
    array_call_begin(&c, "random_normal", o->at);
    tsr_formula   *f = &c.formula;
    const tsr_term x = array_call_store(&c, u, TSR_F64), y = array_call_store(&c, turn, TSR_F64);
    const tsr_term squared = tsr_apply(f, TSR_OP_MULTIPLY, tsr_formula_number(f, TSR_F64, -2),
                                       tsr_apply(f, TSR_OP_LOG, x));
    const tsr_term z = tsr_apply(f, TSR_OP_MULTIPLY, tsr_apply(f, TSR_OP_SQRT, squared),
                                 tsr_apply(f, TSR_OP_COS, y));
    const tsr_term wide = tsr_apply(
        f, TSR_OP_MULTIPLY, z, array_call_real(&c, TSR_F64, o->deviation == 0 ? 1 : o->deviation));
    const tsr_term there = tsr_apply(f, TSR_OP_ADD, wide, array_call_real(&c, TSR_F64, o->mean));
    tsr_formula_output(f, array_cast(f, there, t));
    return nd_keep_(array_call_make(&c, t, &shape), o->at);
}

nd_array nd_random_integers_(uint64_t seed, int64_t low, int64_t high, nd_shape shape,
                             const nd_random_options *o)
{
    const nd_type    t = o->type ? o->type : TSR_I64;
    const nd_operand ends[2] = {nd_operand_int(low), nd_operand_int(high - (high > low))};
    array_element    e;
    if (array_kind_of(t) != KIND_INT)
        return ARRAY_FAIL(o->at, BAD_TYPE, "random integers of type %s", nd_type_name(t));
    if (low >= high)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "low >= high: no integer from %lld up to %lld",
                          (long long)low, (long long)high);
    for (int i = 0; i < 2; ++i)
        if (array_element_of(t, &ends[i], &e, o->at) != TSR_OK)
            return array_failed(o->at);
    const struct recipe r = {
        .kind = INTEGERS, .every = 1, .first = low, .count = (uint64_t)high - (uint64_t)low};
    return made(r, seed, t, shape, o);
}

nd_array nd_random_permutation_(uint64_t seed, int64_t n, const nd_random_options *o)
{
    const nd_sort_options along = {.size = sizeof along, .at = o->at};
    if (n < 0)
        return ARRAY_FAIL(o->at, BAD_SHAPE, "a permutation of %lld numbers", (long long)n);
    ND_SCOPE();
    return nd_keep_(nd_argsort_(nd_random_words_(seed, (nd_shape){1, {n}}, o), &along), o->at);
}
