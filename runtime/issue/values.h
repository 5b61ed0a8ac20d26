/* issue/values.h - what the program asks for: values, pieces, attached memory, extents.  These wait and,
 * on several ranks, are collective.  Issuing thread. */
#ifndef TESSERA_ISSUE_VALUES_H
#define TESSERA_ISSUE_VALUES_H

#include "issue/issue.h"

/* An operation of no points that makes each rank r hold asked[r] (root indices) of a root. */
uint64_t gather_issue(struct tsr_runtime *rt, struct root *root, struct view *view,
                      const tsr_box *asked, tsr_site at);
tsr_status values_status(struct tsr_runtime *rt, struct root *root, struct view *view, tsr_site at);
tsr_status values_read(struct tsr_runtime *rt, struct root *root, struct view *view, void *out,
                       tsr_site at);
tsr_status values_local(struct tsr_runtime *rt, struct root *root, struct view *view, tsr_piece *out,
                        int capacity, int *out_n, tsr_site at);
tsr_status values_attach(struct tsr_runtime *rt, struct root *root, const tsr_tile *tiles, int n,
                         bool whole, tsr_site at);
tsr_status values_detach(struct tsr_runtime *rt, struct root *root, tsr_site at);

/* unbound.c */
bool       unbound_prepare(struct tsr_runtime *rt, struct operation *op);
tsr_status unbound_bind(struct tsr_runtime *rt, struct root *root, tsr_site at);
/* image.c: boxes of the plan's image arguments, from values. */
tsr_status image_resolve(struct tsr_runtime *rt, struct operation *op);

#endif
