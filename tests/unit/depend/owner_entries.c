/* Owner maps, rule by rule: when layers come and go, how long a fetched entry lives, what is home. */
#include <criterion/criterion.h>

#include "depend/owner.h"

static tsr_box row(int64_t low, int64_t high)
{
    return (tsr_box){.rank = 1, .low = {low}, .high = {high}};
}

/* A root of 100 elements written by two ranks in halves. */
static struct owner_map *two_halves(void)
{
    struct owner_map *m = owner_map_create(2, 1, (int64_t[]){100});
    owner_map_write(m, 1, (tsr_box[]){row(0, 50), row(50, 100)});
    return m;
}

static void fetch(struct owner_map *m, uint64_t number, int64_t halo)
{
    cr_assert(owner_map_fetched(m, number, (tsr_box[]){row(0, 50 + halo), row(50 - halo, 100)}));
}

Test(owner_entries, writes_by_owners_add_no_layer)
{
    struct owner_map *m = two_halves();
    owner_map_write(m, 2, (tsr_box[]){row(3, 10), row(70, 80)});
    owner_map_write(m, 3, (tsr_box[]){owner_box_none(), row(50, 51)});
    cr_assert_eq(m->n_layers, 1);
    owner_map_write(m, 4, (tsr_box[]){row(0, 51), owner_box_none()});
    cr_assert_eq(m->n_layers, 2);
    owner_map_write(m, 5, (tsr_box[]){row(0, 50), row(50, 100)});
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
    owner_map_write(m, 4, (tsr_box[]){row(10, 20), owner_box_none()});
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
    owner_map_fetched(m, 2, (tsr_box[]){first, owner_box_none()});
    for (int64_t i = 0; i < 3; ++i)
        owner_map_fetched(m, 3 + (uint64_t)i, (tsr_box[]){row(60 + i, 61 + i), owner_box_none()});
    cr_assert(owner_map_holds(m, 0, &first));
    owner_map_fetched(m, 6, (tsr_box[]){first, owner_box_none()}); /* used again: now the newest */
    owner_map_fetched(m, 7, (tsr_box[]){row(70, 71), owner_box_none()});
    cr_assert(owner_map_holds(m, 0, &first));
    cr_assert_not(owner_map_holds(m, 0, &(tsr_box){.rank = 1, .low = {60}, .high = {61}}));
    for (int64_t i = 0; i < 4; ++i)
        owner_map_fetched(m, 8 + (uint64_t)i, (tsr_box[]){row(80 + i, 81 + i), owner_box_none()});
    cr_assert_not(owner_map_holds(m, 0, &first));
    cr_assert_eq(m->n_fetched, OWNER_MAX_FETCHED);
    owner_map_destroy(m);
}

Test(owner_entries, ends_when_a_write_meets_it)
{
    struct owner_map *m = two_halves();
    owner_map_fetched(m, 2, (tsr_box[]){row(50, 51), owner_box_none()});
    owner_map_write(m, 3, (tsr_box[]){row(0, 50), row(51, 100)});
    cr_assert_eq(m->n_fetched, 1, "a write beside it leaves it");
    owner_map_write(m, 4, (tsr_box[]){owner_box_none(), row(50, 52)});
    cr_assert_eq(m->n_fetched, 0);
    cr_assert_not(owner_map_holds(m, 0, &(tsr_box){.rank = 1, .low = {50}, .high = {51}}));
    owner_map_destroy(m);
}

Test(owner_entries, settles_at_eight_layers)
{
    struct owner_map *m = two_halves();
    for (int64_t i = 0; i < 7; ++i) {
        cr_assert_not(owner_map_must_settle(m));
        owner_map_write(m, 2 + (uint64_t)i,
                        (tsr_box[]){row(60 + 2 * i, 61 + 2 * i), owner_box_none()});
    }
    cr_assert(owner_map_must_settle(m));
    cr_assert_eq(owner_map_home(m)[0].high[0], 50);
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
        cr_assert(owner_map_write(m, 1, (tsr_box[]){row(2 * t, 2 * t + 1), row(2 * t + 1, 2 * t + 2)}));
    cr_assert_eq(m->n_layers, TILES);
    for (int t = 0; t < TILES; ++t) {
        const tsr_box mine = row(2 * t, 2 * t + 1);
        cr_assert(owner_map_holds(m, 0, &mine) && !owner_map_holds(m, 1, &mine));
    }
    struct owner_map *copy = owner_map_copy(m);
    cr_assert_eq(owner_map_hash(copy), owner_map_hash(m));
    cr_assert(owner_map_must_settle(m));
    cr_assert(owner_map_settle(m, 2, (tsr_box[]){row(0, TILES), row(TILES, 2 * TILES)}));
    cr_assert_eq(m->n_layers, 1);
    owner_map_destroy(copy);
    owner_map_destroy(m);
}

Test(owner_entries, home_is_the_last_whole_cut_of_as_many_ranks)
{
    struct owner_map *m = owner_map_create(2, 2, (int64_t[]){4, 10});
    cr_assert_eq(owner_map_home(m)[1].low[1], 5, "blocks of the longest dimension");
    const tsr_box whole = {.rank = 2, .high = {4, 10}};
    tsr_box       rows[2] = {whole, whole};
    rows[0].high[0] = rows[1].low[0] = 3;
    owner_map_write(m, 1, rows);
    cr_assert_eq(owner_map_home(m)[1].low[0], 3);
    owner_map_write(m, 2, (tsr_box[]){owner_box_none(), whole});
    cr_assert_eq(owner_map_home(m)[1].low[0], 3, "one rank alone is no home");
    owner_map_destroy(m);
}

Test(owner_entries, a_single_element)
{
    struct owner_map *m = owner_map_create(3, 0, NULL);
    const tsr_box     element = {.rank = 0}, none = owner_box_none();
    struct box_list   from[3] = {0};
    cr_assert(owner_map_write(m, 1, (tsr_box[]){none, element, none}));
    cr_assert(owner_map_needs(m, 2, &element, from));
    cr_assert(from[1].n == 1 && from[0].n == 0 && from[2].n == 0 && from[1].box[0].rank == 0);
    cr_assert(owner_map_holds(m, 0, &none));
    cr_assert(owner_map_fetched(m, 2, (tsr_box[]){element, none, element}));
    cr_assert(owner_map_all_hold(m, &element));
    tsr_box hull;
    cr_assert(owner_map_hull(m, 0, &hull) && hull.rank == 0);
    owner_map_replicate(m, 3, &element);
    cr_assert(m->n_layers == 1 && m->n_fetched == 0);
    box_list_done(&from[1]);
    owner_map_destroy(m);
}

Test(owner_entries, hashes_know_boxes_and_not_numbers)
{
    struct owner_map *a = two_halves(), *b = owner_map_create(2, 1, (int64_t[]){100});
    cr_assert_neq(owner_map_hash(a), owner_map_hash(b));
    owner_map_write(b, 77, (tsr_box[]){row(0, 50), row(50, 100)});
    cr_assert_eq(owner_map_hash(a), owner_map_hash(b));
    fetch(b, 80, 1);
    cr_assert_neq(owner_map_hash(a), owner_map_hash(b));
    owner_map_destroy(a);
    owner_map_destroy(b);
}
