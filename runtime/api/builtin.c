/* api/builtin.c - the runtime's own tasks: fill, copy, write.
 *
 * They are issued as any other operation. A body walks its box row by row, innermost dimension last
 * in the loop; what is done with a row is chosen once by element size and strides: where both sides
 * are contiguous it is a memcpy, or a store loop that the compiler turns into wide stores.
 *
 * tsr_write copies the user's memory, with the extents of the view, into the operation's payload: a
 * body finds its box there by the indices of the view, which start at 0.
 *
 * Cost: O(elements). Threads: bodies on any worker. */
#include <string.h>

#include <tessera/body.h>

#include "api/call.h"
#include "base/alloc.h"
#include "execute/execute.h"
#include "model/operation.h"

/* ---- rows ---- */

/* One side of a walk: where the row begins, and how far elements of it are apart, in bytes. */
struct row {
    char       *to;
    const char *from;
    int64_t     n, to_step, from_step;
    size_t      bytes; /* of an element */
};

#define MOVE(T)                                                                                    \
    for (int64_t i = 0; i < r->n; ++i)                                                             \
    memcpy(r->to + i * r->to_step, r->from + i * r->from_step, sizeof(T))

/* Elements one by one. from_step 0: the same one. */
static void row_move(const struct row *r)
{
    const int64_t bytes = (int64_t)r->bytes;
    if (r->to_step == bytes && r->from_step == bytes) {
        memcpy(r->to, r->from, (size_t)r->n * r->bytes);
        return;
    }
    switch (r->bytes) {
    case 1: MOVE(uint8_t); break;
    case 2: MOVE(uint16_t); break;
    case 4: MOVE(uint32_t); break;
    case 8: MOVE(uint64_t); break;
    case 16: MOVE(uint64_t[2]); break;
    default:
        for (int64_t i = 0; i < r->n; ++i)
            memcpy(r->to + i * r->to_step, r->from + i * r->from_step, r->bytes);
    }
}

#define FILL(T)                                                                                    \
    do {                                                                                           \
        T v;                                                                                       \
        memcpy(&v, r->from, sizeof v);                                                             \
        for (int64_t i = 0; i < r->n; ++i)                                                         \
            memcpy(r->to + i * (int64_t)sizeof v, &v, sizeof v);                                   \
    } while (0)

/* One element into a contiguous row. */
static void row_fill(const struct row *r)
{
    if (r->to_step != (int64_t)r->bytes) {
        row_move(r);
        return;
    }
    switch (r->bytes) {
    case 1: memset(r->to, *(const unsigned char *)r->from, (size_t)r->n); break;
    case 2: FILL(uint16_t); break;
    case 4: FILL(uint32_t); break;
    case 8: FILL(uint64_t); break;
    default: row_move(r);
    }
}

/* ---- walks ---- */

/* Addresses along the dimensions of a box: `from` may have strides of its own. */
struct walk {
    int            rank;
    const int64_t *low, *high;
    int64_t        to_step[TSR_MAX_RANK], from_step[TSR_MAX_RANK]; /* bytes */
    char          *to;                                             /* of index 0 */
    const char    *from;                                           /* of index 0 */
    size_t         bytes;
    void (*row)(const struct row *);
};

/* Call `row` for every row of the box. */
static void walk_rows(const struct walk *w)
{
    int64_t     at[TSR_MAX_RANK];
    char       *to = w->to;
    const char *from = w->from;
    for (int d = 0; d < w->rank; ++d) {
        if (w->low[d] >= w->high[d])
            return;
        at[d] = w->low[d];
        to += at[d] * w->to_step[d];
        from += at[d] * w->from_step[d];
    }
    const int  inner = w->rank - 1;
    struct row r = {to, from, 1, 0, 0, w->bytes};
    if (inner >= 0) {
        r.n = w->high[inner] - w->low[inner];
        r.to_step = w->to_step[inner];
        r.from_step = w->from_step[inner];
    }
    for (;;) {
        w->row(&r);
        int d = inner - 1;
        for (; d >= 0; --d) {
            r.to += w->to_step[d];
            r.from += w->from_step[d];
            if (++at[d] < w->high[d])
                break;
            r.to -= (w->high[d] - w->low[d]) * w->to_step[d];
            r.from -= (w->high[d] - w->low[d]) * w->from_step[d];
            at[d] = w->low[d];
        }
        if (d < 0)
            return;
    }
}

enum { TO, FROM, VALUE = FROM };

static struct walk walk_to(const tsr_task_context *t, size_t bytes)
{
    const tsr_raw_window to = tsr_raw_window_of(t, TO);
    struct walk          w = {.rank = to.rank,
                              .low = to.low,
                              .high = to.high,
                              .to = to.origin,
                              .bytes = bytes,
                              .row = row_move};
    for (int d = 0; d < to.rank; ++d)
        w.to_step[d] = to.stride[d] * (int64_t)bytes;
    return w;
}

/* ---- bodies ---- */

static tsr_status fill_cpu(const tsr_task_context *t)
{
    struct walk w = walk_to(t, tsr_type_size(t->arg[TO].type));
    w.from = t->arg[VALUE].origin;
    w.row = row_fill;
    walk_rows(&w);
    return TSR_OK;
}

static tsr_status copy_cpu(const tsr_task_context *t)
{
    struct walk          w = walk_to(t, tsr_type_size(t->arg[TO].type));
    const tsr_raw_window from = tsr_raw_window_of(t, FROM);
    w.from = from.origin;
    for (int d = 0; d < from.rank; ++d)
        w.from_step[d] = from.stride[d] * (int64_t)w.bytes;
    walk_rows(&w);
    return TSR_OK;
}

/* What tsr_write leaves with its operation. */
struct written {
    int64_t step[TSR_MAX_RANK]; /* bytes along each dimension, C order */
    char    data[];
};

static tsr_status write_cpu(const tsr_task_context *t)
{
    struct walk           w = walk_to(t, tsr_type_size(t->arg[TO].type));
    const struct written *p = operation_payload(t);
    if (!p)
        return TSR_FAIL(NO_MEMORY, "no memory for a copy of what is to be written");
    w.from = p->data;
    memcpy(w.from_step, p->step, sizeof w.from_step);
    walk_rows(&w);
    return TSR_OK;
}

static const tsr_task_desc fill = {
    .name = "tessera.fill",
    .args = {[TO] = {TSR_WRITE, TSR_TYPE_ANY, .name = "to"},
             [VALUE] = {TSR_SCALAR, TSR_TYPE_ANY, .name = "value"}},
    .variants = {[TSR_CPU] = {.body = fill_cpu}},
    .pure = true,
};

static const tsr_task_desc copy = {
    .name = "tessera.copy",
    .args = {[TO] = {TSR_WRITE, TSR_TYPE_ANY, .name = "to"},
             [FROM] = {TSR_READ, TSR_TYPE_ANY, .name = "from"}},
    .constraints = {TSR_ALIGN(FROM, TO)},
    .variants = {[TSR_CPU] = {.body = copy_cpu}},
    .pure = true,
};

static const tsr_task_desc write_whole = {
    .name = "tessera.write",
    .args = {[TO] = {TSR_WRITE, TSR_TYPE_ANY, .name = "to"}},
    .variants = {[TSR_CPU] = {.body = write_cpu}},
    .pure = true,
};

bool task_is_built_in(const tsr_task_desc *d)
{
    return d == &fill || d == &copy || d == &write_whole || execute_is_formula(d);
}

/* ---- issuing them ---- */

tsr_status call_fill(struct tsr_runtime *rt, tsr_store to, tsr_type type, const void *value,
                     tsr_site at)
{
    const tsr_arg     args[] = {[TO] = tsr_arg_store(to), [VALUE] = tsr_arg_data(type, value)};
    const struct call c = {.desc = &fill, .args = args, .n = 2, .at = at};
    return call_issue(rt, &c);
}

tsr_status call_copy(struct tsr_runtime *rt, tsr_store to, tsr_store from, bool is_sealing,
                     tsr_site at)
{
    const tsr_arg     args[] = {[TO] = tsr_arg_store(to), [FROM] = tsr_arg_store(from)};
    const struct call c = {.desc = &copy, .args = args, .n = 2, .at = at, .is_sealing = is_sealing};
    return call_issue(rt, &c);
}

tsr_status call_write(struct tsr_runtime *rt, tsr_store to, const void *data, tsr_site at)
{
    const struct handle *h = handle_find(rt->api, to.id, HANDLE_STORE);
    const int64_t        n = view_volume(h->view);
    const size_t         bytes = h->root->element_bytes;
    if (n == 1)
        return call_fill(rt, to, h->type, data, at);
    struct written *p = base_realloc(NULL, 1, sizeof *p + (size_t)n * bytes);
    int64_t step = (int64_t)bytes;
    for (int d = h->view->rank - 1; p && d >= 0; --d) {
        p->step[d] = step;
        step *= h->view->extent[d];
    }
    if (p) /* else the body says so: on other ranks there may be memory, and the stream is theirs too */
        memcpy(p->data, data, (size_t)n * bytes);
    const tsr_arg     args[] = {[TO] = tsr_arg_store(to)};
    const struct call c = {.desc = &write_whole, .args = args, .n = 1, .at = at, .payload = p};
    return call_issue(rt, &c);
}
