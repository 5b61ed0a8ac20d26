/* Owner maps against a model that keeps every element of every rank.
 *
 * The model knows of each element its version and which version each rank's copy has; copies are never
 * dropped, so it can only say that a map claims too much.  Random writes, replications, reads and
 * settles over small roots of rank 1 to 3; after each: what a rank lacks comes from ranks that have
 * it, once; what it does not lack it has; both sides derive the same boxes; a rank never asks for what
 * it wrote last; every layer shows. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/alloc.h"
#include "depend/owner.h"

enum { MOST_RANKS = 6, MOST_ELEMENTS = 512, REPLICA = 1 << 30 };

struct model {
    int      n_ranks, rank, n;
    int64_t  extent[3];
    int      version[MOST_ELEMENTS];          /* 0: nobody wrote */
    unsigned writers[MOST_ELEMENTS];          /* of that version: bits; REPLICA: by all */
    int      copy[MOST_RANKS][MOST_ELEMENTS]; /* version each rank has */
    uint64_t random, number;
};

static uint64_t draw(struct model *t, uint64_t below)
{
    uint64_t z = (t->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

static void model_init(struct model *t, uint64_t seed)
{
    *t = (struct model){.random = seed, .n = 1};
    t->n_ranks = 1 + (int)draw(t, MOST_RANKS);
    t->rank = 1 + (int)draw(t, 3);
    for (int d = 0; d < t->rank; ++d) {
        t->extent[d] = 1 + (int64_t)draw(t, t->rank == 1 ? 40 : 8);
        t->n *= (int)t->extent[d];
    }
}

/* Does box `b` hold element e? */
static bool has(const struct model *t, const tsr_box *b, int e)
{
    if (b->rank < 0)
        return false;
    for (int d = t->rank - 1; d >= 0; --d) {
        const int64_t i = e % t->extent[d];
        if (i < b->low[d] || i >= b->high[d])
            return false;
        e /= (int)t->extent[d];
    }
    return true;
}

/* How many of the boxes that move to or from a peer hold element e. */
static int count_moves(const struct model *t, const struct owner_moves *l, int peer, int e)
{
    int n = 0;
    for (int i = 0; i < l->n; ++i)
        n += l->move[i].peer == peer && has(t, &l->move[i].box, e);
    return n;
}

/* ---- random boxes ---- */

static tsr_box draw_box(struct model *t)
{
    tsr_box b = {.rank = t->rank};
    for (int d = 0; d < t->rank; ++d) {
        const int64_t i = (int64_t)draw(t, (uint64_t)t->extent[d] + 1);
        const int64_t j = (int64_t)draw(t, (uint64_t)t->extent[d] + 1);
        b.low[d] = i < j ? i : j;
        b.high[d] = i < j ? j : i;
        if (draw(t, 3) == 0) {
            b.low[d] = 0;
            b.high[d] = t->extent[d];
        }
    }
    return b;
}

/* Cut a random box into blocks of ranks in a random order, some left out. */
static void draw_cut(struct model *t, bool whole, tsr_box *out)
{
    tsr_box all = draw_box(t);
    if (whole)
        all = box_of_shape(t->rank, t->extent);
    for (int r = 0; r < t->n_ranks; ++r)
        out[r] = (tsr_box){.rank = t->rank};
    const int d = (int)draw(t, (uint64_t)t->rank), turn = (int)draw(t, (uint64_t)t->n_ranks);
    int64_t   at = all.low[d];
    for (int k = 0; k < t->n_ranks && at < all.high[d]; ++k) {
        tsr_box *b = &out[(k + turn) % t->n_ranks];
        *b = all;
        b->low[d] = at;
        at += 1 + (int64_t)draw(t, (uint64_t)(all.high[d] - at));
        b->high[d] = k + 1 == t->n_ranks ? all.high[d] : at;
        if (!whole && draw(t, 4) == 0)
            *b = (tsr_box){.rank = t->rank};
        else if (k + 1 == t->n_ranks)
            return;
    }
}

/* An even grid over the root, of one or two dimensions of ranks; boxes grown by `halo`. */
static struct deal *draw_grid(struct model *t, int64_t halo)
{
    struct deal d = {.n_ranks = t->n_ranks, .rank = t->rank, .hull = box_of_shape(t->rank, t->extent)};
    int         along = 1;
    while (t->rank > 1 && along < t->n_ranks && (t->n_ranks % along || draw(t, 2)))
        ++along;
    along = t->n_ranks % along ? 1 : along;
    const int first = (int)draw(t, (uint64_t)t->rank);
    for (int k = 0; k < t->rank; ++k)
        d.side[k] = (struct deal_side){-1, 1, 0, 0};
    for (int k = 0; k < (t->rank > 1 ? 2 : 1); ++k) {
        const int e = (first + k) % t->rank;
        d.axis[k] = (struct deal_axis){k == 0 ? t->n_ranks / along : along, k == 0 ? along : 1,
                                       t->extent[e], 1 + (int64_t)draw(t, 2)};
        d.side[e] = (struct deal_side){k, 1, -halo, halo};
        d.n_axes = k + 1;
    }
    return deal_grid(&d);
}

/* ---- what must hold ---- */

static void check_needs(struct model *t, struct owner_map *m, int rank, const tsr_box *need,
                        const struct owner_moves *from)
{
    bool lacks = false;
    for (int e = 0; e < t->n; ++e) {
        int times = 0;
        for (int q = 0; q < t->n_ranks; ++q) {
            const int c = count_moves(t, from, q, e);
            times += c;
            cr_assert(c == 0 || (q != rank && t->copy[q][e] == t->version[e]),
                      "rank %d does not have what it is to send", q);
        }
        lacks |= times > 0;
        cr_assert(times == 0 || (times == 1 && t->version[e] > 0 && has(t, need, e)));
        cr_assert(times == 0 || !(t->writers[e] >> rank & 1), "asks for what it wrote");
        if (times == 0 && has(t, need, e))
            cr_assert_eq(t->copy[rank][e], t->version[e], "rank %d does not have what the map says",
                         rank);
    }
    cr_assert_eq(owner_map_holds(m, rank, need), !lacks);
}

static void check_sends(struct model *t, struct owner_map *m, const struct deal *need,
                        struct owner_moves *from)
{
    for (int r = 0; r < t->n_ranks; ++r) {
        struct owner_moves to = {0};
        int                at[MOST_RANKS] = {0};
        cr_assert(owner_map_sends(m, r, need, &to));
        for (int i = 0; i < to.n; ++i) { /* the next that its receiver waits for from us */
            const struct owner_moves *theirs = &from[to.move[i].peer];
            int                      *k = &at[to.move[i].peer];
            while (*k < theirs->n && theirs->move[*k].peer != r)
                ++*k;
            cr_assert(*k < theirs->n, "rank %d sends what %d does not wait for", r, to.move[i].peer);
            cr_assert(box_equal(&to.move[i].box, &theirs->move[*k].box));
            cr_assert(i == 0 || to.move[i - 1].peer <= to.move[i].peer);
            ++*k;
        }
        for (int p = 0; p < t->n_ranks; ++p)
            for (; at[p] < from[p].n; ++at[p])
                cr_assert_neq(from[p].move[at[p]].peer, r, "rank %d waits for what %d does not send", p, r);
        owner_moves_done(&to);
    }
}

/* Every rank reads its box of `need`: check both sides, and move. */
static void read_all(struct model *t, struct owner_map *m, const struct deal *need)
{
    struct owner_moves from[MOST_RANKS] = {0};
    for (int p = 0; p < t->n_ranks; ++p) {
        const tsr_box b = deal_box(need, p);
        cr_assert(owner_map_needs(m, p, &b, &from[p]));
        check_needs(t, m, p, &b, &from[p]);
    }
    check_sends(t, m, need, from);
    for (int p = 0; p < t->n_ranks; ++p) {
        for (int i = 0; i < from[p].n; ++i)
            for (int e = 0; e < t->n; ++e)
                if (has(t, &from[p].move[i].box, e))
                    t->copy[p][e] = t->version[e];
        owner_moves_done(&from[p]);
    }
}

/* Every layer has an element that no newer one has. */
static void check_layers(const struct model *t, const struct owner_map *m)
{
    static bool seen[MOST_ELEMENTS];
    memset(seen, 0, sizeof seen);
    cr_assert_leq(m->n_layers, OWNER_SETTLE_LAYERS);
    for (int i = 0; i < m->n_layers; ++i) {
        const struct owner_layer *l = m->layer[i];
        bool                      shows = false;
        for (int r = 0; r < (l->kind == OWNER_REPLICATED ? 1 : t->n_ranks); ++r)
            for (int e = 0; e < t->n; ++e)
                if (has(t, &(tsr_box[]){deal_box(l->ranks, r)}[0], e)) {
                    shows |= !seen[e];
                    seen[e] = true;
                }
        cr_assert(shows, "layer %d of %d shows nothing", i, m->n_layers);
    }
    for (int e = 0; e < t->n; ++e)
        cr_assert_eq(seen[e], t->version[e] > 0);
}

/* ---- steps ---- */

static void write_ranks(struct model *t, struct owner_map *m, struct deal *ranks)
{
    bool    in_place = true;
    tsr_box boxes[MOST_RANKS];
    for (int r = 0; r < t->n_ranks; ++r)
        boxes[r] = deal_box(ranks, r);
    for (int e = 0; e < t->n; ++e)
        for (int r = 0; r < t->n_ranks; ++r)
            if (has(t, &boxes[r], e)) {
                in_place &= t->writers[e] == 1u << r;
                t->writers[e] = 1u << r;
                t->copy[r][e] = ++t->version[e];
            }
    const uint64_t before = m->n_in_place;
    cr_assert(owner_boxes_disjoint(ranks));
    cr_assert(owner_map_write(m, t->number, ranks));
    cr_assert_eq(m->n_in_place - before, in_place ? 1 : 0);
}

static void write_replicated(struct model *t, struct owner_map *m)
{
    const tsr_box b = draw_box(t);
    for (int e = 0; e < t->n; ++e) {
        if (!has(t, &b, e))
            continue;
        ++t->version[e];
        t->writers[e] = REPLICA | ((1u << t->n_ranks) - 1);
        for (int r = 0; r < t->n_ranks; ++r)
            t->copy[r][e] = t->version[e];
    }
    cr_assert(owner_map_replicate(m, t->number, &b));
    cr_assert(owner_map_all_hold(m, &b));
}

static void read_some(struct model *t, struct owner_map *m)
{
    tsr_box need[MOST_RANKS];
    for (int r = 0; r < t->n_ranks; ++r)
        need[r] = draw(t, 4) == 0 ? (tsr_box){.rank = t->rank} : draw_box(t);
    struct deal *asked = deal_list(t->n_ranks, t->rank, need);
    read_all(t, m, asked);
    cr_assert(owner_map_fetched(m, t->number, asked));
    deal_release(asked);
    for (int r = 0; r < t->n_ranks; ++r)
        cr_assert(owner_map_holds(m, r, &need[r]), "what was fetched is held");
}

static void settle(struct model *t, struct owner_map *m)
{
    struct deal *to = deal_keep(owner_map_home(m));
    tsr_box      home[MOST_RANKS];
    for (int r = 0; r < t->n_ranks; ++r)
        home[r] = deal_box(to, r);
    read_all(t, m, to);
    cr_assert(owner_map_settle(m, t->number, to));
    deal_release(to);
    cr_assert_eq(m->n_layers, 1);
    for (int e = 0; e < t->n; ++e) {
        unsigned owners = 0;
        for (int r = 0; r < t->n_ranks; ++r)
            owners |= (unsigned)has(t, &home[r], e) << r;
        cr_assert_eq(__builtin_popcount(owners), 1, "home covers the root once");
        t->writers[e] = owners;
        t->version[e] += t->version[e] == 0; /* what nobody wrote is now somebody's */
        for (int r = 0; r < t->n_ranks; ++r)
            if (owners >> r & 1)
                t->copy[r][e] = t->version[e];
    }
}

static void step(struct model *t, struct owner_map *m)
{
    struct deal *ranks = NULL;
    tsr_box      cut[MOST_RANKS];
    t->number += 1 + (draw(t, 20) == 0 ? 200 : 0);
    owner_map_expire(m, t->number);
    if (owner_map_must_settle(m))
        settle(t, m);
    switch (draw(t, 8)) {
    case 0: write_replicated(t, m); break;
    case 1:
    case 2:
    case 3:
        draw_cut(t, draw(t, 3) == 0, cut);
        ranks = draw(t, 2) ? deal_list(t->n_ranks, t->rank, cut) : draw_grid(t, 0);
        write_ranks(t, m, ranks);
        break;
    case 4: /* by who owns it already, mostly */
        ranks = deal_keep(owner_map_home(m));
        write_ranks(t, m, ranks);
        break;
    case 5: /* a halo */
        ranks = draw_grid(t, 1);
        read_all(t, m, ranks);
        cr_assert(owner_map_fetched(m, t->number, ranks));
        break;
    default: read_some(t, m); break;
    }
    deal_release(ranks);
    check_layers(t, m);
}

static void run(uint64_t seed, int steps)
{
    static struct model t;
    model_init(&t, seed);
    struct owner_map *m = owner_map_create(t.n_ranks, t.rank, t.extent);
    cr_assert_not_null(m);
    for (int i = 0; i < steps; ++i)
        step(&t, m);
    struct owner_map *c = owner_map_copy(m);
    cr_assert_eq(owner_map_hash(m), owner_map_hash(c));
    step(&t, m);
    owner_map_destroy(c);
    owner_map_destroy(m);
    cr_assert_eq(base_alloc_live(), 0);
}

Test(owner_model, long_runs, .description = "many steps over a few roots")
{
    for (uint64_t seed = 1; seed <= 40; ++seed)
        run(seed, 300);
}

Test(owner_model, many_roots, .description = "a few steps over many roots")
{
    for (uint64_t seed = 1000; seed < 2500; ++seed)
        run(seed, 20);
}

/* The n-th allocation fails: nothing changed, and the call succeeds when tried again. */
Test(owner_model, no_memory)
{
    for (int64_t n = 0; n < 12; ++n) {
        static struct model t;
        model_init(&t, 77);
        struct owner_map *m = owner_map_create(t.n_ranks, t.rank, t.extent);
        for (uint64_t i = 1; i <= 60; ++i) {
            tsr_box cut[MOST_RANKS];
            draw_cut(&t, false, cut);
            const uint64_t before = owner_map_hash(m);
            if (owner_map_must_settle(m))
                cr_assert(owner_map_settle(m, i, owner_map_home(m)));
            const uint64_t settled = owner_map_hash(m);
            struct deal *ranks = deal_list(t.n_ranks, t.rank, cut);
            base_alloc_fail_after(n);
            const bool ok = i % 3 ? owner_map_write(m, i, ranks) : owner_map_fetched(m, i, ranks);
            base_alloc_fail_after(-1);
            cr_assert(ok || owner_map_hash(m) == settled);
            cr_assert(ok || (i % 3 ? owner_map_write(m, i, ranks) : owner_map_fetched(m, i, ranks)));
            deal_release(ranks);
            (void)before;
        }
        owner_map_destroy(m);
    }
    cr_assert_eq(base_alloc_live(), 0);
}
