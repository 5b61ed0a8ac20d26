/* frames_layout.h - learn how a data set lies in its file. For frames_*.c alone. */
#ifndef EXAMPLES_FRAMES_LAYOUT_H
#define EXAMPLES_FRAMES_LAYOUT_H

#include <hdf5.h>

#include "frames_file.h"

/* Read the layout of `set`. Caller holds the library's lock. Fails: BAD_SHAPE, BAD_TYPE. */
tsr_status frames_layout_read(const frames_source *source, hid_t set, frames_layout *out);
/* Read what stands beside the data set. Caller holds the library's lock. */
frames_beam frames_layout_beam(const frames_source *source, hid_t file);
/* List the data sets of a file that have 3 dimensions, as text. Caller holds the library's lock. */
void frames_layout_candidates(hid_t file, char *text, size_t bytes);

#endif
