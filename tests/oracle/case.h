/* case.h - what a shrunk program printed by the oracle stands on. */
#ifndef ORACLE_CASE_H
#define ORACLE_CASE_H

#include <stdlib.h>
#include <string.h>

#include "oracle.h"

/* Non-zero once something differed, on this rank. */
static _Thread_local int wrong;

/* An issue that must succeed. */
#define CHECK(call)                                                                                \
    do {                                                                                           \
        if ((call) != TSR_OK) {                                                                    \
            fprintf(stderr, "line %d: %s\n", __LINE__, tsr_error_text());                          \
            wrong = 1;                                                                             \
        }                                                                                          \
    } while (0)

static inline tsr_type sample(void)
{
    static const tsr_field fields[] = {{"a", TSR_F64, 0}, {"b", TSR_I32, 8}, {"c", TSR_U16, 12}};
    return tsr_type_struct("sample", fields, 3, STRUCT_BYTES);
}

static inline const tsr_machine *machine_of(tsr_machine *m, int cores)
{
    TSR_CHECK(tsr_machine_discover(m));
    for (int k = m->n_cores; k < cores; ++k)
        m->core[k] = m->core[k % m->n_cores];
    m->n_cores = cores;
    return m;
}

static inline size_t bytes_of(tsr_store s)
{
    const tsr_shape shape = tsr_store_shape(s);
    size_t          n = tsr_type_size(tsr_store_type(s));
    for (int d = 0; d < shape.rank; ++d)
        n *= (size_t)shape.extent[d];
    return n;
}

static inline uint8_t *drawn_elements(tsr_type t, size_t bytes, uint64_t seed)
{
    uint8_t *b = aligned_alloc(64, (bytes + 64) & ~(size_t)63);
    for (size_t k = 0; k < bytes / el_size(t); ++k)
        el_from_u64(t, hash_pair(seed, k), false, b + k * el_size(t));
    return b;
}

static inline void write_elements(tsr_store s, tsr_type t, uint64_t seed)
{
    uint8_t *b = drawn_elements(t, bytes_of(s), seed);
    CHECK(tsr_write(s, b, bytes_of(s)));
    free(b);
}

static inline void free_elements(void *data, void *user)
{
    (void)user;
    free(data);
}

static inline tsr_store attach_elements(tsr_type t, tsr_shape shape, uint64_t seed,
                                        tsr_attach_mode mode)
{
    size_t n = el_size(t);
    for (int d = 0; d < shape.rank; ++d)
        n *= (size_t)shape.extent[d];
    return tsr_attach(t, shape, drawn_elements(t, n, seed), mode, free_elements, NULL);
}

static inline tsr_store attach_blocks(tsr_type t, tsr_shape shape, uint64_t seed,
                                      tsr_attach_mode mode, const int64_t *blocks)
{
    oracle_op o = {.type = t, .shape = shape, .seed = seed};
    tsr_tile  tile[MAX_TILES];
    size_t    n = el_size(t);
    for (int d = 0; d < shape.rank; ++d)
        n *= (size_t)shape.extent[d];
    memcpy(o.p + 1, blocks, 4 * sizeof *blocks);
    uint8_t  *b = aligned_alloc(64, (n + 64 * MAX_TILES + 64) & ~(size_t)63);
    const int count = tiles_deal(&o, tsr_rank_count(), tsr_rank(), b, tile);
    for (int k = 0; k < count; ++k)
        tile_elements(&o, &tile[k].box, NULL, tile[k].data);
    return tsr_attach_tiles(t, shape, tile, count, mode, NULL, NULL);
}

static inline tsr_partition drawn_boxes(tsr_shape shape, int64_t n, uint64_t seed)
{
    tsr_box box[64];
    rng     r = {seed};
    for (int64_t k = 0; k < n; ++k) {
        box[k].rank = shape.rank;
        for (int d = 0; d < shape.rank; ++d) {
            box[k].low[d] = rng_below(&r, shape.extent[d]);
            box[k].high[d] = box[k].low[d] + rng_below(&r, shape.extent[d] - box[k].low[d] + 1);
        }
    }
    return tsr_partition_boxes(shape, box, n);
}

static inline tsr_partition drawn_projection(tsr_partition from, int64_t n, uint64_t seed)
{
    int64_t table[64];
    for (int64_t k = 0; k < n; ++k)
        table[k] =
            (int64_t)(hash_pair(seed, (uint64_t)k) % (uint64_t)(tsr_partition_points(from) + 1)) -
            1;
    return tsr_partition_project(from, table, n);
}

static inline void local_pieces(tsr_store s)
{
    tsr_piece q[512];
    int       n;
    CHECK(tsr_local_pieces(s, q, 512, &n));
}

static inline void expect_bytes(tsr_store s, const unsigned char *want, size_t n, int line)
{
    uint8_t *got = malloc(n);
    if (tsr_read(s, got, n) != TSR_OK) {
        fprintf(stderr, "line %d, rank %d: %s\n", line, tsr_rank(), tsr_error_text());
        wrong = 1;
    } else if (memcmp(got, want, n) != 0) {
        size_t k = 0;
        while (got[k] == want[k])
            ++k;
        fprintf(stderr, "line %d, rank %d: byte %zu is %02x, want %02x\n", line, tsr_rank(), k,
                got[k], want[k]);
        wrong = 1;
    }
    free(got);
}

#endif
