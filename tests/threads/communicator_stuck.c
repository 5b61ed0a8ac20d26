/* Points that wait long for one that computes: the watchdog says in which call, at which line, and for
 * whom; then it goes on as if nothing had been. */
#include <stdio.h>
#include <string.h>
#include <tessera/tessera.h>
#include <unistd.h>

enum { OUT, N = 60 };

static tsr_status slow_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    if (tsr_comm_rank(t) == tsr_comm_size(t) - 1)
        usleep(2500000);
    TSR_TRY(tsr_comm_barrier(t)); /* line 15 */
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = tsr_comm_size(t);
    return TSR_OK;
}

static const tsr_task_desc slow = {
    .name = "test.slow",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}},
    .variants = {[TSR_CPU] = {.body = slow_body, .wants_communicator = true}},
    .work = 1e6,
};

static int program(int argc, char **argv, void *user)
{
    int64_t got[N];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store out = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    if (tsr_issue(&slow, [OUT] = tsr_arg_of(out)) != TSR_OK || tsr_read(out, got, sizeof got) != TSR_OK)
        return 1;
    return got[0] == 4 && got[N - 1] == 4 ? 0 : 1;
}

/* stderr of two ranks of two workers, as text. */
static int run_and_listen(char *out, size_t room)
{
    static char *words[] = {"program", "--tessera-watchdog=1", NULL};
    tsr_options  each[2];
    int          code = -1;
    for (int r = 0; r < 2; ++r)
        each[r] = (tsr_options){.size = sizeof each[r], .at = TSR_HERE, .workers = 2};
    FILE     *heard = tmpfile();
    const int before = dup(STDERR_FILENO);
    fflush(stderr);
    dup2(fileno(heard), STDERR_FILENO);
    const tsr_status s = tsr_ranks_run(2, program, NULL, &code, .each = each, .argc = 2, .argv = words);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(heard);
    out[fread(out, 1, room - 1, heard)] = 0;
    fclose(heard);
    return s == TSR_OK ? code : -1;
}

int main(void)
{
    static char text[100000];
    const int   code = run_and_listen(text, sizeof text);
    /* Rank 0 has both points in the call, and its last one hears of rank 1; there one point is in it. */
    const bool ok = code == 0 && strstr(text, "in tsr_comm_barrier") &&
                    strstr(text, "communicator_stuck.c:15)") &&
                    strstr(text, "all points of this rank wait for rank 1") &&
                    strstr(text, "1 points of this rank wait for the others");
    printf(ok ? "ok the_watchdog_names_the_call\n" : "not ok the_watchdog_names_the_call code %d: %s\n",
           code, text);
    return !ok;
}
