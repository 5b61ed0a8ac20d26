/* frames_files.c - write the files. Everything goes through HDF5's plain interface, and values
 * through its conversions, so that the reader under test is judged by another reader's idea of the
 * format. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "frames_files.h"

enum { ELEMENTS = MADE_MOST_FRAMES * MADE_ROWS * MADE_COLUMNS };

static void need(bool is_good, const char *what, const char *path)
{
    if (is_good)
        return;
    fprintf(stderr, "frames_files: %s: %s\n", path, what);
    exit(2);
}

int64_t made_element(bool is_signed, int64_t frame, int64_t row, int64_t column)
{
    const int64_t v = (frame * 31 + row * 7 + column * 3) % 120;
    return is_signed && (frame + row + column) % 5 == 0 ? -v : v;
}

static bool has_sign(hid_t type)
{
    return H5Tget_class(type) == H5T_FLOAT || H5Tget_sign(type) == H5T_SGN_2;
}

static hid_t properties(const made_file *how)
{
    const hid_t p = H5Pcreate(H5P_DATASET_CREATE);
    if (how->chunk[0]) {
        const hsize_t chunk[3] = {(hsize_t)how->chunk[0], (hsize_t)how->chunk[1],
                                  (hsize_t)how->chunk[2]};
        H5Pset_chunk(p, 3, chunk);
    }
    if (how->shuffle)
        H5Pset_shuffle(p);
    if (how->deflate)
        H5Pset_deflate(p, (unsigned)how->deflate);
    if (how->fletcher)
        H5Pset_fletcher32(p);
    H5Pset_fill_value(p, H5T_NATIVE_INT, &(int){MADE_FILL});
    return p;
}

static int64_t frames_of(const made_file *how)
{
    return how->frames ? how->frames : MADE_FRAMES;
}

/* Write all elements, or those from the second block of frames on. */
static herr_t write_elements(hid_t set, const made_file *how)
{
    static double values[ELEMENTS];
    const hsize_t from = how->has_gap ? (hsize_t)how->chunk[0] : 0;
    const hsize_t start[3] = {from, 0, 0};
    const hsize_t count[3] = {(hsize_t)frames_of(how) - from, MADE_ROWS, MADE_COLUMNS};
    const bool    is_signed = has_sign(how->type);
    const double  scale = how->scale != 0 ? how->scale : 1;
    int64_t       n = 0;
    for (int64_t i = (int64_t)from; i < frames_of(how); ++i)
        for (int64_t j = 0; j < MADE_ROWS; ++j)
            for (int64_t k = 0; k < MADE_COLUMNS; ++k)
                values[n++] = scale * (double)made_element(is_signed, i, j, k);
    const hid_t there = H5Dget_space(set), here = H5Screate_simple(3, count, NULL);
    H5Sselect_hyperslab(there, H5S_SELECT_SET, start, NULL, count, NULL);
    const herr_t s = H5Dwrite(set, H5T_NATIVE_DOUBLE, here, there, H5P_DEFAULT, values);
    H5Sclose(here);
    H5Sclose(there);
    return s;
}

/* A new file with the groups that the data set stands in. */
static hid_t create_file(const char *path)
{
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    need(file >= 0, "cannot be made", path);
    H5Gclose(H5Gcreate2(file, "/entry", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Gclose(H5Gcreate2(file, "/entry/data", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    return file;
}

void made_write(const char *path, const made_file *how)
{
    const hsize_t extent[3] = {(hsize_t)frames_of(how), MADE_ROWS, MADE_COLUMNS};
    const hid_t   file = create_file(path), space = H5Screate_simple(3, extent, NULL);
    const hid_t   plist = properties(how);
    const hid_t set = H5Dcreate2(file, MADE_SET, how->type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    need(set >= 0 && write_elements(set, how) >= 0, "cannot be written", path);
    H5Dclose(set);
    H5Pclose(plist);
    H5Sclose(space);
    H5Fclose(file);
}

void made_write_rank(const char *path, int rank)
{
    const hsize_t extent[5] = {4, 4, 4, 4, 4};
    const hid_t   file = create_file(path), space = H5Screate_simple(rank, extent, NULL);
    const hid_t   set =
        H5Dcreate2(file, MADE_SET, H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    need(set >= 0, "cannot be written", path);
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(file);
}

void made_write_text(const char *path)
{
    const hsize_t extent[3] = {2, 2, 2};
    const hid_t   file = create_file(path), space = H5Screate_simple(3, extent, NULL);
    const hid_t   set =
        H5Dcreate2(file, MADE_SET, H5T_C_S1, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    need(set >= 0, "cannot be written", path);
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(file);
}

static char *read_all(const char *path, size_t *out_bytes)
{
    FILE *f = fopen(path, "rb");
    need(f != NULL, "cannot be read", path);
    fseek(f, 0, SEEK_END);
    const size_t bytes = (size_t)ftell(f);
    char        *data = malloc(bytes);
    rewind(f);
    need(data && fread(data, 1, bytes, f) == bytes, "cannot be read", path);
    fclose(f);
    *out_bytes = bytes;
    return data;
}

static void write_all(const char *path, const char *data, size_t bytes)
{
    FILE *f = fopen(path, "wb");
    need(f && fwrite(data, 1, bytes, f) == bytes, "cannot be written", path);
    fclose(f);
}

void made_cut(const char *from, const char *to, double keep)
{
    size_t bytes = 0;
    char  *data = read_all(from, &bytes);
    write_all(to, data, (size_t)(keep * (double)bytes));
    free(data);
}

/* Where a frame's first chunk stands in its file. */
static void find_chunk(const char *path, int64_t frame, haddr_t *out_at, hsize_t *out_bytes)
{
    const hsize_t corner[3] = {(hsize_t)frame, 0, 0};
    unsigned      mask = 0;
    const hid_t   file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t   set = H5Dopen2(file, MADE_SET, H5P_DEFAULT);
    need(H5Dget_chunk_info_by_coord(set, corner, &mask, out_at, out_bytes) >= 0, "has no chunks",
         path);
    H5Dclose(set);
    H5Fclose(file);
}

void made_damage(const char *from, const char *to, int64_t frame)
{
    haddr_t at = 0;
    hsize_t chunk = 0;
    size_t  bytes = 0;
    find_chunk(from, frame, &at, &chunk);
    char *data = read_all(from, &bytes);
    for (hsize_t i = chunk / 4; i < chunk; ++i)
        data[at + i] = (char)0xff;
    write_all(to, data, bytes);
    free(data);
}

void made_cut_chunk(const char *path, int64_t frame)
{
    haddr_t at = 0;
    hsize_t chunk = 0;
    find_chunk(path, frame, &at, &chunk);
    need(truncate(path, (off_t)at) == 0, "cannot be cut", path);
}
