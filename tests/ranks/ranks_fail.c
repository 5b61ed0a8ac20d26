/* Failure over ranks: a body that fails on one rank has failed on all, with its line and text; what
 * does not depend on it completes; ranks that run different programs are told so; a rank that cannot
 * start ends the others. */
#include "ranks_try.h"

enum { OUT, FROM };
enum { N = 120 };

/* Fails where element 77 is. */
static tsr_status picky_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    TSR_FOR_1D(i, out.box) {
        if (i == 77)
            return TSR_FAIL(TASK_FAILED, "no luck with element %d", (int)i);
        tsr_at(out, i) = i;
    }
    return TSR_OK;
}

static const tsr_task_desc picky = {
    .name = "test.picky",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}},
    .variants = {[TSR_CPU] = {.body = picky_body}},
};

static int one_point_fails(int argc, char **argv, void *user)
{
    int64_t got[N] = {0};
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store bad = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    const tsr_store good = tsr_store_filled(TSR_I64, TSR_SHAPE(N), &(int64_t){4});
    const tsr_store after = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    NEED_OK(tsr_issue(&picky, [OUT] = tsr_arg_of(bad)));
    NEED_OK(tsr_copy(after, bad));
    NEED(tsr_read(after, got, sizeof got) == TSR_TASK_FAILED);
    NEED(strstr(tsr_error_text(), "no luck with element 77") &&
         strstr(tsr_error_text(), "ranks_fail.c"));
    NEED(tsr_store_status(bad) == TSR_TASK_FAILED);
    NEED_OK(tsr_read(good, got, sizeof got));
    NEED(got[0] == 4 && got[N - 1] == 4);
    NEED_OK(tsr_fill(bad, &(int64_t){5}));
    NEED_OK(tsr_read(bad, got, sizeof got));
    NEED(got[77] == 5);
    return 0;
}

/* What a call answered is not said again, and what no call could answer is: on any number of ranks. */
static int told_once(int argc, char **argv, void *user)
{
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store flat = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &(double){1});
    NEED(tsr_issue(&picky, [OUT] = tsr_arg_of(flat)) == TSR_BAD_TYPE);
    NEED_OK(tsr_fence());
    NEED(tsr_store_status(flat) == TSR_BAD_TYPE);
    const tsr_store wide = tsr_store_create(TSR_I64, TSR_SHAPE((int64_t)1 << 40));
    NEED_OK(tsr_fill(wide, &(int64_t){1}));
    NEED(tsr_fence() == TSR_NO_MEMORY);
    NEED(strstr(tsr_error_text(), "ranks_fail.c"));
    NEED_OK(tsr_fence());
    return 0;
}

static int agrees(int argc, char **argv, void *user)
{
    int mine = 100 + tsr_rank();
    (void)argc, (void)argv, (void)user;
    NEED_OK(tsr_agree(&mine, sizeof mine));
    NEED(mine == 100);
    int entered = 0;
    TSR_ONCE
    {
        entered = 1;
    }
    NEED(entered == (tsr_rank() == 0));
    return 0;
}

/* ---- programs that differ ---- */

static int differs(int argc, char **argv, void *user)
{
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store s = tsr_store_filled(TSR_I64, TSR_SHAPE(N), &(int64_t){1});
    tsr_status      status = TSR_OK;
    int64_t         got[N];
    for (int i = 0; i < 200 && status == TSR_OK; ++i) {
        if (i == 20 && tsr_rank() == 1)
            status = tsr_fill(tsr_slice(s, 0, 3, 9, 1), &(int64_t){2});
        if (status == TSR_OK)
            status = tsr_fill(s, &(int64_t){3});
    }
    if (status == TSR_OK)
        status = tsr_read(s, got, sizeof got);
    return status == TSR_DIVERGED || status == TSR_PEER_LOST ? 0 : 1;
}

static int test_differs(void)
{
    int code = -1;
    /* The runtime's own report at finish may make the code 1: that it ends is what is asked. */
    const tsr_status s = tsr_ranks_run(2, differs, NULL, &code);
    if (s == TSR_OK && (code == 0 || code == 1)) {
        printf("ok programs_that_differ_end\n");
        return 0;
    }
    printf("not ok programs_that_differ_end status %s, code %d\n", tsr_status_name(s), code);
    return 1;
}

/* ---- starting ---- */

static int returns_its_rank(int argc, char **argv, void *user)
{
    (void)user;
    NEED(argc == 2 && strcmp(argv[1], "word") == 0 && argv[2] == NULL);
    return 10 + tsr_rank();
}

static int verdict(const char *name, bool ok)
{
    printf(ok ? "ok %s\n" : "not ok %s %s\n", name, tsr_error_text());
    return !ok;
}

static int test_starts(void)
{
    char *words[] = {"program", "--tessera-window=7", "word", NULL};
    int   code = -1, failed = 0;
    bool  ok = tsr_ranks_run(3, returns_its_rank, NULL, &code, .argc = 3, .argv = words) == TSR_OK;
    failed += verdict("the_greatest_code_wins", ok && code == 12);

    ok = tsr_ranks_run(0, returns_its_rank, NULL, &code) == TSR_BAD_ARGUMENT &&
         tsr_ranks_run(2, NULL, NULL, &code) == TSR_BAD_ARGUMENT;
    failed += verdict("bad_numbers_of_ranks", ok);

    const tsr_options each[3] = {{.workers = 1}, {.workers = 1, .window = -5}, {.workers = 1}};
    ok = tsr_ranks_run(3, returns_its_rank, NULL, &code, .each = each) == TSR_BAD_ARGUMENT;
    failed +=
        verdict("a_rank_that_cannot_start_ends_all", ok && strstr(tsr_error_text(), "window"));

    words[1] = "--tessera-ranks=2";
    code = tsr_main(3, words, returns_its_rank, NULL);
    failed += verdict("main_on_ranks", code == 11);
    words[1] = "--tessera-ranks=1";
    code = tsr_main(3, words, returns_its_rank, NULL);
    failed += verdict("main_alone", code == 10);
    return failed;
}

int main(void)
{
    int failed = test_starts();
    failed += try_ranks("agreeing", agrees, NULL);
    failed += try_ranks("one_point_fails", one_point_fails, NULL);
    failed += try_ranks("told_once", told_once, NULL);
    failed += test_differs();
    return failed;
}
