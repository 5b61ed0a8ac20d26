/* frames_file.c - open data sets, shared by the tasks and the ranks of this process.
 *
 * HDF5's serial library does one thing at a time. So every call of it is made here, under
 * `library`, and none takes longer than copying the bytes of one chunk. Open files stand in a short
 * list: a task is told which source it reads (not a pointer: scalars are the same on every rank)
 * and finds the open file in it; one that finds none opens it. Errors are taken from HDF5's own
 * stack, innermost first, since that is the line that says what is wrong. Threads: any. */
#include <errno.h>
#include <hdf5.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frames_layout.h"

struct frames_file {
    /* fixed once open */
    frames_source source;
    frames_layout layout;
    frames_beam   beam;
    hid_t         file, set;
    /* under `library` */
    int          users;
    int64_t      taken; /* chunks asked of the file */
    frames_file *next;
};

static pthread_mutex_t library = PTHREAD_MUTEX_INITIALIZER;
static frames_file    *open_files; /* under `library` */

/* HDF5 prints its errors unless each thread tells it not to. */
static void library_enter(void)
{
    pthread_mutex_lock(&library);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

static void library_leave(void)
{
    pthread_mutex_unlock(&library);
}

static herr_t keep_innermost(unsigned n, const H5E_error2_t *error, void *user)
{
    if (n == 0 && error->desc)
        snprintf(user, 256, "%s", error->desc);
    return 0;
}

/* Why the last call of the library failed, in its own words. Caller holds `library`. */
static const char *library_reason(char text[256])
{
    strcpy(text, "HDF5 does not say why");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, text);
    return text;
}

static tsr_status open_set(const frames_source *source, hid_t file, hid_t *out)
{
    char others[256];
    *out = H5Dopen2(file, source->data_set, H5P_DEFAULT);
    if (*out >= 0)
        return TSR_OK;
    frames_layout_candidates(file, others, sizeof others);
    return TSR_FAIL(ENVIRONMENT, "%s: there is no data set %s%s%s", source->path, source->data_set,
                    others[0] ? "; with 3 dimensions there are: " : "", others);
}

static tsr_status open_file(const frames_source *source, hid_t *out)
{
    char        why[256];
    struct stat is;
    if (stat(source->path, &is) != 0 || access(source->path, R_OK) != 0)
        return TSR_FAIL(ENVIRONMENT, "%s: %s", source->path, strerror(errno));
    if (!S_ISREG(is.st_mode)) /* HDF5 would open a folder, and complain of it at exit */
        return TSR_FAIL(ENVIRONMENT, "%s: this is %s, no file", source->path,
                        S_ISDIR(is.st_mode) ? "a folder" : "a device or a pipe");
    *out = H5Fopen(source->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (*out >= 0)
        return TSR_OK;
    library_reason(why);
    if (H5Fis_hdf5(source->path) == 0)
        return TSR_FAIL(ENVIRONMENT, "%s: this is no HDF5 file", source->path);
    return TSR_FAIL(ENVIRONMENT, "%s: HDF5 cannot open it: %s", source->path, why);
}

/* Fill in a fresh object. Caller holds `library`. */
static tsr_status file_init(frames_file *f, const frames_source *source)
{
    f->source = *source;
    f->file = f->set = -1;
    TSR_TRY(open_file(source, &f->file));
    TSR_TRY(open_set(source, f->file, &f->set));
    TSR_TRY(frames_layout_read(source, f->set, &f->layout));
    f->beam = frames_layout_beam(source, f->file);
    return TSR_OK;
}

/* Takes half-built objects. Caller holds `library`. */
static void file_destroy(frames_file *f)
{
    if (f->set >= 0)
        H5Dclose(f->set);
    if (f->file >= 0)
        H5Fclose(f->file);
    free(f);
}

static frames_file *find(const frames_source *source)
{
    frames_file *f = open_files;
    while (f && memcmp(&f->source, source, sizeof *source) != 0)
        f = f->next;
    return f;
}

/* Open `source` and put it on the list. Caller holds `library`. */
static tsr_status file_create(const frames_source *source, frames_file **out)
{
    frames_file *f = calloc(1, sizeof *f);
    if (!f)
        return TSR_FAIL(NO_MEMORY, "%s: no memory to open it", source->path);
    const tsr_status s = file_init(f, source);
    if (s != TSR_OK) {
        file_destroy(f);
        return s;
    }
    f->next = open_files;
    open_files = f;
    *out = f;
    return TSR_OK;
}

tsr_status frames_file_take(const frames_source *source, frames_file **out)
{
    tsr_status s = TSR_OK;
    library_enter();
    frames_file *f = find(source);
    if (!f)
        s = file_create(source, &f);
    if (s == TSR_OK) {
        ++f->users;
        *out = f;
    }
    library_leave();
    return s;
}

void frames_file_put(frames_file *f)
{
    if (!f)
        return;
    library_enter();
    if (--f->users == 0) {
        frames_file **at = &open_files;
        while (*at != f)
            at = &(*at)->next;
        *at = f->next;
        file_destroy(f);
    }
    library_leave();
}

const frames_layout *frames_file_layout(const frames_file *f)
{
    return &f->layout;
}

frames_beam frames_file_beam(const frames_file *f)
{
    return f->beam;
}

/* How many chunks the box [low, high) meets; blocks where the file has no chunks. */
static int64_t chunks_in(const frames_layout *layout, const int64_t *low, const int64_t *high)
{
    int64_t n = 1;
    for (int d = 0; d < 3; ++d)
        n *= (high[d] - 1) / layout->stored[d] - low[d] / layout->stored[d] + 1;
    return n;
}

frames_reads frames_file_reads(frames_file *f)
{
    static const int64_t origin[3] = {0};
    library_enter();
    const frames_reads reads = {chunks_in(&f->layout, origin, f->layout.extent), f->taken};
    library_leave();
    return reads;
}

/* Caller holds `library`. */
static tsr_status take_chunk(frames_file *f, const hsize_t *at, void *into, size_t capacity,
                             size_t *out_bytes, uint32_t *out_skipped)
{
    char     why[256];
    unsigned mask = 0;
    haddr_t  address = HADDR_UNDEF;
    hsize_t  bytes = 0;
    if (H5Dget_chunk_info_by_coord(f->set, at, &mask, &address, &bytes) < 0)
        return TSR_FAIL(TASK_FAILED, "%s: frame %lld of %s: %s", f->source.path, (long long)at[0],
                        f->source.data_set, library_reason(why));
    *out_bytes = address == HADDR_UNDEF ? 0 : (size_t)bytes;
    if (*out_bytes > capacity)
        return TSR_FAIL(TASK_FAILED, "%s: frame %lld of %s: a chunk of %zu bytes cannot be right",
                        f->source.path, (long long)at[0], f->source.data_set, *out_bytes);
    if (*out_bytes && H5Dread_chunk(f->set, H5P_DEFAULT, at, out_skipped, into) < 0)
        return TSR_FAIL(TASK_FAILED, "%s: frame %lld of %s: %s", f->source.path, (long long)at[0],
                        f->source.data_set, library_reason(why));
    return TSR_OK;
}

tsr_status frames_file_chunk(frames_file *f, const int64_t *at, void *into, size_t capacity,
                             size_t *out_bytes, uint32_t *out_skipped)
{
    const hsize_t corner[3] = {(hsize_t)at[0], (hsize_t)at[1], (hsize_t)at[2]};
    library_enter();
    ++f->taken;
    const tsr_status s = take_chunk(f, corner, into, capacity, out_bytes, out_skipped);
    library_leave();
    return s;
}

/* Caller holds `library`. */
static tsr_status read_box(frames_file *f, const hsize_t *start, const hsize_t *count, void *into)
{
    char        why[256];
    const hid_t type = H5Dget_type(f->set);
    const hid_t there = H5Dget_space(f->set), here = H5Screate_simple(3, count, NULL);
    H5Sselect_hyperslab(there, H5S_SELECT_SET, start, NULL, count, NULL);
    const herr_t failed = H5Dread(f->set, type, here, there, H5P_DEFAULT, into);
    if (failed < 0)
        library_reason(why);
    H5Sclose(here);
    H5Sclose(there);
    H5Tclose(type);
    if (failed < 0)
        return TSR_FAIL(TASK_FAILED, "%s: frame %lld of %s: %s", f->source.path,
                        (long long)start[0], f->source.data_set, why);
    return TSR_OK;
}

tsr_status frames_file_box(frames_file *f, const int64_t *low, const int64_t *high, void *into)
{
    hsize_t start[3], count[3];
    for (int d = 0; d < 3; ++d) {
        start[d] = (hsize_t)low[d];
        count[d] = (hsize_t)(high[d] - low[d]);
    }
    library_enter();
    f->taken += chunks_in(&f->layout, low, high);
    const tsr_status s = read_box(f, start, count, into);
    library_leave();
    return s;
}
