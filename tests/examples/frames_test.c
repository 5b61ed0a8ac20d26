/* frames_test.c - the reader of HDF5 frames against files of every kind, and the writers of JSON
 * and PNG.
 *
 * Prints ok, not ok and skip lines. `program_frames --make FOLDER` writes the wrong files there
 * instead, for the tests of whole programs. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/canvas.h"
#include "common/frames.h"
#include "common/json.h"
#include "frames_files.h"

/* Where the files of one run lie; removed at the end. */
static char folder[200] = "/tmp/tessera-frames-XXXXXX";
static int  failures; /* rank 0's */

static const char *in_folder(const char *name)
{
    static _Thread_local char path[2][256];
    static _Thread_local int  turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static void verdict(const char *name, bool is_good, const char *why)
{
    TSR_ONCE
    {
        const char *ranks = tsr_rank_count() > 1 ? "_on_ranks" : "";
        if (is_good)
            printf("ok %s%s\n", name, ranks);
        else
            printf("not ok %s%s %.*s\n", name, ranks, (int)strcspn(why, "\n"), why);
        failures += !is_good;
    }
}

/* ---- right files ---- */

static int64_t expected_at(const made_file *how, int64_t i, int64_t j, int64_t k)
{
    const bool is_signed =
        H5Tget_class(how->type) == H5T_FLOAT || H5Tget_sign(how->type) == H5T_SGN_2;
    return how->has_gap && i < how->chunk[0] ? MADE_FILL : made_element(is_signed, i, j, k);
}

static bool is_as_written(const made_file *how, const frames_scan *scan, const double *real,
                          const int64_t *whole, char why[128])
{
    int64_t at = 0;
    for (int64_t i = 0; i < MADE_FRAMES; ++i)
        for (int64_t j = 0; j < MADE_ROWS; ++j)
            for (int64_t k = 0; k < MADE_COLUMNS; ++k, ++at) {
                const double found = scan->type == TSR_F64 ? real[at] : (double)whole[at];
                const double wanted = (double)expected_at(how, i, j, k);
                if (found != wanted) {
                    snprintf(why, 128, "(%" PRId64 ", %" PRId64 ", %" PRId64 "): %g, not %g", i, j,
                             k, found, wanted);
                    return false;
                }
            }
    return true;
}

static tsr_status read_made(const made_file *how, bool *out_good, char why[128])
{
    TSR_SCOPE();
    union {
        double  real[MADE_FRAMES * MADE_ROWS * MADE_COLUMNS];
        int64_t whole[MADE_FRAMES * MADE_ROWS * MADE_COLUMNS];
    } *values = malloc(sizeof *values);
    frames_scan scan;
    tsr_status  s = frames_open(in_folder(how->name), MADE_SET, &scan);
    if (s == TSR_OK) {
        tsr_store frames = tsr_store_create(scan.type, scan.shape);
        s = frames_read(&scan, frames);
        if (s == TSR_OK)
            s = tsr_read(frames, values, sizeof *values);
        frames_close(&scan);
    }
    if (s == TSR_OK)
        *out_good = is_as_written(how, &scan, values->real, values->whole, why);
    free(values);
    return s;
}

static void test_made(const made_file *how)
{
    char name[64], why[128] = "";
    bool is_good = false;
    snprintf(name, sizeof name, "frames_%s", how->name);
    *strrchr(name, '.') = '\0';
    if (read_made(how, &is_good, why) != TSR_OK)
        snprintf(why, sizeof why, "%.120s", tsr_error_text());
    verdict(name, is_good, why);
}

enum { MOST_FILES = 20 };

/* HDF5's types are no constants, hence no table. */
static int right_files(made_file files[MOST_FILES])
{
    const made_file all[] = {
        {"int8_contiguous.h5", H5T_STD_I8LE, {0}, .deflate = 0},
        {"uint8_chunked.h5", H5T_STD_U8LE, {1, 11, 13}, .deflate = 0},
        {"int16_big_endian.h5", H5T_STD_I16BE, {2, 11, 13}, .shuffle = true, .deflate = 6},
        {"uint16_deflate.h5", H5T_STD_U16LE, {1, 11, 13}, .deflate = 1},
        {"int32_shuffle_deflate.h5", H5T_STD_I32LE, {1, 11, 13}, .shuffle = true, .deflate = 6},
        {"uint32_shuffle.h5", H5T_STD_U32LE, {1, 11, 13}, .shuffle = true},
        {"int64_odd_chunks.h5", H5T_STD_I64LE, {3, 5, 7}, .shuffle = true, .deflate = 6},
        {"uint64_big_endian_contiguous.h5", H5T_STD_U64BE, {0}, .deflate = 0},
        {"float32_deflate.h5", H5T_IEEE_F32LE, {4, 11, 13}, .shuffle = true, .deflate = 9},
        {"float64_big_endian.h5", H5T_IEEE_F64BE, {1, 4, 13}, .deflate = 3},
        {"float64_contiguous.h5", H5T_IEEE_F64LE, {0}, .deflate = 0},
        {"other_filter.h5",
         H5T_STD_I32LE,
         {2, 6, 13},
         .shuffle = true,
         .fletcher = true,
         .deflate = 6},
        {"never_written.h5",
         H5T_STD_I16LE,
         {3, 11, 13},
         .shuffle = true,
         .deflate = 6,
         .has_gap = true},
        {"whole_in_one_chunk.h5", H5T_STD_I32LE, {10, 11, 13}, .shuffle = true, .deflate = 6},
    };
    memcpy(files, all, sizeof all);
    return (int)(sizeof all / sizeof *all);
}

/* ---- wrong files ---- */

/* A file that cannot be opened, and words that its error must have. */
typedef struct wrong_file {
    const char *test, *name, *data_set, *words[2];
    tsr_status  status;
} wrong_file;

static const wrong_file wrong_files[] = {
    {"open_missing", "missing.h5", MADE_SET, {"missing.h5", "No such file"}, TSR_ENVIRONMENT},
    {"open_no_hdf5", "no_hdf5.h5", MADE_SET, {"no_hdf5.h5", "no HDF5 file"}, TSR_ENVIRONMENT},
    {"open_truncated", "truncated.h5", MADE_SET, {"truncated.h5", "truncated"}, TSR_ENVIRONMENT},
    {"open_no_such_set",
     "good.h5",
     "/entry/nothing",
     {"good.h5", "entry/data/data"},
     TSR_ENVIRONMENT},
    {"open_rank_2", "rank_2.h5", MADE_SET, {"rank_2.h5", "2 dimensions"}, TSR_BAD_SHAPE},
    {"open_rank_4", "rank_4.h5", MADE_SET, {"rank_4.h5", "4 dimensions"}, TSR_BAD_SHAPE},
    {"open_text", "text.h5", MADE_SET, {"text.h5", "not integers or floats"}, TSR_BAD_TYPE},
};

static void test_wrong(const wrong_file *w)
{
    char             why[256];
    frames_scan      scan;
    const tsr_status s = frames_open(in_folder(w->name), w->data_set, &scan);
    const char      *text = tsr_error_text();
    const bool is_good = s == w->status && strstr(text, w->words[0]) && strstr(text, w->words[1]);
    snprintf(why, sizeof why, "%s: %.200s", tsr_status_name(s), text);
    if (s == TSR_OK)
        frames_close(&scan);
    verdict(w->test, is_good, why);
}

static tsr_status read_spoilt(const frames_scan *scan)
{
    TSR_SCOPE();
    const size_t    bytes = MADE_FRAMES * MADE_ROWS * MADE_COLUMNS * sizeof(int64_t);
    int64_t        *whole = malloc(bytes);
    const tsr_store frames = tsr_store_create(scan->type, scan->shape);
    tsr_status      s = frames_read(scan, frames);
    if (s == TSR_OK)
        s = tsr_read(frames, whole, bytes);
    free(whole);
    return s;
}

/* Open a file, let `spoil` at it, and read it: the value must say which file and frame failed. */
static void test_failed_task(const char *test, const char *file,
                             void (*spoil)(const char *, int64_t))
{
    char        why[256];
    int         is_spoilt = 0;
    frames_scan scan;
    if (frames_open(in_folder(file), MADE_SET, &scan) != TSR_OK) {
        verdict(test, false, tsr_error_text());
        return;
    }
    TSR_ONCE
    {
        if (spoil)
            spoil(in_folder(file), 6);
        is_spoilt = 1;
    }
    /* no rank reads before rank 0 was at the file */
    const tsr_status s =
        tsr_agree(&is_spoilt, sizeof is_spoilt) == TSR_OK ? read_spoilt(&scan) : TSR_INTERNAL;
    frames_close(&scan);
    snprintf(why, sizeof why, "%s: %.200s", tsr_status_name(s), tsr_error_text());
    verdict(test,
            s == TSR_TASK_FAILED && strstr(tsr_error_text(), file) &&
                strstr(tsr_error_text(), "frame 6"),
            why);
}

/* Wrong files, and one whose sums are rounded, for tests of whole programs. */
static void make_other_files(void)
{
    const made_file thirds = {
        "thirds.h5", H5T_IEEE_F64LE, {2, 11, 13}, .deflate = 6, .scale = 1.0 / 3};
    const made_file good = {"good.h5", H5T_STD_I32LE, {1, 11, 13}, .shuffle = true, .deflate = 6};
    FILE           *f = fopen(in_folder("no_hdf5.h5"), "w");
    if (f) {
        fputs("frame, counts\n1, 2\n", f);
        fclose(f);
    }
    made_write(in_folder("good.h5"), &good);
    made_write(in_folder("cut_while_open.h5"), &good);
    made_write(in_folder("thirds.h5"), &thirds);
    made_cut(in_folder("good.h5"), in_folder("truncated.h5"), 0.6);
    made_damage(in_folder("good.h5"), in_folder("damaged.h5"), 6);
    made_write_rank(in_folder("rank_2.h5"), 2);
    made_write_rank(in_folder("rank_4.h5"), 4);
    made_write_text(in_folder("text.h5"));
}

/* ---- writers ---- */

static bool file_is(const char *path, const char *text)
{
    char   found[512];
    FILE  *f = fopen(path, "r");
    size_t n = f ? fread(found, 1, sizeof found - 1, f) : 0;
    if (f)
        fclose(f);
    found[n] = '\0';
    return strcmp(found, text) == 0;
}

static void test_json(void)
{
    json_writer w;
    tsr_status  s = json_open(in_folder("a.json"), &w);
    if (s == TSR_OK) {
        json_add_integers(&w, "shape", (const int64_t[]){1, INT64_MIN}, 2);
        json_add_double(&w, "third", 1.0 / 3);
        json_add_double(&w, "nan", NAN);
        json_add_null(&w, "nothing");
        s = json_close(&w);
    }
    verdict(
        "json_numbers",
        s == TSR_OK &&
            file_is(in_folder("a.json"),
                    "{\n  \"shape\": [1, -9223372036854775808],\n  \"third\": 0.3333333333333333,\n"
                    "  \"nan\": null,\n  \"nothing\": null\n}\n"),
        "the text differs");
    s = json_open("/nowhere/a.json", &w);
    verdict("json_no_folder", s == TSR_ENVIRONMENT && strstr(tsr_error_text(), "/nowhere/a.json"),
            tsr_error_text());
}

static void test_png(void)
{
    static const unsigned char start[24] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                            0,    0,   0,   13,  'I',  'H',  'D',  'R',
                                            0,    0,   0,   40,  0,    0,    0,    20};
    unsigned char              found[24] = {0};
    canvas                     c;
    tsr_status                 s = canvas_create(40, 20, (canvas_color){255, 255, 255}, &c);
    canvas_text(&c, 20, 10, 1, CANVAS_MIDDLE, (canvas_color){0, 0, 0}, "text beyond the edges");
    canvas_line(&c, -10, -10, 60, 40, 3, (canvas_color){200, 0, 0});
    if (s == TSR_OK)
        s = canvas_write_png(&c, in_folder("a.png"));
    FILE      *f = fopen(in_folder("a.png"), "rb");
    const bool is_good = f && fread(found, 1, 24, f) == 24 && memcmp(found, start, 24) == 0;
    if (f)
        fclose(f);
    verdict("png_written", s == TSR_OK && is_good, "no PNG of 40 x 20 pixels");
    s = canvas_write_png(&c, "/nowhere/a.png");
    verdict("png_no_folder", s == TSR_ENVIRONMENT && strstr(tsr_error_text(), "/nowhere/a.png"),
            tsr_error_text());
    canvas_destroy(&c);
}

/* ---- the program ---- */

static int all_tests(int argc, char **argv, void *user)
{
    made_file files[MOST_FILES];
    const int n = right_files(files);
    (void)argc, (void)argv, (void)user;
    for (int i = 0; i < n; ++i)
        test_made(&files[i]);
    for (size_t i = 0; i < sizeof wrong_files / sizeof *wrong_files; ++i)
        test_wrong(&wrong_files[i]);
    test_failed_task("task_damaged_chunk", "damaged.h5", NULL);
    test_failed_task("task_file_cut_while_open", "cut_while_open.h5", made_cut_chunk);
    TSR_ONCE
    {
        test_json();
        test_png();
    }
    tsr_error_clear();
    return 0;
}

static void make_right_files(void)
{
    made_file files[MOST_FILES];
    const int n = right_files(files);
    for (int i = 0; i < n; ++i)
        made_write(in_folder(files[i].name), &files[i]);
}

static void run(int ranks)
{
    int code = 0;
    make_other_files();
    if (tsr_ranks_run(ranks, all_tests, NULL, &code, .seed = 0) != TSR_OK || code != 0) {
        printf("not ok frames_on_%d_ranks %s\n", ranks, tsr_error_text());
        ++failures;
    }
}

static void remove_folder(void)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", folder);
}

int main(int argc, char **argv)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (argc == 3 && strcmp(argv[1], "--make") == 0) {
        snprintf(folder, sizeof folder, "%s", argv[2]);
        make_other_files();
        return 0;
    }
    if (!mkdtemp(folder)) {
        perror(folder);
        return 2;
    }
    make_right_files();
    run(1);
    run(2);
    remove_folder();
    return failures ? 1 : 0;
}
