/* Owner maps, rule by rule: when layers come and go, how long a fetched entry lives, what is home. */
#include <criterion/criterion.h>

#include "depend/owner.h"

static tsr_box row(int64_t low, int64_t high)
{
    return (tsr_box){.rank = 1, .low = {low}, .high = {high}};
}

static tsr_box none(void)
{
    return (tsr_box){.rank = -1};
}

/* What a map is told, as lists. */
static bool write_boxes(struct owner_map *m, uint64_t number, const tsr_box *boxes)
{
    struct deal *ranks = deal_list(m->n_ranks, m->whole.rank, boxes);
    const bool   ok = owner_map_write(m, number, ranks);
    deal_release(ranks);
    return ok;
}

static bool fetch_boxes(struct owner_map *m, uint64_t number, const tsr_box *boxes)
{
    struct deal *ranks = deal_list(m->n_ranks, m->whole.rank, boxes);
    const bool   ok = owner_map_fetched(m, number, ranks);
    deal_release(ranks);
    return ok;
}

static tsr_box home_of(const struct owner_map *m, int r)
{
    return deal_box(owner_map_home(m), r);
}

/* A root of 100 elements written by two ranks in halves. */
static struct owner_map *two_halves(void)
{
    struct owner_map *m = owner_map_create(2, 1, (int64_t[]){100});
    write_boxes(m, 1, (tsr_box[]){row(0, 50), row(50, 100)});
    return m;
}

static void fetch(struct owner_map *m, uint64_t number, int64_t halo)
{
    cr_assert(fetch_boxes(m, number, (tsr_box[]){row(0, 50 + halo), row(50 - halo, 100)}));
}

Test(owner_entries, writes_by_owners_add_no_layer)
{
    struct owner_map *m = two_halves();
    write_boxes(m, 2, (tsr_box[]){row(3, 10), row(70, 80)});
    write_boxes(m, 3, (tsr_box[]){none(), row(50, 51)});
    cr_assert_eq(m->n_layers, 1);
    write_boxes(m, 4, (tsr_box[]){row(0, 51), none()});
    cr_assert_eq(m->n_layers, 2);
    write_boxes(m, 5, (tsr_box[]){row(0, 50), row(50, 100)});
    cr_assert_eq(m->n_layers, 1, "the new layer covers both");
    owner_map_destroy(m);
}

Test(owner_entries, a_replica_is_in_place_only_over_replicas)
{
    struct owner_map *m = two_halves();
    const tsr_box     all = row(0, 100), some = row(10, 20);
    owner_map_replicate(m, 2, &some);
    cr_assert_eq(m->n_layers, 2);
    owner_map_replicate(m, 3, &(tsr_box){.rank = 1, .low = {12}, .high = {15}});
    cr_assert_eq(m->n_layers, 2);
    cr_assert(owner_map_all_hold(m, &some));
    cr_assert_not(owner_map_all_hold(m, &all));
    write_boxes(m, 4, (tsr_box[]){row(10, 20), none()});
    cr_assert_eq(m->n_layers, 2, "the replica is covered");
    cr_assert_not(owner_map_holds(m, 1, &some));
    owner_map_replicate(m, 5, &all);
    cr_assert_eq(m->n_layers, 1);
    owner_map_destroy(m);
}

Test(owner_entries, equal_reads_renew)
{
    struct owner_map *m = two_halves();
    for (uint64_t i = 2; i < 1000; ++i) {
        owner_map_expire(m, i);
        fetch(m, i, 1 + (int64_t)(i % 2)); /* the narrower is within the wider */
    }
    cr_assert_eq(m->n_fetched, 1);
    cr_assert_eq(m->n_fetches, 2, "the wider one took the place of the narrower");
    owner_map_destroy(m);
}

Test(owner_entries, what_layers_give_makes_none)
{
    struct owner_map *m = two_halves();
    fetch(m, 2, 0);
    fetch(m, 3, -10);
    cr_assert_eq(m->n_fetched, 0);
    owner_map_destroy(m);
}

Test(owner_entries, ends_256_operations_after_its_last_use)
{
    struct owner_map *m = two_halves();
    fetch(m, 10, 1);
    fetch(m, 20, 1);
    cr_assert_not(owner_map_expire(m, 20 + OWNER_FETCHED_LIFE));
    cr_assert(owner_map_expire(m, 21 + OWNER_FETCHED_LIFE));
    cr_assert_eq(m->n_fetched, 0);
    owner_map_destroy(m);
}

Test(owner_entries, ends_with_four_newer_ones)
{
    struct owner_map *m = two_halves();
    const tsr_box     first = row(90, 91);
    fetch_boxes(m, 2, (tsr_box[]){first, none()});
    for (int64_t i = 0; i < 3; ++i)
        fetch_boxes(m, 3 + (uint64_t)i, (tsr_box[]){row(60 + i, 61 + i), none()});
    cr_assert(owner_map_holds(m, 0, &first));
    fetch_boxes(m, 6, (tsr_box[]){first, none()}); /* used again: now the newest */
    fetch_boxes(m, 7, (tsr_box[]){row(70, 71), none()});
    cr_assert(owner_map_holds(m, 0, &first));
    cr_assert_not(owner_map_holds(m, 0, &(tsr_box){.rank = 1, .low = {60}, .high = {61}}));
    for (int64_t i = 0; i < 4; ++i)
        fetch_boxes(m, 8 + (uint64_t)i, (tsr_box[]){row(80 + i, 81 + i), none()});
    cr_assert_not(owner_map_holds(m, 0, &first));
    cr_assert_eq(m->n_fetched, OWNER_MAX_FETCHED);
    owner_map_destroy(m);
}

Test(owner_entries, ends_when_a_write_meets_it)
{
    struct owner_map *m = two_halves();
    fetch_boxes(m, 2, (tsr_box[]){row(50, 51), none()});
    write_boxes(m, 3, (tsr_box[]){row(0, 50), row(51, 100)});
    cr_assert_eq(m->n_fetched, 1, "a write beside it leaves it");
    write_boxes(m, 4, (tsr_box[]){none(), row(50, 52)});
    cr_assert_eq(m->n_fetched, 0);
    cr_assert_not(owner_map_holds(m, 0, &(tsr_box){.rank = 1, .low = {50}, .high = {51}}));
    owner_map_destroy(m);
}

Test(owner_entries, settles_at_eight_layers)
{
    struct owner_map *m = two_halves();
    for (int64_t i = 0; i < 7; ++i) {
        cr_assert_not(owner_map_must_settle(m));
        write_boxes(m, 2 + (uint64_t)i,
                        (tsr_box[]){row(60 + 2 * i, 61 + 2 * i), none()});
    }
    cr_assert(owner_map_must_settle(m));
    cr_assert_eq(home_of(m, 0).high[0], 50);
    cr_assert(owner_map_settle(m, 10, owner_map_home(m)));
    cr_assert_eq(m->n_layers, 1);
    cr_assert_not(owner_map_holds(m, 0, &(tsr_box){.rank = 1, .low = {60}, .high = {61}}));
    owner_map_destroy(m);
}

/* An attach of many tiles makes as many layers as a rank has tiles; the next write settles. */
Test(owner_entries, many_tiles_dealt_out)
{
    enum { TILES = 50 };
    struct owner_map *m = owner_map_create(2, 1, (int64_t[]){2 * TILES});
    for (int t = 0; t < TILES; ++t)
        cr_assert(write_boxes(m, 1, (tsr_box[]){row(2 * t, 2 * t + 1), row(2 * t + 1, 2 * t + 2)}));
    cr_assert_eq(m->n_layers, TILES);
    for (int t = 0; t < TILES; ++t) {
        const tsr_box mine = row(2 * t, 2 * t + 1);
        cr_assert(owner_map_holds(m, 0, &mine) && !owner_map_holds(m, 1, &mine));
    }
    struct owner_map *copy = owner_map_copy(m);
    cr_assert_eq(owner_map_hash(copy), owner_map_hash(m));
    cr_assert(owner_map_must_settle(m));
    struct deal *halves = deal_list(2, 1, (tsr_box[]){row(0, TILES), row(TILES, 2 * TILES)});
    cr_assert(owner_map_settle(m, 2, halves));
    deal_release(halves);
    cr_assert_eq(m->n_layers, 1);
    owner_map_destroy(copy);
    owner_map_destroy(m);
}

Test(owner_entries, home_is_the_last_whole_cut_of_as_many_ranks)
{
    struct owner_map *m = owner_map_create(2, 2, (int64_t[]){4, 10});
    cr_assert_eq(home_of(m, 1).low[1], 5, "blocks of the longest dimension");
    const tsr_box whole = {.rank = 2, .high = {4, 10}};
    tsr_box       rows[2] = {whole, whole};
    rows[0].high[0] = rows[1].low[0] = 3;
    write_boxes(m, 1, rows);
    cr_assert_eq(home_of(m, 1).low[0], 3);
    write_boxes(m, 2, (tsr_box[]){none(), whole});
    cr_assert_eq(home_of(m, 1).low[0], 3, "one rank alone is no home");
    owner_map_destroy(m);
}

Test(owner_entries, a_single_element)
{
    struct owner_map  *m = owner_map_create(3, 1, (int64_t[]){1});
    const tsr_box      element = row(0, 1);
    struct owner_moves from = {0};
    cr_assert(write_boxes(m, 1, (tsr_box[]){none(), element, none()}));
    cr_assert(owner_map_needs(m, 2, &element, &from));
    cr_assert(from.n == 1 && from.move[0].peer == 1 && box_equal(&from.move[0].box, &element));
    cr_assert(fetch_boxes(m, 2, (tsr_box[]){element, none(), element}));
    cr_assert(owner_map_all_hold(m, &element));
    tsr_box hull;
    cr_assert(owner_map_hull(m, 0, &hull) && box_equal(&hull, &element));
    owner_map_replicate(m, 3, &element);
    cr_assert(m->n_layers == 1 && m->n_fetched == 0);
    owner_moves_done(&from);
    owner_map_destroy(m);
}

/* Grids of many ranks: what a stencil asks of a rank's neighbours, found without a list of ranks. */
Test(owner_entries, faces_of_a_grid_of_ranks)
{
    enum { SIDE = 64, RANKS = SIDE * SIDE, PART = 8 };
    struct deal grid = {.n_ranks = RANKS, .rank = 2, .n_axes = 2,
                        .hull = {.rank = 2, .high = {SIDE * PART, SIDE * PART}},
                        .axis = {{SIDE, SIDE, SIDE * PART, 1}, {SIDE, 1, SIDE * PART, 1}},
                        .side = {{0, 1, 0, 0}, {1, 1, 0, 0}}};
    struct deal *own = deal_grid(&grid);
    for (int d = 0; d < 2; ++d)
        grid.side[d] = (struct deal_side){d, 1, -1, 1};
    struct deal       *halo = deal_grid(&grid);
    struct owner_map  *m = owner_map_create(RANKS, 2, grid.hull.high);
    struct owner_moves to = {0}, from = {0};
    const int          me = 20 * SIDE + 30, near[8] = {me - SIDE - 1, me - SIDE, me - SIDE + 1, me - 1,
                                                       me + 1, me + SIDE - 1, me + SIDE, me + SIDE + 1};
    const tsr_box      mine = deal_box(halo, me);
    cr_assert(owner_map_write(m, 1, own));
    cr_assert(owner_map_needs(m, me, &mine, &from) && owner_map_sends(m, me, halo, &to));
    cr_assert(from.n == 8 && to.n == 8);
    for (int i = 0; i < 8; ++i)
        cr_assert(from.move[i].peer == near[i] && to.move[i].peer == near[i]);
    cr_assert(box_volume(&from.move[0].box) == 1 && box_volume(&from.move[1].box) == PART);
    cr_assert(owner_map_fetched(m, 2, halo) && owner_map_holds(m, me, &mine));
    cr_assert(owner_map_write(m, 3, own) && m->n_layers == 1 && m->n_fetched == 0);
    owner_moves_done(&to);
    owner_moves_done(&from);
    owner_map_destroy(m);
    deal_release(own);
    deal_release(halo);
}

Test(owner_entries, hashes_know_boxes_and_not_numbers)
{
    struct owner_map *a = two_halves(), *b = owner_map_create(2, 1, (int64_t[]){100});
    cr_assert_neq(owner_map_hash(a), owner_map_hash(b));
    write_boxes(b, 77, (tsr_box[]){row(0, 50), row(50, 100)});
    cr_assert_eq(owner_map_hash(a), owner_map_hash(b));
    fetch(b, 80, 1);
    cr_assert_neq(owner_map_hash(a), owner_map_hash(b));
    owner_map_destroy(a);
    owner_map_destroy(b);
}
