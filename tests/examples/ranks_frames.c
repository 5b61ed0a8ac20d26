/* ranks_frames.c - frames of HDF5 files on ranks: each reads its own part, no chunk is read twice.
 *
 * Chunks do not divide what the ranks get: seven frames, a third of a frame, all through one or another
 * filter; files without chunks as well. The reader counts what it asks of the file: summed over all
 * ranks that is every chunk once, and every element is right. */
#include <unistd.h>

#include "common/frames.h"
#include "frames_files.h"
#include "ranks/ranks_try.h"

enum { FRAMES = MADE_MOST_FRAMES, ELEMENTS = FRAMES * MADE_ROWS * MADE_COLUMNS };

/* HDF5's types are no constants, hence no table. */
static int files(made_file out[8])
{
    const made_file all[] = {
        {"seven.h5", H5T_STD_I32LE, {7, 11, 13}, .shuffle = true, .deflate = 6, .frames = FRAMES},
        {"seven_plain.h5", H5T_STD_I32LE, {7, 11, 13}, .frames = FRAMES},
        {"seven_parts.h5", H5T_STD_U16LE, {7, 4, 6}, .deflate = 6, .frames = FRAMES},
        {"seven_other_filter.h5",
         H5T_STD_I32LE,
         {7, 11, 5},
         .fletcher = true,
         .deflate = 1,
         .frames = FRAMES},
        {"ones.h5", H5T_STD_I32LE, {1, 11, 13}, .deflate = 6, .frames = FRAMES},
        {"contiguous.h5", H5T_STD_I32LE, {0}, .frames = FRAMES},
    };
    memcpy(out, all, sizeof all);
    return (int)(sizeof all / sizeof *all);
}

/* The sum of what each process says; what one says where ranks are threads. */
static tsr_status sum_of_processes(int64_t mine, int64_t *out)
{
    int     rank, n = tsr_rank_count();
    int64_t all[TRY_MOST_RANKS] = {0};
    *out = mine;
    if (!try_is_process(&rank))
        return TSR_OK;
    TSR_SCOPE();
    const tsr_tile  tile = {{.rank = 1, .low = {tsr_rank()}, .high = {tsr_rank() + 1}}, &mine};
    const tsr_store s =
        tsr_attach_tiles(TSR_I64, TSR_SHAPE(n), &tile, 1, TSR_ATTACH_READ, NULL, NULL);
    TSR_TRY(tsr_read(s, all, (size_t)n * sizeof *all));
    TSR_TRY(tsr_detach(s));
    *out = 0;
    for (int r = 0; r < n; ++r)
        *out += all[r];
    return TSR_OK;
}

static int read_once(const char *folder, const made_file *how, int64_t *got)
{
    char        path[300];
    frames_scan scan;
    int64_t     all, k = 0;
    int         rank;
    TSR_SCOPE();
    snprintf(path, sizeof path, "%s/%s", folder, how->name);
    NEED_OK(frames_open(path, MADE_SET, &scan));
    const tsr_store frames = tsr_store_create(scan.type, scan.shape);
    NEED_OK(frames_read(&scan, frames));
    NEED_OK(tsr_read(frames, got, ELEMENTS * sizeof *got));
    const frames_reads reads = frames_count(&scan);
    NEED_OK(sum_of_processes(reads.taken, &all));
    frames_close(&scan);
    const bool is_signed = H5Tget_sign(how->type) == H5T_SGN_2;
    for (int64_t i = 0; i < FRAMES; ++i)
        for (int64_t y = 0; y < MADE_ROWS; ++y)
            for (int64_t x = 0; x < MADE_COLUMNS; ++x, ++k)
                NEED_TEXT(got[k] == made_element(is_signed, i, y, x), how->name);
    NEED_TEXT(all == reads.there, how->name);
    NEED_TEXT(how->chunk[0] == 0 || reads.there >= FRAMES / how->chunk[0], how->name);
    if (try_is_process(&rank)) /* which reads its part, and has one */
        NEED_TEXT(reads.taken > 0 && reads.taken < reads.there, how->name);
    return 0;
}

/* Rank 0's. */
static char folder[] = "/tmp/tessera-ranks-frames-XXXXXX";
static bool is_made;

/* Rank 0 makes the files; the others learn where. */
static int reads(int argc, char **argv, void *user)
{
    made_file file[8];
    char      place[sizeof folder] = "";
    const int n = files(file);
    int64_t  *got = malloc(ELEMENTS * sizeof *got);
    int       failed = 0;
    (void)argc, (void)argv, (void)user;
    TSR_ONCE
    {
        if (!is_made && mkdtemp(folder))
            for (int i = 0; i < n; ++i) {
                char path[300];
                snprintf(path, sizeof path, "%s/%s", folder, file[i].name);
                made_write(path, &file[i]);
            }
        is_made = true;
        strcpy(place, folder);
    }
    NEED_OK(tsr_agree(place, sizeof place));
    for (int i = 0; i < n && failed == 0; ++i)
        failed = read_once(place, &file[i], got);
    free(got);
    return failed;
}

/* What mkdtemp() made. */
static void remove_files(void)
{
    made_file file[8];
    const int n = files(file);
    for (int i = 0; i < n; ++i) {
        char path[300];
        snprintf(path, sizeof path, "%s/%s", folder, file[i].name);
        unlink(path);
    }
    rmdir(folder);
}

int main(void)
{
    const int failed = try_ranks("chunks_are_read_once", reads, NULL);
    if (is_made)
        remove_files();
    return failed;
}
