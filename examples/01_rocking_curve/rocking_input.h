/* rocking_input.h - where the frames come from: a file, or a simulated scan. */
#ifndef ROCKING_INPUT_H
#define ROCKING_INPUT_H

#include "common/crystal.h"
#include "common/frames.h"
#include "rocking_options.h"

/* A scan to reduce. */
typedef struct rocking_input {
    bool        is_simulated;
    frames_scan scan;    /* of a file */
    crystal     crystal; /* of a simulation */
    tsr_shape   shape;
    tsr_type    type;
} rocking_input;

/* Find and open what the options name, or what there is. Collective. Waits. Fails: as
 * frames_open(). */
tsr_status rocking_input_open(const rocking_options *o, rocking_input *out);
/* Issue the tasks that bring the frames into a store; its handle is the innermost scope's. */
tsr_status rocking_input_read(const rocking_input *in, tsr_store *out_frames);
/* Close what was opened, once nothing that reads it is under way. */
void rocking_input_close(rocking_input *in);

#endif
