/* tests/unit/solve/test_explain.c - explanations say what was decided, also when nothing was. */
#include <criterion/criterion.h>
#include <string.h>

#include "unit/solve/solve_stage.h"

#define EXTENTS(...) ((int64_t[]){__VA_ARGS__})

static struct run run;

static const char *explain(const struct call *c)
{
    struct operation op = stage_operation(&run.stage[0], c);
    const char      *text = solve_explain(&run.stage[0].rt, &op);
    stage_forget(&op);
    return text;
}

static void expect_words(const char *text, const char *const *words)
{
    for (int i = 0; words[i]; ++i)
        cr_assert(strstr(text, words[i]), "no '%s' in:\n%s", words[i], text);
}
#define EXPECT(call, ...) expect_words(explain(call), (const char *const[]){__VA_ARGS__, NULL})

static void start(void)
{
    run_start(&run, 2, NULL);
}

static void stop(void)
{
    run_stop(&run);
}

TestSuite(explain, .init = start, .fini = stop);

static const tsr_task_desc copy = {
    .name = "copy", .args = {{TSR_READ, 0, 0, "from"}, {TSR_WRITE, 0, 0, "to"}}, .pure = true};

Test(explain, what_would_fail)
{
    const int a = run_root(&run, TSR_F64, 1, EXTENTS(5)),
              b = run_root(&run, TSR_F64, 1, EXTENTS(6));
    EXPECT(&((struct call){&copy, 2, {see(a), see(b)}, .line = 77}), "copy (program.c:77",
           "would fail", "'from'", "BROADCAST");
}

Test(explain, replicated_small_and_cut)
{
    const int a = run_root(&run, TSR_F64, 1, EXTENTS(5)),
              b = run_root(&run, TSR_F64, 1, EXTENTS(5));
    const int c = run_root(&run, TSR_F64, 1, EXTENTS(50000)),
              d = run_root(&run, TSR_F64, 1, EXTENTS(50000));
    const struct call everywhere = {&copy, 2, {see(a), see(b)}, .inputs_replicated = true};
    EXPECT(&everywhere, "replicated: small, pure");
    EXPECT(&((struct call){&copy, 2, {see(a), see(b)}}), "on rank 0 alone: small");
    EXPECT(&((struct call){&copy, 2, {see(c), see(d)}}), "rank grid: 2", "candidate 2",
           "aligned with 'to'", "leaves: none", "rank 1: [");
}

Test(explain, why_a_dimension_is_not_cut)
{
    static const tsr_task_desc rows = {
        .name = "rows",
        .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "row"}},
        .constraints = {TSR_BROADCAST_DIMS(1, 0, 2)},
    };
    const int a = run_root(&run, TSR_F64, 2, EXTENTS(300, 300)),
              b = run_root(&run, TSR_F64, 2, EXTENTS(300, 7));
    EXPECT(&((struct call){&rows, 2, {see(a), see(b)}}), "dimension 1 is not cut: 'row' is written",
           "BROADCAST('row', 'x')", "leads");
}

Test(explain, a_manual_launch)
{
    static tsr_box          tile[2] = {{1, {0}, {4}}, {1, {4}, {8}}};
    static struct partition tiles = {
        .id = 1, .n = 2, .shape = {1, {8}}, .box = tile, .disjoint = true, .covers = true};
    const int                  a = run_root(&run, TSR_F64, 1, EXTENTS(8));
    static const tsr_task_desc fill = {.name = "fill", .args = {{TSR_WRITE, 0, 0, "y"}}};
    struct call                c = {&fill, 1, {see(a)}, 2};
    c.arg[0].partition = &tiles;
    EXPECT(&c, "manual: 2 points", "cut by the partition given");
}
