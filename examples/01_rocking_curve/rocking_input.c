/* rocking_input.c - choose an input, and issue its reading.
 *
 * The default file is looked for from the current folder, and from the source tree that this
 * program was built in (the program stands in build/examples). Which one it is, is rank 0's
 * word. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rocking_input.h"

static const char default_file[] = "../shared/data/bcdi_scan54/frames.h5";

enum { PATH_BYTES = 3840 };

/* The folder above `build`, where this program is built; false when that cannot be said. */
static bool find_source_root(char *out, size_t bytes)
{
    const ssize_t n = readlink("/proc/self/exe", out, bytes - 1);
    if (n <= 0)
        return false;
    out[n] = '\0';
    for (int up = 0; up < 3; ++up) {
        char *slash = strrchr(out, '/');
        if (!slash)
            return false;
        *slash = '\0';
    }
    return true;
}

/* Write the path of the default file to `out`, or nothing where there is none. */
static void find_default(char out[PATH_BYTES])
{
    char root[PATH_BYTES - sizeof default_file];
    snprintf(out, PATH_BYTES, "%s", default_file);
    if (access(out, R_OK) == 0)
        return;
    out[0] = '\0';
    if (!find_source_root(root, sizeof root))
        return;
    snprintf(out, PATH_BYTES, "%s/%s", root, default_file);
    if (access(out, R_OK) != 0)
        out[0] = '\0';
}

static tsr_status open_file(const char *path, const char *data_set, rocking_input *out)
{
    rocking_input in = {.is_simulated = false};
    TSR_TRY(frames_open(path, data_set, &in.scan));
    in.shape = in.scan.shape;
    in.type = in.scan.type;
    *out = in;
    return TSR_OK;
}

static void simulate(rocking_input *out)
{
    const crystal c = crystal_default();
    *out = (rocking_input){
        .is_simulated = true,
        .crystal = c,
        .shape = TSR_SHAPE(c.frames, c.rows, c.columns),
        .type = TSR_I64,
    };
}

tsr_status rocking_input_open(const rocking_options *o, rocking_input *out)
{
    char path[PATH_BYTES] = "";
    if (o->input)
        return open_file(o->input, o->data_set, out);
    if (!o->wants_simulation) {
        find_default(path);
        TSR_TRY(tsr_agree(path, sizeof path));
    }
    if (path[0])
        return open_file(path, o->data_set, out);
    simulate(out);
    return TSR_OK;
}

tsr_status rocking_input_read(const rocking_input *in, tsr_store *out_frames)
{
    const tsr_store frames = tsr_store_create(in->type, in->shape);
    if (in->is_simulated)
        TSR_TRY(crystal_simulate(&in->crystal, frames));
    else
        TSR_TRY(frames_read(&in->scan, frames));
    *out_frames = frames;
    return TSR_OK;
}

void rocking_input_close(rocking_input *in)
{
    if (!in->is_simulated)
        frames_close(&in->scan);
}
