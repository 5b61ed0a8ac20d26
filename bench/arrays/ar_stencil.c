/* ar_stencil.c - programs that read neighbours through shifted views of one array. */
#include "ar_list.h"

#define INNER  "1:-1, 1:-1"
#define NORTH  ":-2, 1:-1"
#define SOUTH  "2:, 1:-1"
#define WEST   "1:-1, :-2"
#define EAST   "1:-1, 2:"

static nd_array add4(nd_array a, nd_array b, nd_array c, nd_array d)
{
    return nd_add(nd_add(nd_add(a, b), c), d);
}

static nd_array neighbours(nd_array a)
{
    return add4(nd_view(a, NORTH), nd_view(a, SOUTH), nd_view(a, WEST), nd_view(a, EAST));
}

static void swap(nd_array *a, nd_array *b)
{
    const nd_array c = *a;
    *a = *b;
    *b = c;
}

/* ---- jacobi: two buffers, swapped ---- */

enum { JACOBI_SWEEPS = 20 };

static void jacobi_setup(ar_state *s, int64_t n)
{
    s->a[0] = ar_noise(ND_SHAPE(n, n), 0.25);
}

static void jacobi(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    nd_array now = nd_copy(s->a[0]), next = nd_copy(s->a[0]);
    for (int i = 0; i < JACOBI_SWEEPS; ++i) {
        ND_SCOPE();
        nd_assign(nd_view(next, INNER), nd_mul(0.25, neighbours(now)));
        swap(&now, &next);
    }
    out[0] = nd_keep(now);
}

const ar_program ar_jacobi = {
    "jacobi", "20 sweeps over a plate", AR_STENCIL, 2048, 50, jacobi_setup, jacobi,
};

/* ---- stencil_3d: heat in a block, 7 points ---- */

enum { HEAT_STEPS = 10 };

static void heat_setup(ar_state *s, int64_t n)
{
    s->a[0] = ar_noise(ND_SHAPE(n, n, n), 0.75);
}

static void heat(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    nd_array now = nd_copy(s->a[0]), next = nd_copy(s->a[0]);
    for (int i = 0; i < HEAT_STEPS; ++i) {
        ND_SCOPE();
        const nd_array middle = nd_view(now, "1:-1, 1:-1, 1:-1");
        const nd_array around =
            nd_add(nd_add(add4(nd_view(now, ":-2, 1:-1, 1:-1"), nd_view(now, "2:, 1:-1, 1:-1"),
                               nd_view(now, "1:-1, :-2, 1:-1"), nd_view(now, "1:-1, 2:, 1:-1")),
                          nd_view(now, "1:-1, 1:-1, :-2")),
                   nd_view(now, "1:-1, 1:-1, 2:"));
        nd_assign(nd_view(next, "1:-1, 1:-1, 1:-1"),
                  nd_add(middle, nd_mul(0.1, nd_sub(around, nd_mul(6.0, middle)))));
        swap(&now, &next);
    }
    out[0] = nd_keep(now);
}

const ar_program ar_stencil_3d = {
    "stencil_3d", "10 steps of heat in a block", AR_STENCIL, 192, 16, heat_setup, heat,
};

/* ---- gray_scott: two substances that react ---- */

enum { GRAY_SCOTT_STEPS = 20 };
static const double gs_du = 0.16, gs_dv = 0.08, gs_feed = 0.035, gs_kill = 0.065;

static void gray_scott_setup(ar_state *s, int64_t n)
{
    s->a[0] = nd_add(0.5, nd_mul(0.5, ar_noise(ND_SHAPE(n, n), 0.0)));
    s->a[1] = nd_mul(0.25, ar_noise(ND_SHAPE(n, n), 0.5));
}

static void gray_scott(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    nd_array u[2] = {nd_copy(s->a[0]), nd_copy(s->a[0])}, v[2] = {nd_copy(s->a[1]), nd_copy(s->a[1])};
    for (int i = 0; i < GRAY_SCOTT_STEPS; ++i) {
        ND_SCOPE();
        const nd_array a = u[i % 2], b = v[i % 2];
        const nd_array um = nd_view(a, INNER), vm = nd_view(b, INNER);
        const nd_array lu = nd_sub(neighbours(a), nd_mul(4.0, um));
        const nd_array lv = nd_sub(neighbours(b), nd_mul(4.0, vm));
        const nd_array uvv = nd_mul(nd_mul(um, vm), vm);
        const nd_array feed = nd_mul(gs_feed, nd_sub(1.0, um));
        nd_assign(nd_view(u[1 - i % 2], INNER),
                  nd_add(nd_sub(nd_add(um, nd_mul(gs_du, lu)), uvv), feed));
        nd_assign(nd_view(v[1 - i % 2], INNER),
                  nd_sub(nd_add(nd_add(vm, nd_mul(gs_dv, lv)), uvv), nd_mul(gs_feed + gs_kill, vm)));
    }
    out[0] = nd_keep(u[GRAY_SCOTT_STEPS % 2]);
    out[1] = nd_keep(v[GRAY_SCOTT_STEPS % 2]);
}

const ar_program ar_gray_scott = {
    "gray_scott", "20 steps of reaction and diffusion", AR_STENCIL, 1024, 40, gray_scott_setup, gray_scott,
};

/* ---- cavity: a fluid under a moving lid (Barba, Forsyth: CFD Python, step 11) ---- */

enum { CAVITY_STEPS = 5, CAVITY_PRESSURE_STEPS = 20 };
static const double cavity_dt = 0.0001, cavity_rho = 1.0, cavity_nu = 0.1;

static nd_array difference(nd_array a, const char *plus, const char *minus, double by)
{
    return nd_mul(by, nd_sub(nd_view(a, plus), nd_view(a, minus)));
}

static void cavity_setup(ar_state *s, int64_t n)
{
    s->a[0] = nd_mul(0.1, ar_noise(ND_SHAPE(n, n), 0.1));
    s->a[1] = nd_mul(0.1, ar_noise(ND_SHAPE(n, n), 0.2));
    s->a[2] = nd_mul(0.1, ar_noise(ND_SHAPE(n, n), 0.3));
    s->n = n;
}

/* The source of the pressure's equation. */
static nd_array cavity_source(nd_array u, nd_array v, double h)
{
    const double   half = 1 / (2 * h);
    const nd_array ux = difference(u, EAST, WEST, half), vy = difference(v, SOUTH, NORTH, half);
    const nd_array uy = difference(u, SOUTH, NORTH, half), vx = difference(v, EAST, WEST, half);
    const nd_array b = nd_sub(nd_sub(nd_sub(nd_mul(1 / cavity_dt, nd_add(ux, vy)), nd_mul(ux, ux)),
                                     nd_mul(2.0, nd_mul(uy, vx))),
                              nd_mul(vy, vy));
    return nd_mul(cavity_rho * h * h / 4, b);
}

static void cavity_pressure(nd_array p[2], nd_array source)
{
    for (int i = 0; i < CAVITY_PRESSURE_STEPS; ++i) {
        ND_SCOPE();
        const nd_array now = p[i % 2], next = p[1 - i % 2];
        nd_assign(nd_view(next, INNER), nd_sub(nd_mul(0.25, neighbours(now)), source));
        nd_assign(nd_view(next, ":, -1"), nd_view(next, ":, -2"));
        nd_assign(nd_view(next, "0, :"), nd_view(next, "1, :"));
        nd_assign(nd_view(next, ":, 0"), nd_view(next, ":, 1"));
        nd_assign(nd_view(next, "-1, :"), 0.0);
    }
}

/* One component a step on: carried along, pushed by the pressure, smoothed. */
static nd_array cavity_move(nd_array a, nd_array u, nd_array v, nd_array pressure, double h)
{
    const double   c = cavity_dt / h, d = cavity_nu * cavity_dt / (h * h);
    const nd_array m = nd_view(a, INNER);
    const nd_array along =
        nd_add(nd_mul(nd_mul(c, nd_view(u, INNER)), nd_sub(m, nd_view(a, WEST))),
               nd_mul(nd_mul(c, nd_view(v, INNER)), nd_sub(m, nd_view(a, NORTH))));
    const nd_array smooth = nd_mul(d, nd_sub(neighbours(a), nd_mul(4.0, m)));
    return nd_add(nd_sub(nd_sub(m, along), pressure), smooth);
}

static void cavity_walls(nd_array u, nd_array v)
{
    static const char *const wall[] = {"0, :", ":, 0", ":, -1", "-1, :"};
    for (int k = 0; k < 4; ++k) {
        nd_assign(nd_view(u, wall[k]), k < 3 ? 0.0 : 1.0);
        nd_assign(nd_view(v, wall[k]), 0.0);
    }
}

static void cavity(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    const double h = 2.0 / (double)(s->n - 1), push = cavity_dt / (2 * cavity_rho * h);
    nd_array     u[2] = {nd_copy(s->a[0]), nd_copy(s->a[0])}, v[2] = {nd_copy(s->a[1]), nd_copy(s->a[1])};
    nd_array     p[2] = {nd_copy(s->a[2]), nd_copy(s->a[2])};
    for (int i = 0; i < CAVITY_STEPS; ++i) {
        ND_SCOPE();
        const nd_array a = u[i % 2], b = v[i % 2], next_u = u[1 - i % 2], next_v = v[1 - i % 2];
        cavity_pressure(p, cavity_source(a, b, h));
        nd_assign(nd_view(next_u, INNER), cavity_move(a, a, b, difference(p[0], EAST, WEST, push), h));
        nd_assign(nd_view(next_v, INNER), cavity_move(b, a, b, difference(p[0], SOUTH, NORTH, push), h));
        cavity_walls(next_u, next_v);
    }
    out[0] = nd_keep(u[CAVITY_STEPS % 2]);
    out[1] = nd_keep(v[CAVITY_STEPS % 2]);
    out[2] = nd_keep(p[0]);
}

const ar_program ar_cavity = {
    "cavity", "5 steps of a fluid under a moving lid", AR_STENCIL, 512, 32, cavity_setup, cavity,
};
