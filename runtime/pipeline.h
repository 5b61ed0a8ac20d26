/* pipeline.h - what api/ calls: operations in, values out.
 *
 * All calls: issuing thread.  Those that wait say so. */
#ifndef TESSERA_PIPELINE_H
#define TESSERA_PIPELINE_H

#include "model/runtime.h"

/* Start and end the stages behind the API (solve, depend, memory, schedule, execute, issue), in this
 * order and the reverse.  rt->config, ->observe, ->network, ->views, ->machines are set. */
tsr_status pipeline_start(struct tsr_runtime *rt);
void       pipeline_stop(struct tsr_runtime *rt);

/* Take an operation whose arguments were checked (handles, types, ranks, writable): number it, put it
 * into the window or run it on the spot.  Takes over views, partitions, data of *op (copied).  On
 * failure (shapes, constraints) the outputs are failed with the cause, which is also returned. */
tsr_status pipeline_issue(struct tsr_runtime *rt, struct operation *op);
struct formula_call;
/* Take a formula whose arguments were checked; it may wait for others to become one operation with it, until
 * another call here but pipeline_release.  Copies what it keeps. */
tsr_status pipeline_formula(struct tsr_runtime *rt, const struct formula_call *c);
/* There was no memory here for `what`, which every rank needs alike: with several, the run ends on all
 * of them with a message.  Returns the failure. */
tsr_status pipeline_no_memory(struct tsr_runtime *rt, const char *what);
/* The last handle of a root is gone: an entry of the stream.  Never waits. */
void pipeline_release(struct tsr_runtime *rt, struct root *root);

tsr_status pipeline_flush(struct tsr_runtime *rt);
/* Wait for everything issued.  Collective. */
tsr_status pipeline_fence(struct tsr_runtime *rt, tsr_site at);
/* Rank 0's bytes on every rank. Collective. */
tsr_status pipeline_agree(struct tsr_runtime *rt, void *data, size_t bytes, tsr_site at);
/* Wait for what `view` of `root` holds and answer whether it failed (recording the trace, naming `at`).
 * Collective. */
tsr_status pipeline_status(struct tsr_runtime *rt, struct root *root, struct view *view, tsr_site at);
/* Read all of a view, C order, on every rank.  Collective.  Waits. */
tsr_status pipeline_read(struct tsr_runtime *rt, struct root *root, struct view *view, void *out,
                         tsr_site at);
/* The same on rank `only` alone; `out` may be NULL. */
tsr_status pipeline_read_on(struct tsr_runtime *rt, int only, struct root *root, struct view *view,
                            void *out, tsr_site at);
/* This rank's boxes (view indices), addresses and strides.  Collective.  Waits. */
tsr_status pipeline_local(struct tsr_runtime *rt, struct root *root, struct view *view,
                          tsr_piece *out, int capacity, int *out_n, tsr_site at);
/* Make an unbound root's extent known.  Collective.  Waits. */
tsr_status pipeline_bind_extent(struct tsr_runtime *rt, struct root *root, tsr_site at);
/* Wait until nothing uses `root`; then its attached memory holds the last generation (mode WRITE).
 * Collective. */
tsr_status pipeline_detach(struct tsr_runtime *rt, struct root *root, tsr_site at);
/* A fresh root is attached to memory that holds these boxes here; rank_boxes[r] those of rank r (tiles),
 * or every rank holds all (n = 1 box, whole). */
tsr_status pipeline_attach(struct tsr_runtime *rt, struct root *root, const tsr_tile *tiles, int n,
                           bool whole, tsr_site at);
/* Mark all of a view failed with this thread's last failure, as the operation `site` would. */
void pipeline_fail(struct tsr_runtime *rt, struct root *root, struct view *view, tsr_site site);
/* Failures nobody was told of, printed to `out`; how many. */
int pipeline_report(struct tsr_runtime *rt, FILE *out);
/* Solve without issuing; text owned by rt. */
const char *pipeline_explain(struct tsr_runtime *rt, struct operation *op);

#endif
