/* array_order.c - sorting along an axis, and by all points of a run together.
 *
 * Elements become keys (array_sort.h), which are sorted by their bytes. Along an axis a task has
 * whole lines. One long line is sorted by points that talk: each sorts its piece, samples of all
 * say which keys go to which point, and each merges what it gets. A sample is a key with the place
 * it has in all sorted pieces, so that equal keys are shared out as well (parallel sorting by
 * regular sampling, Shi and Schaeffer, JPDC 14, 1992: no point gets more than twice its share).
 *
 * What comes out follows from the elements alone: equal whole keys are equal elements, and places
 * of equal loose keys keep their order.
 *
 * Cost: O(n) a byte of a key, O(n log points) and one exchange besides. Threads: the issuing
 * thread; bodies any. */
#include <stdlib.h>

#include <tessera/array_sort.h>
#include <tessera/communicator.h>

#include "array_index.h"
#include "array_sort.h"

enum { OUT, IN };
/* Arrays of one dimension and fewer elements are one task. */
enum { TOGETHER_FROM = 1 << 15 };

/* Room for `n` keys, with places where they are wanted; what array_keys_sort needs. */
static bool keys_room(struct array_keys *k, int64_t n, nd_type t, bool has_places, char *memory)
{
    const int size = (int)tsr_type_size(array_real_of(t));
    *k = (struct array_keys){.n = n, .bytes = size};
    if (!memory)
        return false;
    k->key = (uint64_t *)(void *)memory;
    k->key_room = k->key + n;
    if (has_places) {
        k->place = (int64_t *)(void *)(k->key_room + n);
        k->place_room = k->place + n;
    }
    return true;
}

static size_t keys_bytes(int64_t n, bool has_places)
{
    return (size_t)n * (has_places ? 32 : 16) + 8;
}

/* ---- lines ---- */

/* The places of a line's elements in order: by each loose key, the least significant first. */
static void line_places(struct array_keys *k, nd_type t, const char *line, int64_t step)
{
    for (int64_t i = 0; i < k->n; ++i)
        k->place[i] = i;
    for (int which = 0; which < array_key_count(t); ++which) {
        for (int64_t i = 0; i < k->n; ++i)
            k->key[i] = array_key_part(t, line + k->place[i] * step, which);
        array_keys_sort(k);
    }
}

static void line_argsort(struct array_keys *k, nd_type t, const char *line, int64_t step, char *to,
                         int64_t to_step)
{
    line_places(k, t, line, step);
    for (int64_t i = 0; i < k->n; ++i)
        memcpy(to + i * to_step, &k->place[i], sizeof k->place[i]);
}

static void line_sort(struct array_keys *k, nd_type t, const char *line, int64_t step, char *to,
                      int64_t to_step)
{
    if (array_kind_of(t) == KIND_COMPLEX) {
        line_places(k, t, line, step);
        for (int64_t i = 0; i < k->n; ++i)
            memcpy(to + i * to_step, line + k->place[i] * step, tsr_type_size(t));
        return;
    }
    for (int64_t i = 0; i < k->n; ++i)
        k->key[i] = array_key(t, line + i * step, false);
    array_keys_sort(k);
    for (int64_t i = 0; i < k->n; ++i)
        array_unkey(t, k->key[i], to + i * to_step);
}

typedef void line_function(struct array_keys *k, nd_type t, const char *line, int64_t step,
                           char *to, int64_t to_step);

/* All lines along dimension 0 of a piece. */
static tsr_status lines_run(const tsr_task_context *t, line_function *run)
{
    const tsr_raw_window in = tsr_raw_window_of(t, IN), out = tsr_raw_window_of(t, OUT);
    const int64_t        n = in.high[0] - in.low[0];
    const int64_t     from = (int64_t)tsr_type_size(in.type), to = (int64_t)tsr_type_size(out.type);
    int64_t           at[TSR_MAX_RANK] = {0};
    struct array_keys k;
    for (int d = 0; d < in.rank; ++d) {
        at[d] = in.low[d];
        if (in.low[d] >= in.high[d])
            return TSR_OK;
    }
    if (!keys_room(&k, n, in.type, true, tsr_scratch(t, keys_bytes(n, true))))
        return TSR_NO_MEMORY;
    for (;;) {
        int64_t first = 0, first_out = 0;
        for (int d = 0; d < in.rank; ++d) {
            first += at[d] * in.stride[d];
            first_out += at[d] * out.stride[d];
        }
        run(&k, in.type, in.origin + first * from, in.stride[0] * from, out.origin + first_out * to,
            out.stride[0] * to);
        int d = in.rank - 1;
        for (; d > 0; --d) {
            if (++at[d] < in.high[d])
                break;
            at[d] = in.low[d];
        }
        if (d == 0)
            return TSR_OK;
    }
}

static tsr_status sort_body(const tsr_task_context *t)
{
    return lines_run(t, line_sort);
}

static tsr_status argsort_body(const tsr_task_context *t)
{
    return lines_run(t, line_argsort);
}

#define LINES_TASK(text, function)                                                                 \
    {                                                                                              \
        .name = (text),                                                                            \
        .args = {[OUT] = {TSR_WRITE, TSR_TYPE_ANY, .name = "sorted"},                              \
                 [IN] = {TSR_READ, TSR_TYPE_ANY, .name = "elements"}},                             \
        .constraints = {TSR_BROADCAST_DIMS(OUT, IN, 1u)},                                          \
        .variants = {[TSR_CPU] = {.body = (function),                                              \
                                  .scratch_bytes = 256,                                            \
                                  .scratch_per_element = 32}},                                     \
        .pure = true, .work = 16,                                                                  \
    }
static const tsr_task_desc sort_task = LINES_TASK("array.sort", sort_body),
                           argsort_task = LINES_TASK("array.argsort", argsort_body);

/* ---- one line, by all points ---- */

/* Where a point's keys end and the next one's begin: a key, and its place in a sorted piece. */
struct bound {
    uint64_t key;
    int64_t  point, place;
};

static int bound_compare(const void *a, const void *b)
{
    const struct bound *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->point != y->point)
        return x->point < y->point ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* How many sorted keys are less than `key`, or not greater where `with_equal`. */
static int64_t count_below(const uint64_t *key, int64_t n, uint64_t than, bool with_equal)
{
    int64_t low = 0, high = n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (key[middle] < than || (with_equal && key[middle] == than))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t keys_before(const struct array_keys *k, const struct bound *b, int64_t point)
{
    return point == b->point ? b->place : count_below(k->key, k->n, b->key, point < b->point);
}

/* The bounds between points, `size` - 1 of them, from as many samples of each piece. */
static tsr_status bounds_find(const tsr_task_context *t, const struct array_keys *k, int64_t size,
                              struct bound *bound)
{
    const int64_t words = 3 * size;
    int64_t      *own = malloc((size_t)(words * (size + 1)) * sizeof *own), *all = own + words;
    int64_t       n = 0;
    if (!own)
        return TSR_NO_MEMORY;
    for (int64_t i = 0; i < size; ++i) {
        const int64_t place = k->n > 0 ? i * k->n / size : -1; /* -1: no sample */
        own[3 * i] = place < 0 ? 0 : (int64_t)k->key[place];
        own[3 * i + 1] = tsr_comm_rank(t);
        own[3 * i + 2] = place;
    }
    const tsr_status s = tsr_comm_allgather(t, own, all, words, TSR_I64);
    struct bound    *sample = (struct bound *)(void *)all; /* three words each, as they came */
    for (int64_t i = 0; i < size * size && s == TSR_OK; ++i)
        if (sample[i].place >= 0)
            sample[n++] = sample[i];
    if (s == TSR_OK && n > 0)
        qsort(sample, (size_t)n, sizeof *sample, bound_compare);
    for (int64_t p = 0; p + 1 < size && s == TSR_OK; ++p)
        bound[p] = n > 0 ? sample[(p + 1) * n / size] : (struct bound){0};
    free(own);
    return s;
}

_Static_assert(sizeof(struct bound) == 3 * sizeof(int64_t), "see bounds_find");

/* What this point gives to each and gets from each. */
struct exchange {
    int64_t       size, sum;
    int64_t      *give, *get;
    struct bound *bound;
};

static tsr_status counts_find(const tsr_task_context *t, const struct array_keys *k,
                              struct exchange *x)
{
    int64_t before = 0;
    TSR_TRY(bounds_find(t, k, x->size, x->bound));
    for (int64_t p = 0; p < x->size; ++p) {
        const int64_t end = p + 1 < x->size ? keys_before(k, &x->bound[p], tsr_comm_rank(t)) : k->n;
        x->give[p] = end - before;
        before = end;
    }
    TSR_TRY(tsr_comm_alltoall(t, x->give, x->get, 1, TSR_I64));
    x->sum = 0;
    for (int64_t p = 0; p < x->size; ++p)
        x->sum += x->get[p];
    return TSR_OK;
}

/* The keys of this point, of all pieces; `got` has room for x->sum of them. */
static tsr_status keys_exchange(const tsr_task_context *t, const struct array_keys *k,
                                struct exchange *x, struct array_keys *got)
{
    TSR_TRY(tsr_comm_alltoallv(t, k->key, x->give, got->key, x->get, TSR_U64));
    if (k->place)
        TSR_TRY(tsr_comm_alltoallv(t, k->place, x->give, got->place, x->get, TSR_I64));
    array_keys_merge(got, x->get, x->size);
    return TSR_OK;
}

/* This point's rows of the output: elements of their keys, or places. */
static tsr_status rows_deliver(const tsr_task_context *t, nd_type type, const struct array_keys *k)
{
    char        *to = tsr_unbound_output(t, OUT, k->n);
    const size_t bytes = tsr_type_size(type);
    if (!to)
        return TSR_NO_MEMORY;
    if (k->place)
        memcpy(to, k->place, (size_t)k->n * sizeof *k->place);
    for (int64_t i = 0; i < k->n && !k->place; ++i)
        array_unkey(type, k->key[i], to + (size_t)i * bytes);
    return TSR_OK;
}

static tsr_status exchange_run(const tsr_task_context *t, nd_type type, const struct array_keys *k,
                               struct exchange *x)
{
    struct array_keys got;
    TSR_TRY(counts_find(t, k, x));
    char *const      memory = malloc(keys_bytes(x->sum, k->place != NULL));
    const bool       has_room = keys_room(&got, x->sum, type, k->place != NULL, memory);
    const tsr_status s = has_room ? keys_exchange(t, k, x, &got) : TSR_NO_MEMORY;
    const tsr_status done = s == TSR_OK ? rows_deliver(t, type, &got) : s;
    free(memory);
    return done;
}

static tsr_status together_run(const tsr_task_context *t, bool has_places)
{
    const tsr_raw_window in = tsr_raw_window_of(t, IN);
    const int64_t        n = in.high[0] - in.low[0], bytes = (int64_t)tsr_type_size(in.type);
    struct exchange      x = {.size = tsr_comm_size(t)};
    struct array_keys    k;
    if (!keys_room(&k, n, in.type, has_places, tsr_scratch(t, keys_bytes(n, has_places))))
        return TSR_NO_MEMORY;
    for (int64_t i = 0; i < n; ++i)
        k.key[i] =
            array_key(in.type, in.origin + (in.low[0] + i) * in.stride[0] * bytes, has_places);
    for (int64_t i = 0; i < n && has_places; ++i)
        k.place[i] = in.low[0] + i;
    array_keys_sort(&k);
    x.give = malloc((size_t)x.size * (2 * sizeof *x.give + sizeof *x.bound));
    if (!x.give)
        return TSR_NO_MEMORY;
    x.get = x.give + x.size;
    x.bound = (struct bound *)(void *)(x.get + x.size);
    const tsr_status s = exchange_run(t, in.type, &k, &x);
    free(x.give);
    return s;
}

static tsr_status sort_together_body(const tsr_task_context *t)
{
    return together_run(t, false);
}

static tsr_status argsort_together_body(const tsr_task_context *t)
{
    return together_run(t, true);
}

#define TOGETHER_TASK(text, function)                                                              \
    {                                                                                              \
        .name = (text),                                                                            \
        .args = {[OUT] = {TSR_WRITE, TSR_TYPE_ANY, .name = "sorted"},                              \
                 [IN] = {TSR_READ, TSR_TYPE_ANY, 1, "elements"}},                                  \
        .variants = {[TSR_CPU] = {.body = (function),                                              \
                                  .scratch_bytes = 256,                                            \
                                  .scratch_per_element = 32,                                       \
                                  .wants_communicator = true}},                                    \
        .work = 16,                                                                                \
    }
static const tsr_task_desc sort_together = TOGETHER_TASK("array.sort_together", sort_together_body),
                           argsort_together =
                               TOGETHER_TASK("array.argsort_together", argsort_together_body);

/* ---- the calls ---- */

static nd_array issued(const tsr_task_desc *d, tsr_store out, nd_array in, tsr_site at)
{
    const tsr_arg    arg[] = {[OUT] = tsr_arg_store(out), [IN] = tsr_arg_store(nd_store(in))};
    const tsr_status s = tsr_issue_(d, arg, 2, &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
    (void)s; /* `out` carries the cause */
    return nd_from_store(out);
}

static nd_array ordered(nd_array a, bool is_argsort, const nd_sort_options *o)
{
    array_info info;
    nd_array   answer;
    int        axis = 0;
    if (!array_begin(a, &info, &answer, o->at))
        return answer;
    const int     rank = info.shape.rank;
    const nd_type t = is_argsort ? TSR_I64 : info.type;
    if (o->axes.n < 0 || o->axes.n > 1)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "along one axis; %d are given", o->axes.n);
    if (rank == 0 && !is_argsort)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT,
                          "axis -1 is out of bounds for an array of dimension 0");
    if (rank == 0)
        return nd_full_(t, (nd_shape){1, {1}}, nd_operand_int(0), o->at);
    if (array_axis(o->axes.n ? o->axes.axis[0] : -1, rank, &axis, o->at) != TSR_OK)
        return array_failed(o->at);
    const bool is_alone = tsr_rank_count() == 1 && tsr_worker_count() == 1;
    if (rank == 1 && info.shape.extent[0] >= TOGETHER_FROM && !is_alone &&
        array_kind_of(info.type) != KIND_COMPLEX)
        return issued(is_argsort ? &argsort_together : &sort_together,
                      tsr_store_unbound_(t, (nd_shape){1, {0}}, o->at), a, o->at);
    const nd_array out = nd_empty_(t, info.shape, o->at);
    if (array_volume(&info.shape) == 0)
        return out;
    const nd_array from = nd_moveaxis_(a, axis, 0, o->at), to = nd_moveaxis_(out, axis, 0, o->at);
    issued(is_argsort ? &argsort_task : &sort_task, nd_store(to), from, o->at);
    return out;
}

nd_array nd_sort_(nd_array a, const nd_sort_options *o)
{
    ND_SCOPE();
    return nd_keep_(ordered(a, false, o), o->at);
}

nd_array nd_argsort_(nd_array a, const nd_sort_options *o)
{
    ND_SCOPE();
    return nd_keep_(ordered(a, true, o), o->at);
}
