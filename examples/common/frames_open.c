/* frames_open.c - open a scan so that every rank knows the same of it.
 *
 * Whether a file is there is a matter of one machine; what the program does next must not be. So
 * each rank opens the file for its own tasks, rank 0's description is agreed, and a rank that could
 * not open the file finds out where its tasks fail. */
#include <stdio.h>
#include <string.h>

#include "failure.h"
#include "frames_file.h"

/* What rank 0 tells the others. */
typedef struct description {
    frames_scan scan;
    tsr_status  status;
    char        why[1024];
} description;

static void name_element(frames_number number, char *text, size_t bytes)
{
    const char *kind = number.is_float ? "float" : number.is_signed ? "int" : "uint";
    snprintf(text, bytes, "%s%d", kind, 8 * number.bytes);
}

static void describe(frames_file *f, frames_scan *scan)
{
    const frames_layout *layout = frames_file_layout(f);
    scan->shape = tsr_shape_of(3, layout->extent);
    scan->type = layout->number.is_float ? TSR_F64 : TSR_I64;
    scan->block = layout->block[0];
    scan->beam = frames_file_beam(f);
    name_element(layout->number, scan->element, sizeof scan->element);
}

static tsr_status fit(const char *what, const char *from, char *to, size_t bytes)
{
    if (strlen(from) >= bytes)
        return TSR_FAIL(BAD_ARGUMENT, "the %s is longer than %zu characters: %.40s...", what,
                        bytes - 1, from);
    strcpy(to, from);
    return TSR_OK;
}

tsr_status frames_open(const char *path, const char *data_set, frames_scan *out)
{
    description  d = {0};
    frames_file *f = NULL;
    TSR_TRY(fit("path", path, d.scan.source.path, sizeof d.scan.source.path));
    TSR_TRY(
        fit("data set's name", data_set, d.scan.source.data_set, sizeof d.scan.source.data_set));
    d.status = frames_file_take(&d.scan.source, &f);
    if (d.status == TSR_OK)
        describe(f, &d.scan);
    else
        failure_reason(d.why, sizeof d.why);
    TSR_TRY(tsr_agree(&d, sizeof d));
    if (d.status != TSR_OK) {
        frames_file_put(f);
        return tsr_fail_(TSR_HERE, d.status, "%s", d.why);
    }
    d.scan.file = f;
    *out = d.scan;
    return TSR_OK;
}

frames_reads frames_count(const frames_scan *scan)
{
    return scan->file ? frames_file_reads(scan->file) : (frames_reads){0};
}

void frames_close(frames_scan *scan)
{
    frames_file_put(scan->file);
    scan->file = NULL;
}
