/* frames_layout.c - shape, element type, chunks and filters of a data set.
 *
 * Chunks that went through nothing but shuffle and deflate are taken apart in tasks; everything
 * else (contiguous, virtual, other filters) is read through the library, box by box. O(1) calls,
 * all of them under the library's lock, which the caller holds. */
#include <math.h>
#include <string.h>

#include "frames_layout.h"

/* Where the file has no chunks: elements that are worth a task of their own (1 MiB of int64), and how many
 * tasks there should be all the same, for as many ranks. */
enum { BLOCK_ELEMENTS = 1 << 17, LEAST_BLOCKS = 64 };

static tsr_status read_extents(const frames_source *source, hid_t set, frames_layout *out)
{
    const hid_t space = H5Dget_space(set);
    hsize_t     extent[H5S_MAX_RANK] = {0};
    const int   rank = H5Sget_simple_extent_dims(space, extent, NULL);
    H5Sclose(space);
    if (rank != 3)
        return TSR_FAIL(BAD_SHAPE, "%s: %s has %d dimension%s, not 3 (frames, rows, columns)",
                        source->path, source->data_set, rank, rank == 1 ? "" : "s");
    for (int d = 0; d < 3; ++d) {
        out->extent[d] = (int64_t)extent[d];
        if (out->extent[d] == 0)
            return TSR_FAIL(BAD_SHAPE, "%s: %s is empty: %lld x %lld x %lld", source->path,
                            source->data_set, (long long)extent[0], (long long)extent[1],
                            (long long)extent[2]);
    }
    return TSR_OK;
}

static bool is_known_number(hid_t type, H5T_class_t class, int bytes)
{
    const bool is_whole = H5Tget_precision(type) == 8 * (size_t)bytes;
    if (class == H5T_INTEGER)
        return is_whole && (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8);
    return class == H5T_FLOAT && is_whole && (bytes == 2 || bytes == 4 || bytes == 8);
}

static tsr_status read_number(const frames_source *source, hid_t set, frames_number *out)
{
    const hid_t type = H5Dget_type(set);
    const H5T_class_t class = H5Tget_class(type);
    const int  bytes = (int)H5Tget_size(type);
    const bool is_known = is_known_number(type, class, bytes);
    if (is_known)
        *out = (frames_number){
            .bytes = bytes,
            .is_float = class == H5T_FLOAT,
            .is_signed = class == H5T_FLOAT || H5Tget_sign(type) == H5T_SGN_2,
            .is_big_endian = bytes > 1 && H5Tget_order(type) == H5T_ORDER_BE,
        };
    H5Tclose(type);
    if (!is_known)
        return TSR_FAIL(BAD_TYPE,
                        "%s: the elements of %s are not integers or floats of 1 to 8 bytes",
                        source->path, source->data_set);
    return TSR_OK;
}

/* Whether the filters are some of shuffle, deflate, in this order; sets where they stand. */
static bool has_known_filters(hid_t plist, frames_layout *out)
{
    const int n = H5Pget_nfilters(plist);
    out->shuffle_at = out->deflate_at = -1;
    for (int i = 0; i < n; ++i) {
        unsigned           flags = 0, config = 0;
        size_t             n_values = 0;
        const H5Z_filter_t filter =
            H5Pget_filter2(plist, (unsigned)i, &flags, &n_values, NULL, 0, NULL, &config);
        if (filter == H5Z_FILTER_SHUFFLE && out->shuffle_at < 0 && out->deflate_at < 0)
            out->shuffle_at = i;
        else if (filter == H5Z_FILTER_DEFLATE && out->deflate_at < 0)
            out->deflate_at = i;
        else
            return false;
    }
    return true;
}

/* A block has whole frames, as many as a chunk: no two tasks meet in one. */
static void choose_block(frames_layout *out, bool has_chunks)
{
    const int64_t frame = out->extent[1] * out->extent[2], most = BLOCK_ELEMENTS / frame;
    const int64_t share = (out->extent[0] + LEAST_BLOCKS - 1) / LEAST_BLOCKS;
    int64_t       frames = out->stored[0];
    if (!has_chunks)
        frames = most < 1 ? 1 : most < share ? most : share;
    out->block[0] = frames > out->extent[0] ? out->extent[0] : frames;
    out->block[1] = out->extent[1];
    out->block[2] = out->extent[2];
    for (int d = 0; d < 3 && !has_chunks; ++d)
        out->stored[d] = out->block[d];
}

static void read_chunks(hid_t set, frames_layout *out)
{
    const hid_t plist = H5Dget_create_plist(set);
    const hid_t type = H5Dget_type(set);
    hsize_t     chunk[3] = {0};
    const bool  has_chunks =
        H5Pget_layout(plist) == H5D_CHUNKED && H5Pget_chunk(plist, 3, chunk) == 3;
    out->is_packed = has_chunks && has_known_filters(plist, out);
    for (int d = 0; d < 3; ++d)
        out->stored[d] = (int64_t)chunk[d];
    choose_block(out, has_chunks);
    if (H5Pget_fill_value(plist, type, out->fill) < 0)
        memset(out->fill, 0, sizeof out->fill);
    H5Tclose(type);
    H5Pclose(plist);
}

tsr_status frames_layout_read(const frames_source *source, hid_t set, frames_layout *out)
{
    *out = (frames_layout){0};
    TSR_TRY(read_extents(source, set, out));
    TSR_TRY(read_number(source, set, &out->number));
    read_chunks(set, out);
    return TSR_OK;
}

/* A number that stands alone in `group`; NAN where there is none. */
static double read_lone_number(hid_t group, const char *name)
{
    double value = NAN;
    if (H5Lexists(group, name, H5P_DEFAULT) <= 0)
        return NAN;
    const hid_t set = H5Dopen2(group, name, H5P_DEFAULT);
    if (set < 0)
        return NAN;
    const hid_t space = H5Dget_space(set);
    if (H5Sget_simple_extent_npoints(space) != 1 ||
        H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value) < 0)
        value = NAN;
    H5Sclose(space);
    H5Dclose(set);
    return value;
}

frames_beam frames_layout_beam(const frames_source *source, hid_t file)
{
    frames_beam  beam = {NAN, NAN, NAN, NAN};
    char         entry[sizeof source->data_set];
    const char  *name = source->data_set + strspn(source->data_set, "/");
    const size_t n = strcspn(name, "/");
    if (name[n] == '\0')
        return beam;
    memcpy(entry, name, n);
    entry[n] = '\0';
    const hid_t group = H5Gopen2(file, entry, H5P_DEFAULT);
    if (group < 0)
        return beam;
    beam.energy_kev = read_lone_number(group, "energy_keV");
    beam.distance_m = read_lone_number(group, "distance_m");
    beam.pixel_m = read_lone_number(group, "pixel_m");
    beam.step_degree = read_lone_number(group, "theta_step_degree");
    H5Gclose(group);
    return beam;
}

/* What the walk over a file gathers. */
typedef struct candidates {
    char  *text;
    size_t bytes, used;
} candidates;

static herr_t note_candidate(hid_t file, const char *name, const H5O_info_t *info, void *user)
{
    candidates *c = user;
    if (info->type != H5O_TYPE_DATASET)
        return 0;
    const hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    if (set < 0)
        return 0;
    const hid_t  space = H5Dget_space(set);
    const size_t wanted = strlen(name) + 3;
    if (H5Sget_simple_extent_ndims(space) == 3 && c->used + wanted < c->bytes)
        c->used += (size_t)snprintf(c->text + c->used, c->bytes - c->used, "%s/%s",
                                    c->used ? ", " : "", name);
    H5Sclose(space);
    H5Dclose(set);
    return 0;
}

void frames_layout_candidates(hid_t file, char *text, size_t bytes)
{
    candidates c = {.text = text, .bytes = bytes};
    text[0] = '\0';
    H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, note_candidate, &c, H5O_INFO_BASIC);
}
