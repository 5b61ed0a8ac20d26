/* ic_rows.c - small programs of empty tasks: manual launches of 16 points with and without
 * neighbours, operations that the solver cuts, and what runs on the spot. */
#include "ic_rows.h"

enum { OUT, FIRST_IN };

static tsr_status empty_body(const tsr_task_context *t)
{
    (void)t;
    return TSR_OK;
}

#define ARG(access_)                                                                               \
    {                                                                                              \
        access_, TSR_I64, .rank = 1                                                                \
    }
#define EMPTY .variants = {[TSR_CPU] = {.body = empty_body}}

static const tsr_task_desc write_task = {
    .name = "issue_cost.write", .args = {ARG(TSR_WRITE)}, EMPTY};
static const tsr_task_desc one_read_task = {
    .name = "issue_cost.read", .args = {ARG(TSR_WRITE), ARG(TSR_READ)}, EMPTY};
static const tsr_task_desc five_reads_task = {.name = "issue_cost.five_reads",
                                              .args = {ARG(TSR_WRITE), ARG(TSR_READ), ARG(TSR_READ),
                                                       ARG(TSR_READ), ARG(TSR_READ), ARG(TSR_READ)},
                                              EMPTY};
static const tsr_task_desc aligned_task = {.name = "issue_cost.aligned",
                                           .args = {ARG(TSR_WRITE), ARG(TSR_READ)},
                                           .constraints = {TSR_ALIGN(OUT, FIRST_IN)},
                                           EMPTY};

static tsr_status add_body(const tsr_task_context *t)
{
    *tsr_element_i64_of(t, OUT) = tsr_i64_of(t, FIRST_IN) + 1;
    return TSR_OK;
}

static const tsr_task_desc add_task = {
    .name = "issue_cost.add",
    .args = {{TSR_WRITE, TSR_I64, .rank = 0}, {TSR_READ, TSR_I64, .rank = 0}},
    .variants = {[TSR_CPU] = {.body = add_body}},
    .pure = true};

/* ---- programs ---- */

static tsr_partition halos_of(int64_t extent, int64_t tile)
{
    tsr_box boxes[IC_PIECES];
    for (int x = 0; x < IC_PIECES; ++x) {
        const int64_t low = x * tile - 1, high = (x + 1) * tile + 1;
        boxes[x] = (tsr_box){
            .rank = 1, .low = {low < 0 ? 0 : low}, .high = {high > extent ? extent : high}};
    }
    return tsr_partition_boxes(TSR_SHAPE(extent), boxes, IC_PIECES);
}

static tsr_partition part_of(tsr_partition tiles, int k)
{
    int64_t table[IC_PIECES];
    for (int x = 0; x < IC_PIECES; ++x)
        table[x] = (x + k * IC_PIECES / 5) % IC_PIECES;
    return tsr_partition_project(tiles, table, IC_PIECES);
}

tsr_status ic_program_make(ic_program *p, int variant)
{
    const int64_t tile = 4 + variant;

    p->extent = IC_PIECES * tile;
    p->a = tsr_store_filled(TSR_I64, TSR_SHAPE(p->extent), &(int64_t){0});
    p->b = tsr_store_filled(TSR_I64, TSR_SHAPE(p->extent), &(int64_t){0});
    p->one = tsr_store_filled(TSR_I64, TSR_SHAPE(), &(int64_t){1});
    p->tiles = tsr_partition_tiles(TSR_SHAPE(p->extent), &tile);
    p->halos = halos_of(p->extent, tile);
    for (int k = 0; k < 5; ++k)
        p->parts[k] = part_of(p->tiles, k);
    return tsr_fence();
}

static tsr_store out_of(const ic_program *p, int i)
{
    return i & 1 ? p->b : p->a;
}

static tsr_store in_of(const ic_program *p, int i)
{
    return i & 1 ? p->a : p->b;
}

/* ---- operations ---- */

static tsr_status issue_write(const ic_program *p, int i)
{
    return tsr_issue_over(&write_task, IC_PIECES, tsr_arg_cut(out_of(p, i), p->tiles));
}

static tsr_status issue_no_comm(const ic_program *p, int i)
{
    return tsr_issue_over(&one_read_task, IC_PIECES, tsr_arg_cut(out_of(p, i), p->tiles),
                          tsr_arg_cut(in_of(p, i), p->tiles));
}

static tsr_status issue_stencil(const ic_program *p, int i)
{
    return tsr_issue_over(&one_read_task, IC_PIECES, tsr_arg_cut(out_of(p, i), p->tiles),
                          tsr_arg_cut(in_of(p, i), p->halos));
}

static tsr_status issue_spread(const ic_program *p, int i)
{
    const tsr_store in = in_of(p, i);
    return tsr_issue_over(&five_reads_task, IC_PIECES, tsr_arg_cut(out_of(p, i), p->tiles),
                          tsr_arg_cut(in, p->parts[0]), tsr_arg_cut(in, p->parts[1]),
                          tsr_arg_cut(in, p->parts[2]), tsr_arg_cut(in, p->parts[3]),
                          tsr_arg_cut(in, p->parts[4]));
}

static tsr_status issue_aligned(const ic_program *p, int i)
{
    return tsr_issue(&aligned_task, tsr_arg_of(out_of(p, i)), tsr_arg_of(in_of(p, i)));
}

static tsr_status issue_slice(const ic_program *p, int i)
{
    const tsr_store  out = tsr_slice(out_of(p, i), 0, 0, p->extent - 1, 1);
    const tsr_store  in = tsr_slice(in_of(p, i), 0, 1, p->extent, 1);
    const tsr_status status = tsr_issue(&aligned_task, tsr_arg_of(out), tsr_arg_of(in));
    tsr_store_release(in);
    tsr_store_release(out);
    return status;
}

static tsr_status issue_fill(const ic_program *p, int i)
{
    return tsr_fill(out_of(p, i), &(int64_t){1});
}

static tsr_status issue_copy(const ic_program *p, int i)
{
    return tsr_copy(out_of(p, i), in_of(p, i));
}

static tsr_status issue_create(const ic_program *p, int i)
{
    (void)i;
    tsr_store_release(tsr_store_create(TSR_I64, TSR_SHAPE(p->extent)));
    return TSR_OK;
}

static tsr_status issue_on_the_spot(const ic_program *p, int i)
{
    const tsr_store  result = tsr_store_create(TSR_I64, TSR_SHAPE());
    const tsr_status status = tsr_issue(&add_task, tsr_arg_of(result), tsr_arg_of(p->one));
    (void)i;
    tsr_store_release(result);
    return status;
}

const ic_row ic_rows[] = {
    {"stencil", IC_ISSUE, issue_stencil},
    {"stencil.task", IC_RUN, issue_stencil},
    {"no_comm", IC_ISSUE, issue_no_comm},
    {"no_comm.task", IC_RUN, issue_no_comm},
    {"trivial", IC_ISSUE, issue_write},
    {"spread", IC_ISSUE, issue_spread},
    {"spread.task", IC_RUN, issue_spread},
    {"aligned", IC_ISSUE, issue_aligned},
    {"slices", IC_ISSUE, issue_slice},
    {"fill", IC_ISSUE, issue_fill},
    {"copy", IC_ISSUE, issue_copy},
    {"create", IC_WHOLE, issue_create},
    {"on_the_spot", IC_WHOLE, issue_on_the_spot},
    {0},
};
