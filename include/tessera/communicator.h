/* tessera/communicator.h - inside a task body: the points of one operation run together and talk.
 *
 * A task type whose variant says `.wants_communicator` has points that all run at the same time, each with
 * a worker of its own: as many as there is work for, at most as many as the run has workers, and a manual
 * launch may ask for no more.  The runtime cuts such an operation along one dimension, the outermost that
 * gives every worker a piece, and numbers its points along it; ranks have theirs in rank order.  A small
 * operation has one point.  Bodies see rank and size, so that equal results on other machines are their
 * author's affair; what the calls below compute depends on nothing but the values and the size.
 *
 *     static tsr_status norm(const tsr_task_context *t)
 *     {
 *         tsr_out_f64_1d x = tsr_out_f64_1d_of(t, X);
 *         double         mine = 0, sum;
 *         TSR_FOR_1D(i, x.box)
 *             mine += tsr_at(x, i) * tsr_at(x, i);
 *         TSR_TRY(tsr_comm_allreduce(t, &mine, &sum, 1, TSR_F64, TSR_SUM));
 *         TSR_FOR_1D(i, x.box)
 *             tsr_at(x, i) /= sqrt(sum);
 *         return TSR_OK;
 *     }
 *
 * All points make the same calls in the same order, and no call returns before every point has come to it.
 * A call that cannot be done fails on every point, and so does each one after it: where the calls of two
 * points differ (another verb, count, type, operator or root: both lines are named), where a point returned
 * or failed (its cause is named), where counts disagree (BAD_ARGUMENT), where a rank is gone (PEER_LOST).
 * The operation has then failed, whatever bodies answer.  In a task that did not ask for a communicator
 * every call fails: NOT_ALLOWED.
 *
 * Buffers are dense and of the points themselves; they may not overlap unless a call says so.  A count is
 * one of elements, 0 too.  Threads: the body's.  Waits: for the other points; meanwhile this worker runs
 * nothing else. */
#ifndef TESSERA_COMMUNICATOR_H
#define TESSERA_COMMUNICATOR_H

#include <tessera/body.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which call it is. */
typedef enum tsr_comm_verb {
    TSR_COMM_BARRIER,
    TSR_COMM_BROADCAST,
    TSR_COMM_REDUCE,
    TSR_COMM_ALLREDUCE,
    TSR_COMM_ALLGATHER,
    TSR_COMM_ALLGATHERV,
    TSR_COMM_ALLTOALL,
    TSR_COMM_ALLTOALLV,
    TSR_COMM_N_VERBS
} tsr_comm_verb;

/* A call, as the functions below fill it in. */
typedef struct tsr_comm_words {
    tsr_comm_verb      verb;
    tsr_site           at;
    const void        *from;
    void              *into;
    int64_t            count;
    tsr_type           type;
    tsr_reduction      reduction;
    const tsr_reducer *reducer;
    int64_t            root;
    const int64_t     *from_counts, *into_counts;
} tsr_comm_words;

/* Behind the calls below. */
TSR_API tsr_status tsr_comm_call_(const tsr_task_context *t,
                                  const tsr_comm_words   *words) TSR_MUST_CHECK;

/* This point's number in the operation, from 0.  0, and the task fails, in a task without communicator. */
TSR_API int64_t tsr_comm_rank(const tsr_task_context *t);
/* Number of points of the operation.  1, and the task fails, in a task without communicator. */
TSR_API int64_t tsr_comm_size(const tsr_task_context *t);

/* Behind tsr_comm_barrier. */
static inline tsr_status tsr_comm_barrier_(const tsr_task_context *t, tsr_site at)
{
    tsr_comm_words w;
    __builtin_memset(&w, 0, sizeof w);
    w.verb = TSR_COMM_BARRIER;
    w.at = at;
    return tsr_comm_call_(t, &w);
}

/* Behind tsr_comm_broadcast. */
static inline tsr_status tsr_comm_broadcast_(const tsr_task_context *t, void *data, int64_t count,
                                             tsr_type type, int64_t root, tsr_site at)
{
    tsr_comm_words w;
    __builtin_memset(&w, 0, sizeof w);
    w.verb = TSR_COMM_BROADCAST;
    w.at = at;
    w.from = data;
    w.into = data;
    w.count = count;
    w.type = type;
    w.root = root;
    return tsr_comm_call_(t, &w);
}

/* Behind tsr_comm_reduce (root >= 0) and tsr_comm_allreduce (root -1), with either kind of operator. */
static inline tsr_status tsr_comm_fold_(const tsr_task_context *t, const void *from, void *into,
                                        int64_t count, tsr_type type, tsr_reduction op,
                                        const tsr_reducer *reducer, bool all, int64_t root,
                                        tsr_site at)
{
    tsr_comm_words w;
    __builtin_memset(&w, 0, sizeof w);
    w.verb = all ? TSR_COMM_ALLREDUCE : TSR_COMM_REDUCE;
    w.at = at;
    w.from = from;
    w.into = into;
    w.count = count;
    w.type = type;
    w.reduction = op;
    w.reducer = reducer;
    w.root = all ? 0 : root;
    return tsr_comm_call_(t, &w);
}

/* Behind tsr_comm_allgather and tsr_comm_alltoall. */
static inline tsr_status tsr_comm_blocks_(const tsr_task_context *t, tsr_comm_verb verb,
                                          const void *from, void *into, int64_t count,
                                          tsr_type type, tsr_site at)
{
    tsr_comm_words w;
    __builtin_memset(&w, 0, sizeof w);
    w.verb = verb;
    w.at = at;
    w.from = from;
    w.into = into;
    w.count = count;
    w.type = type;
    return tsr_comm_call_(t, &w);
}

/* Behind tsr_comm_allgatherv and tsr_comm_alltoallv. */
static inline tsr_status tsr_comm_blocksv_(const tsr_task_context *t, tsr_comm_verb verb,
                                           const void *from, const int64_t *from_counts,
                                           int64_t count, void *into, const int64_t *into_counts,
                                           tsr_type type, tsr_site at)
{
    tsr_comm_words w;
    __builtin_memset(&w, 0, sizeof w);
    w.verb = verb;
    w.at = at;
    w.from = from;
    w.into = into;
    w.count = count;
    w.type = type;
    w.from_counts = from_counts;
    w.into_counts = into_counts;
    return tsr_comm_call_(t, &w);
}

/* tsr_comm_barrier(t): no point goes on before all have come. */
#define tsr_comm_barrier(t) tsr_comm_barrier_((t), TSR_HERE)

/* tsr_comm_broadcast(t, data, count, type, root): `count` elements at `data` of point `root` into `data` of
 * all others. */
#define tsr_comm_broadcast(t, data, count, type, root)                                             \
    tsr_comm_broadcast_((t), (data), (count), (type), (root), TSR_HERE)

/* tsr_comm_reduce(t, from, into, count, type, op, root): element by element, the values of all points folded
 * into `into` of point `root` (others may give NULL).  `into` may be `from`.
 *
 * The fold: points lo .. hi - 1 are (lo .. lo + m - 1) op (lo + m .. hi - 1), where m is the largest power
 * of two below hi - lo; so the bits depend on the values and the number of points alone.  A float's NaN
 * becomes the canonical one, as in REDUCE arguments. */
#define tsr_comm_reduce(t, from, into, count, type, op, root)                                      \
    tsr_comm_fold_((t), (from), (into), (count), (type), (op), NULL, false, (root), TSR_HERE)

/* tsr_comm_allreduce(t, from, into, count, type, op): as tsr_comm_reduce, into `into` of every point. */
#define tsr_comm_allreduce(t, from, into, count, type, op)                                         \
    tsr_comm_fold_((t), (from), (into), (count), (type), (op), NULL, true, 0, TSR_HERE)

/* tsr_comm_reduce_by(t, from, into, count, reducer, root): with an operator of one's own, over elements of
 * reducer->bytes bytes; it is called from any of the operation's workers, left operand first. */
#define tsr_comm_reduce_by(t, from, into, count, reducer, root)                                    \
    tsr_comm_fold_((t), (from), (into), (count), TSR_TYPE_ANY, TSR_USER_REDUCTION, (reducer),      \
                   false, (root), TSR_HERE)

/* tsr_comm_allreduce_by(t, from, into, count, reducer): the same, into `into` of every point. */
#define tsr_comm_allreduce_by(t, from, into, count, reducer)                                       \
    tsr_comm_fold_((t), (from), (into), (count), TSR_TYPE_ANY, TSR_USER_REDUCTION, (reducer),      \
                   true, 0, TSR_HERE)

/* tsr_comm_allgather(t, from, into, count, type): `count` elements of each point, one after another in the
 * order of points, into `into` of every point (size * count elements). */
#define tsr_comm_allgather(t, from, into, count, type)                                             \
    tsr_comm_blocks_((t), TSR_COMM_ALLGATHER, (from), (into), (count), (type), TSR_HERE)

/* tsr_comm_allgatherv(t, from, count, into, counts, type): the same where point p gives counts[p] elements;
 * `counts` (size of them) is the same on all points, and `count` is the caller's own. */
#define tsr_comm_allgatherv(t, from, count, into, counts, type)                                    \
    tsr_comm_blocksv_((t), TSR_COMM_ALLGATHERV, (from), NULL, (count), (into), (counts), (type),   \
                      TSR_HERE)

/* tsr_comm_alltoall(t, from, into, count, type): block q of `from` goes to point q; block p of `into` comes
 * from point p; blocks have `count` elements and stand in the order of points. */
#define tsr_comm_alltoall(t, from, into, count, type)                                              \
    tsr_comm_blocks_((t), TSR_COMM_ALLTOALL, (from), (into), (count), (type), TSR_HERE)

/* tsr_comm_alltoallv(t, from, from_counts, into, into_counts, type): the same with blocks of from_counts[q]
 * and into_counts[p] elements, one after another; what p sends to q has as many elements as q expects. */
#define tsr_comm_alltoallv(t, from, from_counts, into, into_counts, type)                          \
    tsr_comm_blocksv_((t), TSR_COMM_ALLTOALLV, (from), (from_counts), 0, (into), (into_counts),    \
                      (type), TSR_HERE)

#ifdef __cplusplus
}
#endif
#endif
