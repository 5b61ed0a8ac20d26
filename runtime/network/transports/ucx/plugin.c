/* transports/ucx/plugin.c - the plug-in's one symbol: PMIx for the launch, UCX for the bytes.
 *
 * Both are chosen because launchers and networks of machine rooms speak them: mpirun, srun and prun
 * serve PMIx; UCX drives shared memory, TCP, InfiniBand and others through one interface. */
#include "plugin.h"

static const struct wire ucx = {
    .version = WIRE_VERSION,
    .name = "ucx",
    .join = launch_join,
    .exchange = launch_exchange,
    .cards_done = launch_cards_done,
    .orphaned = launch_orphaned,
    .part = launch_part,
    .open = line_open,
    .address = line_address,
    .meet = line_meet,
    .send = line_send,
    .progress = line_progress,
    .fd = line_fd,
    .arm = line_arm,
    .flushed = line_flushed,
    .close = line_close,
};

__attribute__((visibility("default"))) tessera_wire_function tessera_wire;

const struct wire *tessera_wire(void)
{
    return &ucx;
}
