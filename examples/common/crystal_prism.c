/* crystal_prism.c - a hexagonal prism, in two independent ways: as a sum of exact Fourier
 * transforms, and as what lies between four pairs of facets.
 *
 * A regular hexagon with corners v0 ... v5 is three rhombi, one with the edges v0 and v2, one with
 * v2 and v4, one with v4 and v0. A parallelogram with edges a, b around its centre m transforms to
 * |a x b| sinc(q.a) sinc(q.b) exp(2 pi i q.m), sinc(x) = sin(pi x) / (pi x); the hexagon is its own
 * mirror image, so that the imaginary parts cancel. O(1): seven sines and cosines. */
#include <math.h>

#include "crystal_prism.h"

#define SIN_60 0.86602540378443864676

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double sinc(double x)
{
    const double a = M_PI * x;
    return fabs(a) < 1e-8 ? 1 : sin(a) / a;
}

/* Components of a (frame, row, column) vector along the prism's own axes. */
static void to_prism(const crystal *c, const double v[3], double out[3])
{
    for (int i = 0; i < 3; ++i)
        out[i] = c->axis[3 * i] * v[0] + c->axis[3 * i + 1] * v[1] + c->axis[3 * i + 2] * v[2];
}

double crystal_prism_intensity(const crystal *c, const double offset[3])
{
    /* corners v0, v2, v4 of a hexagon of edge 1: at 0, 120 and 240 degrees */
    static const double corner[3][2] = {{1, 0}, {-0.5, SIN_60}, {-0.5, -SIN_60}};
    double              q[3], along[3], amplitude = 0;
    to_prism(c, offset, q);
    for (int k = 0; k < 3; ++k)
        along[k] = c->edge * (q[0] * corner[k][0] + q[1] * corner[k][1]);
    for (int k = 0; k < 3; ++k) {
        const double a = along[k], b = along[(k + 1) % 3];
        amplitude += sinc(a) * sinc(b) * cos(M_PI * (a + b)) / 3;
    }
    amplitude *= sinc(q[2] * c->height);
    return amplitude * amplitude;
}

double crystal_prism_volume(const crystal *c)
{
    return 3 * SIN_60 * c->edge * c->edge * c->height;
}

double crystal_prism_column(const crystal *c, double row, double column)
{
    /* the facets' normals: at 30, 90 and 150 degrees in the hexagon's plane, and its axis */
    static const double normal[4][3] = {{SIN_60, 0.5, 0}, {0, 1, 0}, {-SIN_60, 0.5, 0}, {0, 0, 1}};
    const double        middle[3] = {0, row, column}, direction[3] = {1, 0, 0};
    double              at[3], step[3], low = -INFINITY, high = INFINITY;
    to_prism(c, middle, at);
    to_prism(c, direction, step);
    for (int k = 0; k < 4; ++k) {
        const double reach = k < 3 ? c->edge * SIN_60 : c->height / 2;
        const double here = dot(normal[k], at), rate = dot(normal[k], step);
        if (fabs(rate) < 1e-12 && fabs(here) > reach)
            return 0;
        if (fabs(rate) >= 1e-12) {
            const double one = (-reach - here) / rate, other = (reach - here) / rate;
            low = fmax(low, fmin(one, other));
            high = fmin(high, fmax(one, other));
        }
    }
    return fmax(0, high - low);
}

double crystal_prism_reach(const crystal *c)
{
    return hypot(c->edge, c->height / 2);
}
