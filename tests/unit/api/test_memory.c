/* The n-th allocation of a call fails, for n = 0, 1, 2, ... until none does: what comes back is a
 * failure that says so, what was made before is as it was, and nothing is lost. */
#include "api_test.h"
#include "base/alloc.h"

TestSuite(api_memory, .init = api_test_start, .fini = api_test_finish);

/* Try with the n-th allocation failing; all well: true. */
typedef bool attempt(tsr_store s);

static bool views(tsr_store s)
{
    TSR_SCOPE();
    const tsr_store v = tsr_slice(tsr_transpose(s, (int[]){1, 0}), 0, 0, 4, 3);
    const tsr_store w = tsr_delinearize(tsr_promote(v, 0, 7), 0, (int64_t[]){7, 1}, 2);
    return w.id != 0 && tsr_store_shape(w).rank == 4;
}

static bool partitions(tsr_store s)
{
    TSR_SCOPE();
    (void)s;
    const tsr_box       box = {1, {2}, {5}};
    const tsr_partition p = tsr_partition_tiles(TSR_SHAPE(100), (int64_t[]){7});
    const tsr_partition q = tsr_partition_project(p, (int64_t[]){2, 1}, 2);
    return tsr_partition_points(q) == 2 &&
           tsr_partition_points(tsr_partition_boxes(TSR_SHAPE(9), &box, 1)) == 1;
}

static bool many_stores(tsr_store s)
{
    TSR_SCOPE();
    (void)s;
    for (int i = 0; i < 700; ++i) {
        const tsr_store t = tsr_store_create(TSR_F64, TSR_SHAPE(i));
        if (tsr_store_shape(t).rank != 1)
            return false;
    }
    return true;
}

static bool types(tsr_store s)
{
    (void)s;
    return tsr_type_struct("one", ((tsr_field[]){{"value", TSR_F64, 0}}), 1, 8) != TSR_TYPE_ANY;
}

/* Filled, copied, read back. */
static bool contents(tsr_store s)
{
    TSR_SCOPE();
    double          v[20] = {0};
    const tsr_store t = tsr_store_create(TSR_F64, TSR_SHAPE(4, 5));
    if (tsr_write(t, v, sizeof v) != TSR_OK || tsr_copy(t, s) != TSR_OK ||
        tsr_read(t, v, sizeof v) != TSR_OK)
        return false;
    cr_expect(v[0] == 3 && v[19] == 3);
    return true;
}

static void until_success(attempt *try, const char *name)
{
    const tsr_store s = tsr_store_filled(TSR_F64, TSR_SHAPE(4, 5), &(double){3});
    for (int n = 0;; ++n) {
        double v[20];
        tsr_error_clear();
        base_alloc_fail_after(n);
        const bool       is_well = try(s);
        const tsr_status status = tsr_error_status();
        base_alloc_fail_after(-1);
        cr_assert_eq(tsr_read(s, v, sizeof v), TSR_OK, "%s %d: %s", name, n, tsr_error_text());
        cr_assert(v[0] == 3 && v[19] == 3);
        if (is_well)
            break;
        cr_assert_eq(status, TSR_NO_MEMORY, "%s %d: %s", name, n, tsr_error_text());
        cr_assert_lt(n, 5000);
    }
}

Test(api_memory, views)
{
    until_success(views, "views");
}

Test(api_memory, partitions)
{
    until_success(partitions, "partitions");
}

Test(api_memory, stores)
{
    until_success(many_stores, "stores");
}

Test(api_memory, types)
{
    until_success(types, "types");
}

Test(api_memory, contents)
{
    until_success(contents, "contents");
}
