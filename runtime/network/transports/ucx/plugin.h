/* transports/ucx/plugin.h - what the files of the plug-in share. */
#ifndef TRANSPORTS_UCX_PLUGIN_H
#define TRANSPORTS_UCX_PLUGIN_H

#include "network/transports/wire.h"

/* launch.c: the launcher, by PMIx */
bool launch_join(struct wire_place *out, char *error);
bool launch_exchange(const struct wire_place *at, const void *mine, size_t bytes,
                     struct wire_cards *out, char *error);
void launch_cards_done(const struct wire_place *at, struct wire_cards *c);
void launch_part(void);

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
