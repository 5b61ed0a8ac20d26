/* transports/ucx/plugin.h - what the files of the plug-in share. */
#ifndef TRANSPORTS_UCX_PLUGIN_H
#define TRANSPORTS_UCX_PLUGIN_H

#include "network/transports/wire.h"

/* launch.c: the launcher, by PMIx */
bool launch_join(struct wire_place *out, char *error);
bool launch_exchange(const struct wire_place *at, const void *mine, size_t bytes,
                     struct wire_cards *out, char *error);
void launch_cards_done(const struct wire_place *at, struct wire_cards *c);
/* Has the launcher gone?  Any thread. */
bool launch_orphaned(void);
void launch_part(void);

/* missing.c: processes of this host that are no more */
struct missing;
/* The ranks of this host, "0,1,2", of this launch.  NULL: no memory. */
struct missing *missing_create(const char *job, const char *local_ranks);
/* Ranks 0 to n-1 are here; others that are seen here are noted. */
struct missing *missing_create_first(const char *job, int n);
void            missing_destroy(struct missing *m);
/* Look around: the rank that ended or was stopped first, and which of it; -1: none.  is_sure: one did, so
 * that nobody is given time. */
int missing_look(struct missing *m, bool is_sure, const char **out_what);

/* line.c: bytes, by UCX */
void       *line_open(int n_ranks, const struct wire_up *up, void *user, char *error);
const void *line_address(void *self, size_t *out_bytes);
bool        line_meet(void *self, int rank, const void *address, size_t bytes);
bool line_send(void *self, int to, const void *head, const void *buffer, size_t bytes, void *token);
bool line_progress(void *self);
int  line_fd(void *self);
bool line_arm(void *self);
bool line_flushed(void *self);
void line_close(void *self);

#endif
