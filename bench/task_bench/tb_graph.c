/* tb_graph.c - the tables of dependences.
 *
 * Formulas are those of Task Bench's core. Two differences: random_nearest draws from splitmix64
 * instead of SipHash (another graph of the same law), and `tree` has its full width from the first
 * step, so that every pattern runs width x steps tasks. Made once, outside the timing. */
#include "tb_graph.h"

#include <string.h>

static const char *const pattern_names[] = {
#define X(id, name) [TB_##id] = name,
    TB_PATTERN_MAP(X)
#undef X
};

const char *tb_pattern_name(tb_pattern p)
{
    return pattern_names[p];
}

bool tb_pattern_find(const char *name, tb_pattern *out_pattern)
{
    for (int p = 0; p < TB_N_PATTERNS; ++p)
        if (strcmp(name, pattern_names[p]) == 0) {
            *out_pattern = (tb_pattern)p;
            return true;
        }
    return false;
}

static uint64_t mix(uint64_t z)
{
    z += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* True for a quarter of the pairs. */
static bool is_connected(int radix, int set, int from, int to)
{
    const uint64_t h =
        mix(mix(mix(mix((uint64_t)radix) + (uint64_t)set) + (uint64_t)from) + (uint64_t)to);
    return (double)(h >> 11) * 0x1p-53 < 0.25;
}

static void add(tb_deps *d, int x)
{
    d->x[d->n++] = (int16_t)x;
}

static void add_run(tb_deps *d, int first, int last, int width)
{
    first = first < 0 ? 0 : first;
    last = last >= width ? width - 1 : last;
    for (int x = first; x <= last; ++x)
        add(d, x);
}

static void add_periodic(tb_deps *d, int x, int width)
{
    add_run(d, x - 1, x + 1, width);
    if (x - 1 < 0)
        add(d, width - 1);
    if (x + 1 >= width)
        add(d, 0);
}

static void add_butterfly(tb_deps *d, int x, int stride, int width)
{
    if (x - stride >= 0)
        add(d, x - stride);
    add(d, x);
    if (x + stride < width)
        add(d, x + stride);
}

static void add_spread(tb_deps *d, int x, int set, const tb_graph *g)
{
    for (int i = 0; i < g->radix; ++i)
        add(d, (x + i * g->width / g->radix + (i > 0 ? set : 0)) % g->width);
}

static void add_random(tb_deps *d, int x, int set, const tb_graph *g)
{
    for (int from = x - g->radix / 2; from <= x + (g->radix - 1) / 2; ++from)
        if (from >= 0 && from < g->width && (from == x || is_connected(g->radix, set, from, x)))
            add(d, from);
}

static void fill_deps(tb_graph *g, int set, int x)
{
    tb_deps  *d = &g->deps[set][x];
    const int width = g->width;

    switch (g->pattern) {
    case TB_TRIVIAL: break;
    case TB_NO_COMM: add(d, x); break;
    case TB_STENCIL_1D: add_run(d, x - 1, x + 1, width); break;
    case TB_STENCIL_1D_PERIODIC: add_periodic(d, x, width); break;
    case TB_FFT: add_butterfly(d, x, 1 << set, width); break;
    case TB_TREE: add(d, x / 2); break;
    case TB_NEAREST: add_run(d, x - g->radix / 2, x + (g->radix - 1) / 2, width); break;
    case TB_SPREAD: add_spread(d, x, set, g); break;
    case TB_RANDOM_NEAREST: add_random(d, x, set, g); break;
    case TB_N_PATTERNS: break;
    }
}

static int ceil_log2(int n)
{
    int d = 0;
    while ((1 << d) < n)
        ++d;
    return d;
}

static int count_sets(const tb_graph *g, int period)
{
    switch (g->pattern) {
    case TB_FFT: return ceil_log2(g->width);
    case TB_SPREAD:
    case TB_RANDOM_NEAREST: return period;
    default: return 1;
    }
}

static bool is_run(const tb_deps *d)
{
    for (int i = 1; i < d->n; ++i)
        if (d->x[i] != d->x[i - 1] + 1)
            return false;
    return true;
}

bool tb_graph_init(tb_graph *g, tb_pattern p, int width, int steps, int radix, int period)
{
    if (width < 3 || width > TB_MAX_WIDTH || steps < 1 || radix < 1 || radix > TB_MAX_DEPS ||
        radix > width || period < 1 || period > TB_MAX_SETS)
        return false;
    memset(g, 0, sizeof *g);
    g->pattern = p;
    g->width = width;
    g->steps = steps;
    g->radix = radix;
    g->n_sets = count_sets(g, period);
    g->is_interval = true;
    for (int set = 0; set < g->n_sets; ++set)
        for (int x = 0; x < width; ++x) {
            const tb_deps *d = &g->deps[set][x];
            fill_deps(g, set, x);
            g->max_deps = d->n > g->max_deps ? d->n : g->max_deps;
            g->is_interval = g->is_interval && is_run(d);
        }
    /* A spread whose sets overlap would list a point twice. */
    return p != TB_SPREAD || period <= (width + radix - 1) / radix;
}
