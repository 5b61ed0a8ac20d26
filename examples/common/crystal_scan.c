/* crystal_scan.c - the task that simulates a scan: expected counts of each voxel, then a draw.
 *
 * The draw is a function of the seed and the voxel's index, hence of nothing that depends on cuts
 * or order. O(voxels); about 0.2 us each. Threads: bodies run on any worker. */
#include <math.h>
#include <string.h>

#include "crystal_prism.h"

enum { FRAMES, CRYSTAL };

/* Above this many expected counts a normal distribution is as good. */
static const double MANY = 60;

/* The rotation by three angles, about frame, row and column axis in turn. */
static void rotate(double about_frame, double about_row, double about_column, double out[9])
{
    const double a = cos(about_frame), b = sin(about_frame), c = cos(about_row), d = sin(about_row);
    const double e = cos(about_column), f = sin(about_column);
    const double r[9] = {c * e,
                         -c * f,
                         d,
                         a * f + b * d * e,
                         a * e - b * d * f,
                         -b * c,
                         b * f - a * d * e,
                         b * e + a * d * f,
                         a * c};
    for (int i = 0; i < 9; ++i)
        out[i] = r[i];
}

crystal crystal_default(void)
{
    crystal c = {
        .frames = 101,
        .rows = 128,
        .columns = 128,
        .centre = {47, 61, 66},
        .edge = 0.075,
        .height = 0.11,
        .peak_counts = 80000,
        .seed = 54,
    };
    rotate(0.35, 0.5, 0.2, c.axis);
    return c;
}

/* Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 17. */
static uint64_t mix64(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The n-th number of a voxel, in (0, 1). */
static double uniform(uint64_t seed, uint64_t voxel, uint64_t n)
{
    const uint64_t bits = mix64(mix64(seed + UINT64_C(0x9e3779b97f4a7c15) * (2 * voxel + n + 1)));
    return ((double)(bits >> 11) + 0.5) * 0x1p-53;
}

/* Knuth, The Art of Computer Programming 2, 3.4.1: by inversion for few, by the normal for many. */
static int64_t draw(double expected, uint64_t seed, uint64_t voxel)
{
    const double u = uniform(seed, voxel, 0);
    if (expected > MANY) {
        const double z = sqrt(-2 * log(u)) * cos(2 * M_PI * uniform(seed, voxel, 1));
        return (int64_t)fmax(0, floor(expected + sqrt(expected) * z + 0.5));
    }
    double  p = exp(-expected), below = p;
    int64_t n = 0;
    while (u > below && n < 1000) {
        p *= expected / (double)++n;
        below += p;
    }
    return n;
}

static tsr_status simulate_body(const tsr_task_context *t)
{
    tsr_out_i64_3d frames = tsr_out_i64_3d_of(t, FRAMES);
    crystal        c; /* a copy: opaque bytes have no alignment */
    memcpy(&c, tsr_raw_window_of(t, CRYSTAL).origin, sizeof c);
    TSR_FOR_3D(n, y, x, frames.box) {
        const double offset[3] = {(double)n - c.centre[0], (double)y - c.centre[1],
                                  (double)x - c.centre[2]};
        const double expected = c.peak_counts * crystal_prism_intensity(&c, offset);
        tsr_at(frames, n, y, x) =
            draw(expected, c.seed, (uint64_t)((n * c.rows + y) * c.columns + x));
    }
    return TSR_OK;
}

static const tsr_task_desc simulate = {
    .name = "crystal.simulate",
    .args = {[FRAMES] = {TSR_WRITE, TSR_I64, .rank = 3, .name = "frames"},
             [CRYSTAL] = {TSR_SCALAR, TSR_BINARY(sizeof(crystal)), .name = "crystal"}},
    .variants = {[TSR_CPU] = {.body = simulate_body}},
    .pure = true,
    .work = 400,
};

tsr_status crystal_simulate(const crystal *c, tsr_store frames)
{
    TSR_TRY(tsr_issue(&simulate, [FRAMES] = tsr_arg_of(frames),
                      [CRYSTAL] = tsr_arg_data(TSR_BINARY(sizeof *c), c)));
    return TSR_OK;
}
