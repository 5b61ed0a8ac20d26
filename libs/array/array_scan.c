/* array_scan.c - running sums and products along an axis.
 *
 * The axis is brought to the front. A short line is scanned by one task, from its first element on.
 * A long one is cut into blocks of a fixed extent: their totals are scanned in turn (this file
 * again), and each block behind the first is scanned by itself and what is before it added (Blelloch,
 * "Prefix sums and their applications", 1990). Blocks follow from the shape alone, so that no bit
 * depends on cores or ranks. Many short lines are cut between the lines instead.
 *
 * Cost: two passes over long lines, one over others. Threads: the issuing thread; bodies any. */
#include "array_build.h"
#include "array_scan_kernels.h"
#include "array_walk.h"

/* Extents of blocks: of a row, and of lines beside each other. */
enum { ROW_BLOCK = 16384, LINES_BLOCK = 512 };
/* So many lines are work enough for all, unless each is longer than that many times their number. */
enum { MANY_LINES = 64, MUCH_LONGER = 1024 };

enum { SCAN_OUT, SCAN_IN, SCAN_PRODUCT, SCAN_BEFORE };

/* ---- bodies ---- */

/* The part of `w` where dimension 0 begins at `low`, and the others at `at`, in bytes. */
static char *place(const tsr_raw_window *w, int64_t low, const int64_t *at)
{
    int64_t offset = low * w->stride[0];
    for (int d = 1; d < w->rank; ++d)
        offset += at[d] * w->stride[d];
    return w->origin + offset * (int64_t)tsr_type_size(w->type);
}

static int64_t step_of(const tsr_raw_window *w, int d)
{
    return w->stride[d] * (int64_t)tsr_type_size(w->type);
}

/* One block: `n` elements from `low` on, of all lines of the window that `at` walks over. */
struct block {
    const tsr_raw_window *in, *out, *before, *total; /* NULL: there is none */
    int64_t               low, n, index;             /* along dimension 0; of `before`, `total` */
};

static void lines_run(const struct block *b, const int64_t *at, int64_t width, scan_kernel *kernel)
{
    const int         side = b->in->rank - 1;
    struct scan_lines l = {.n = b->n, .width = width, .in = place(b->in, b->low, at)};
    l.in_step = step_of(b->in, 0);
    l.in_side = side > 0 ? step_of(b->in, side) : 0;
    if (b->out) {
        l.out = place(b->out, b->low, at);
        l.out_step = step_of(b->out, 0);
        l.out_side = side > 0 ? step_of(b->out, side) : 0;
    }
    if (b->before) {
        l.before = place(b->before, b->index, at);
        l.before_side = side > 0 ? step_of(b->before, side) : 0;
    }
    if (b->total) {
        l.total = place(b->total, b->index, at);
        l.total_side = side > 0 ? step_of(b->total, side) : 0;
    }
    kernel(&l);
}

/* A block, by rows of lines along the last dimension. */
static void block_run(const struct block *b, scan_kernel *kernel)
{
    const tsr_raw_window *in = b->in;
    const int             side = in->rank - 1;
    int64_t               at[TSR_MAX_RANK];
    if (b->n <= 0 || !array_walk_begin(in, at))
        return;
    const int64_t width = side > 0 ? in->high[side] - in->low[side] : 1;
    for (;;) { /* over the dimensions between the first and the last */
        lines_run(b, at, width, kernel);
        int d = side - 1;
        while (d > 0 && ++at[d] == in->high[d]) {
            at[d] = in->low[d];
            --d;
        }
        if (d <= 0)
            return;
    }
}

/* Blocks of a row are independent of each other: as many whole ones as lines beside each other. */
static bool row_run(const struct block *first, int64_t n_blocks, int64_t extent,
                    scan_kernel *kernel)
{
    const struct block *b = first;
    if (b->in->rank != 1 || n_blocks < 1)
        return false;
    struct scan_lines l = {.n = extent, .width = n_blocks, .in = place(b->in, b->low, NULL)};
    l.in_step = step_of(b->in, 0);
    l.in_side = extent * l.in_step;
    if (b->out) {
        l.out = place(b->out, b->low, NULL);
        l.out_step = step_of(b->out, 0);
        l.out_side = extent * l.out_step;
        l.before = place(b->before, b->index, NULL);
        l.before_side = step_of(b->before, 0);
    } else {
        l.total = place(b->total, b->index, NULL);
        l.total_side = step_of(b->total, 0);
    }
    kernel(&l);
    return true;
}

/* All blocks of a piece; `by` is the argument with an element for each. */
static void blocks_run(const tsr_raw_window *by, struct block b, int64_t extent,
                       scan_kernel *kernel)
{
    const int64_t end = b.in->high[0];
    int64_t       i = by->low[0];
    b.low = i * extent;
    b.index = i;
    const int64_t whole = (end < by->high[0] * extent ? end / extent : by->high[0]) - i;
    if (row_run(&b, whole, extent, kernel))
        i += whole;
    for (; i < by->high[0]; ++i) {
        b.low = i * extent;
        b.index = i;
        b.n = end - b.low < extent ? end - b.low : extent;
        block_run(&b, kernel);
    }
}

static scan_kernel *kernel_of(const tsr_task_context *t, const tsr_raw_window *in)
{
    return array_scan_kernel(in->type, tsr_i64_of(t, SCAN_PRODUCT) != 0);
}

static tsr_status whole_body(const tsr_task_context *t)
{
    const tsr_raw_window out = tsr_raw_window_of(t, SCAN_OUT), in = tsr_raw_window_of(t, SCAN_IN);
    const struct block b = {.in = &in, .out = &out, .low = in.low[0], .n = in.high[0] - in.low[0]};
    block_run(&b, kernel_of(t, &in));
    return TSR_OK;
}

static void totals_run(const tsr_task_context *t, int64_t extent)
{
    const tsr_raw_window total = tsr_raw_window_of(t, SCAN_OUT), in = tsr_raw_window_of(t, SCAN_IN);
    blocks_run(&total, (struct block){.in = &in, .total = &total}, extent, kernel_of(t, &in));
}

static void climb_run(const tsr_task_context *t, int64_t extent)
{
    const tsr_raw_window out = tsr_raw_window_of(t, SCAN_OUT), in = tsr_raw_window_of(t, SCAN_IN),
                         before = tsr_raw_window_of(t, SCAN_BEFORE);
    blocks_run(&before, (struct block){.in = &in, .out = &out, .before = &before}, extent,
               kernel_of(t, &in));
}

static tsr_status row_totals_body(const tsr_task_context *t)
{
    totals_run(t, ROW_BLOCK);
    return TSR_OK;
}

static tsr_status lines_totals_body(const tsr_task_context *t)
{
    totals_run(t, LINES_BLOCK);
    return TSR_OK;
}

static tsr_status row_climb_body(const tsr_task_context *t)
{
    climb_run(t, ROW_BLOCK);
    return TSR_OK;
}

static tsr_status lines_climb_body(const tsr_task_context *t)
{
    climb_run(t, LINES_BLOCK);
    return TSR_OK;
}

/* ---- tasks ---- */

#define SCAN_ARGS                                                                                  \
    [SCAN_OUT] = {TSR_WRITE, TSR_TYPE_ANY, .name = "out"},                                         \
    [SCAN_IN] = {TSR_READ, TSR_TYPE_ANY, .name = "in"},                                            \
    [SCAN_PRODUCT] = {TSR_SCALAR, TSR_I64, .name = "is_product"}

static const tsr_task_desc whole_task = {
    .name = "array.scan",
    .args = {SCAN_ARGS},
    .constraints = {TSR_ALIGN(SCAN_IN, SCAN_OUT), TSR_MIN_EXTENT(SCAN_OUT, INT64_MAX)},
    .variants = {[TSR_CPU] = {.body = whole_body}},
    .pure = true,
    .work = 4,
};

#define BLOCK_TASKS(NAME, EXTENT)                                                                  \
    static const tsr_task_desc NAME##_totals_task = {                                              \
        .name = "array.scan_totals",                                                               \
        .args = {SCAN_ARGS},                                                                       \
        .constraints = {TSR_SCALE(SCAN_IN, SCAN_OUT, EXTENT, 1, 1, 1, 1, 1, 1, 1)},                \
        .variants = {[TSR_CPU] = {.body = NAME##_totals_body}},                                    \
        .pure = true,                                                                              \
        .work = 4,                                                                                 \
    };                                                                                             \
    static const tsr_task_desc NAME##_climb_task = {                                               \
        .name = "array.scan_climb",                                                                \
        .args = {SCAN_ARGS, [SCAN_BEFORE] = {TSR_READ, TSR_TYPE_ANY, .name = "before"}},           \
        .constraints = {TSR_SCALE(SCAN_OUT, SCAN_BEFORE, EXTENT, 1, 1, 1, 1, 1, 1, 1),             \
                        TSR_SCALE(SCAN_IN, SCAN_BEFORE, EXTENT, 1, 1, 1, 1, 1, 1, 1)},             \
        .variants = {[TSR_CPU] = {.body = NAME##_climb_body}},                                     \
        .pure = true,                                                                              \
        .work = 4,                                                                                 \
    }
BLOCK_TASKS(row, ROW_BLOCK);
BLOCK_TASKS(lines, LINES_BLOCK);

/* ---- one scan along dimension 0 ---- */

struct scan {
    tsr_site at;
    bool     is_product;
    nd_type  type;
};

static tsr_status issue(const struct scan *s, const tsr_task_desc *d, tsr_store out, tsr_store in,
                        tsr_store before)
{
    const tsr_arg arg[] = {tsr_arg_store(out), tsr_arg_store(in), tsr_arg_i64(s->is_product),
                           tsr_arg_store(before)};
    return tsr_issue_(d, arg, before.id ? 4 : 3,
                      &(tsr_launch){.size = sizeof(tsr_launch), .at = s->at});
}

static bool is_scanned_whole(const nd_shape *shape, int64_t block)
{
    const int64_t n = shape->extent[0], lines = array_volume(shape) / n;
    return n <= block || (lines >= MANY_LINES && n / MUCH_LONGER <= lines);
}

static tsr_status scan_first(const struct scan *s, tsr_store out, tsr_store in,
                             const nd_shape *shape);

/* The blocks behind the first: totals of all but the last, scanned, come before them. */
static tsr_status scan_blocks(const struct scan *s, tsr_store out, tsr_store in,
                              const nd_shape *shape, int64_t block)
{
    const bool      is_row = shape->rank == 1;
    const int64_t   n = shape->extent[0];
    const tsr_site  at = s->at;
    nd_shape        sums = *shape;
    tsr_status      status = TSR_OK;
    const tsr_store in_0 = tsr_slice_(in, 0, 0, block, 1, at),
                    out_0 = tsr_slice_(out, 0, 0, block, 1, at);
    const tsr_store in_rest = tsr_slice_(in, 0, block, n, 1, at),
                    out_rest = tsr_slice_(out, 0, block, n, 1, at);
    sums.extent[0] = (n - 1) / block;
    const tsr_store in_whole = tsr_slice_(in, 0, 0, sums.extent[0] * block, 1, at);
    const tsr_store total = tsr_store_create_(s->type, sums, at);
    const tsr_store before = tsr_store_create_(s->type, sums, at);
    status =
        issue(s, is_row ? &row_totals_task : &lines_totals_task, total, in_whole, (tsr_store){0});
    if (status == TSR_OK)
        status = scan_first(s, before, total, &sums);
    if (status == TSR_OK) /* the last first: `out` may be what is read */
        status = issue(s, is_row ? &row_climb_task : &lines_climb_task, out_rest, in_rest, before);
    if (status == TSR_OK)
        status = issue(s, &whole_task, out_0, in_0, (tsr_store){0});
    const tsr_store used[] = {in_0, out_0, in_rest, out_rest, in_whole, total, before};
    for (size_t i = 0; i < sizeof used / sizeof used[0]; ++i)
        tsr_store_release_(used[i], at);
    return status;
}

/* Scan `in` along its first dimension into `out`, of the same shape and type, not empty. */
static tsr_status scan_first(const struct scan *s, tsr_store out, tsr_store in,
                             const nd_shape *shape)
{
    const int64_t block = shape->rank == 1 ? ROW_BLOCK : LINES_BLOCK;
    return is_scanned_whole(shape, block) ? issue(s, &whole_task, out, in, (tsr_store){0})
                                          : scan_blocks(s, out, in, shape, block);
}

/* ---- the call ---- */

static const char *const name_table[] = {[ND_SCAN_SUM] = "cumsum",
                                         [ND_SCAN_PROD] = "cumprod",
                                         [ND_SCAN_NANSUM] = "nancumsum",
                                         [ND_SCAN_NANPROD] = "nancumprod"};

/* A call under way. */
struct call {
    const nd_scan_options *o;
    const char            *name;
    struct scan            scan;
    array_info             info, out;
    bool                   skips_nan, is_flat;
    int                    axis;
    nd_shape               shape;
};

static tsr_status check(struct call *c)
{
    const tsr_site at = c->o->at;
    const nd_type  t = c->info.type;
    if (c->o->axes.n < 0 || c->o->axes.n > 1)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "%s is along one axis, or all elements", c->name);
    c->is_flat = c->o->axes.n == 0;
    if (!c->is_flat)
        TSR_TRY(array_axis(c->o->axes.axis[0], c->info.shape.rank, &c->axis, at));
    if (c->o->type && !array_is_type(c->o->type))
        return tsr_fail_(at, TSR_BAD_TYPE, "no element type of arrays has number %d",
                         (int)c->o->type);
    c->shape = c->is_flat ? (nd_shape){1, {array_volume(&c->info.shape)}} : c->info.shape;
    c->scan.type = c->o->type                    ? c->o->type
                   : c->o->out.id                ? nd_promote_types(t, c->out.type)
                   : array_kind_of(t) > KIND_INT ? t
                   : array_is_unsigned(t)        ? TSR_U64
                                                 : TSR_I64;
    if (!c->o->out.id)
        return TSR_OK;
    if (!array_same_shape(&c->shape, &c->out.shape))
        return tsr_fail_(at, TSR_BAD_SHAPE, "the result of %s has shape %s, and out has %s",
                         c->name, array_shape_text(&c->shape).text,
                         array_shape_text(&c->out.shape).text);
    if (!array_goes_into(c->scan.type, c->out.type))
        return tsr_fail_(at, TSR_BAD_TYPE, "the result of %s is %s, which out of %s does not hold",
                         c->name, nd_type_name(c->scan.type), nd_type_name(c->out.type));
    return TSR_OK;
}

/* The elements in the type that is scanned in; a new handle. */
static nd_array converted(const struct call *c, nd_array a)
{
    struct array_call f;
    if (c->info.type == c->scan.type && !c->skips_nan)
        return array_alias(a, c->o->at);
    array_call_begin(&f, c->name, c->o->at);
    tsr_term x = array_call_store(&f, a, c->info.type);
    if (c->skips_nan) {
        const tsr_term is_nan = array_build_isnan(&f.formula, &x, c->info.type);
        x = tsr_apply(&f.formula, TSR_OP_SELECT, is_nan,
                      tsr_formula_number(&f.formula, c->info.type, c->scan.is_product), x);
    }
    tsr_formula_output(&f.formula, array_cast(&f.formula, x, c->scan.type));
    return array_call_make(&f, c->scan.type, &c->info.shape);
}

/* Scan `from`, of the result's shape, into `into`. */
static tsr_status scan(const struct call *c, nd_array into, nd_array from)
{
    const tsr_site at = c->o->at;
    nd_shape       front = c->shape;
    for (int d = c->axis; d > 0; --d)
        front.extent[d] = front.extent[d - 1];
    front.extent[0] = c->shape.extent[c->axis];
    if (array_volume(&front) == 0)
        return TSR_OK;
    const nd_array in = nd_moveaxis_(from, c->axis, 0, at),
                   out = nd_moveaxis_(into, c->axis, 0, at);
    const tsr_status s = scan_first(&c->scan, nd_store(out), nd_store(in), &front);
    tsr_store_release_(nd_store(in), at);
    tsr_store_release_(nd_store(out), at);
    return s;
}

nd_array nd_scan_(nd_scan kind, nd_array a, const nd_scan_options *o)
{
    struct call c = {.o = o};
    nd_array    answer;
    if ((unsigned)kind > ND_SCAN_NANPROD)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "no scan has number %d", (int)kind);
    c.name = name_table[kind];
    c.scan =
        (struct scan){.at = o->at, .is_product = kind == ND_SCAN_PROD || kind == ND_SCAN_NANPROD};
    if (!array_begin(a, &c.info, &answer, o->at) ||
        (o->out.id && !array_begin(o->out, &c.out, &answer, o->at)))
        return answer;
    if (check(&c) != TSR_OK)
        return array_failed(o->at);
    c.skips_nan = kind >= ND_SCAN_NANSUM && array_kind_of(c.info.type) >= KIND_REAL;
    const nd_array   own = converted(&c, a);
    const nd_array   from = c.is_flat ? nd_ravel_(own, o->at) : array_alias(own, o->at);
    const bool       is_direct = o->out.id && c.out.type == c.scan.type;
    const nd_array   into = is_direct ? o->out : nd_empty_(c.scan.type, c.shape, o->at);
    const tsr_status s = scan(&c, into, from);
    tsr_store_release_(nd_store(own), o->at);
    tsr_store_release_(nd_store(from), o->at);
    if (!o->out.id)
        return into; /* it carries the cause */
    if (s != TSR_OK)
        return array_failed(o->at);
    if (is_direct)
        return into;
    answer = nd_assign_(o->out, nd_operand_array(into), o->at);
    tsr_store_release_(nd_store(into), o->at);
    return answer;
}
