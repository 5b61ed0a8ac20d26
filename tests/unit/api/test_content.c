/* Content: filled, copied, written, read, by every element size and layout. */
#include <stdlib.h>

#include "api_test.h"

TestSuite(api_content, .init = api_test_start, .fini = api_test_finish);

Test(api_content, elements_of_every_size)
{
    static const int sizes[] = {1, 2, 3, 4, 5, 7, 8, 12, 16, 24, 100, 1000};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; ++k) {
        TSR_SCOPE();
        const size_t   bytes = (size_t)sizes[k];
        unsigned char *value = malloc(bytes), *all = malloc(12 * bytes);
        for (size_t i = 0; i < bytes; ++i)
            value[i] = (unsigned char)(i * 7 + 1);
        const tsr_store s = tsr_store_filled(TSR_BINARY(sizes[k]), TSR_SHAPE(3, 4), value);
        cr_assert_eq(tsr_read(s, all, 12 * bytes), TSR_OK, "%s", tsr_error_text());
        for (int i = 0; i < 12; ++i)
            cr_assert_arr_eq(all + (size_t)i * bytes, value, bytes);
        value[0] = 99;
        cr_assert_eq(tsr_fill(tsr_slice(s, 1, 3, 0, -2), value), TSR_OK, "%s", tsr_error_text());
        cr_assert_eq(tsr_read(s, all, 12 * bytes), TSR_OK);
        for (int i = 0; i < 12; ++i)
            cr_assert_eq(all[(size_t)i * bytes] == 99, i % 2 == 1);
        const tsr_store t = tsr_store_create(TSR_BINARY(sizes[k]), TSR_SHAPE(4, 3));
        cr_assert_eq(tsr_copy(tsr_transpose(t, (int[]){1, 0}), s), TSR_OK, "%s",
                     tsr_error_text());
        cr_assert_eq(tsr_read(t, all, 12 * bytes), TSR_OK);
        for (int i = 0; i < 12; ++i)
            cr_assert_eq(all[(size_t)i * bytes] == 99, i / 3 % 2 == 1);
        free(value);
        free(all);
    }
}

Test(api_content, written_and_read_back)
{
    int16_t data[2][3][5], back[5][3];
    for (int i = 0; i < 30; ++i)
        data[i / 15][i / 5 % 3][i % 5] = (int16_t)i;
    const tsr_store s = tsr_store_create(TSR_I16, TSR_SHAPE(2, 3, 5));
    cr_assert_eq(tsr_write(s, data, sizeof data), TSR_OK);
    memset(data, 0, sizeof data); /* it was copied */
    const tsr_store t = tsr_transpose(tsr_project(s, 0, 1), (int[]){1, 0});
    cr_assert_eq(tsr_read(t, back, sizeof back), TSR_OK, "%s", tsr_error_text());
    for (int i = 0; i < 5; ++i)
        for (int j = 0; j < 3; ++j)
            cr_assert_eq(back[i][j], 15 + 5 * j + i);
}

Test(api_content, no_elements_at_all)
{
    const tsr_store s = tsr_store_filled(TSR_F64, TSR_SHAPE(0, 4), &(double){1});
    cr_assert_eq(tsr_write(s, NULL, 0), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(tsr_read(s, NULL, 0), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(tsr_store_status(s), TSR_OK);
}

Test(api_content, a_copy_reads_before_it_writes)
{
    const tsr_store s = tsr_store_create(TSR_I32, TSR_SHAPE(6));
    int32_t         v[6] = {0, 1, 2, 3, 4, 5};
    cr_assert_eq(tsr_write(s, v, sizeof v), TSR_OK);
    cr_assert_eq(tsr_copy(tsr_slice(s, 0, 1, 5, 1), tsr_slice(s, 0, 3, -1, -1)), TSR_OK);
    cr_assert_eq(tsr_read(s, v, sizeof v), TSR_OK, "%s", tsr_error_text());
    cr_assert_arr_eq(v, ((int32_t[]){0, 3, 2, 1, 0, 5}), sizeof v);
}

Test(api_content, sizes_shapes_and_types_must_agree)
{
    const tsr_store s = tsr_store_filled(TSR_F64, TSR_SHAPE(2, 2), &(double){1});
    const tsr_store f = tsr_store_filled(TSR_F32, TSR_SHAPE(2, 2), &(float){1});
    const tsr_store t = tsr_store_filled(TSR_F64, TSR_SHAPE(4), &(double){1});
    double          v[4] = {7};
    float           single = 7;
    EXPECT_STATUS(BAD_ARGUMENT, tsr_read(s, v, 24), "24 bytes are given; (2, 2) of f64 are 32");
    EXPECT_STATUS(BAD_ARGUMENT, tsr_write(s, v, 33), "33 bytes are given");
    EXPECT_STATUS(BAD_SHAPE, tsr_value(s, v), "(2, 2) is not one element");
    const tsr_store one = tsr_slice(t, 0, 1, 2, 1);
    EXPECT_STATUS(BAD_TYPE, tsr_value(one, &single), "a value of f64 takes 8 bytes; 4 are given");
    cr_assert_eq(tsr_value(one, v), TSR_OK);
    EXPECT_STATUS(BAD_TYPE, tsr_copy(s, f), "a copy of f32 to f64");
    EXPECT_STATUS(BAD_SHAPE, tsr_copy(s, t), "a copy of (4,) to (2, 2)");
    EXPECT_STATUS(BAD_ARGUMENT, tsr_fill(s, NULL), "no value");
    cr_assert_eq(tsr_read(s, v, sizeof v), TSR_OK, "%s", tsr_error_text()); /* as it was */
    cr_assert_arr_eq(v, ((double[]){1, 1, 1, 1}), sizeof v);
    EXPECT_STATUS(BAD_ARGUMENT, tsr_read_on(s, 1, v, 32), "there is no rank 1 among 1");
    EXPECT_STATUS(BAD_ARGUMENT, tsr_read(s, NULL, 32), "no memory");
}

Test(api_content, local_pieces_hold_every_element_once)
{
    int32_t         v[12], seen[12] = {0};
    const tsr_store s = tsr_store_create(TSR_I32, TSR_SHAPE(3, 4));
    for (int i = 0; i < 12; ++i)
        v[i] = i;
    cr_assert_eq(tsr_write(s, v, sizeof v), TSR_OK);
    const tsr_store t = tsr_slice(tsr_transpose(s, (int[]){1, 0}), 0, 3, -1, -1);
    tsr_piece       pieces[16];
    int             n = 0;
    cr_assert_eq(tsr_local_pieces(t, pieces, 16, &n), TSR_OK, "%s", tsr_error_text());
    cr_assert_leq(n, 16);
    for (int k = 0; k < n; ++k)
        for (int64_t i = pieces[k].box.low[0]; i < pieces[k].box.high[0]; ++i)
            for (int64_t j = pieces[k].box.low[1]; j < pieces[k].box.high[1]; ++j) {
                const int64_t at = (i - pieces[k].box.low[0]) * pieces[k].stride[0] +
                                   (j - pieces[k].box.low[1]) * pieces[k].stride[1];
                const int32_t e = ((int32_t *)pieces[k].data)[at];
                cr_assert_eq(e, j * 4 + 3 - i);
                ++seen[e];
            }
    for (int i = 0; i < 12; ++i)
        cr_assert_eq(seen[i], 1);
}

/* ---- attached memory ---- */

static int  releases;
static void count_release(void *data, void *user)
{
    cr_expect_eq(user, (void *)&releases);
    cr_expect_not_null(data);
    ++releases;
}

Test(api_content, an_attached_buffer_is_written_back)
{
    double          buffer[4] = {1, 2, 3, 4};
    const tsr_store s =
        tsr_attach(TSR_F64, TSR_SHAPE(4), buffer, TSR_ATTACH_WRITE, count_release, &releases);
    double v[4];
    cr_assert_eq(tsr_read(s, v, sizeof v), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(v[3], 4);
    const tsr_store view = tsr_slice(s, 0, 1, 3, 1);
    cr_assert_eq(tsr_fill(view, &(double){9}), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(tsr_detach(s), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(releases, 1);
    cr_assert_arr_eq(buffer, ((double[]){1, 9, 9, 4}), sizeof buffer);
    EXPECT_STATUS(BAD_HANDLE, tsr_store_status(s), "was detached at");
    EXPECT_STATUS(BAD_HANDLE, tsr_fill(view, &(double){9}), "views a buffer that was detached");
    tsr_store_release(view);
    cr_assert_eq(releases, 1);
}

Test(api_content, a_buffer_that_is_read_comes_back_when_released)
{
    static double   buffer[4] = {1, 2, 3, 4};
    const tsr_store s =
        tsr_attach(TSR_F64, TSR_SHAPE(4), buffer, TSR_ATTACH_READ, count_release, &releases);
    double v[4];
    cr_assert_eq(tsr_read(s, v, sizeof v), TSR_OK, "%s", tsr_error_text());
    tsr_store_release(s);
    cr_assert_eq(tsr_fence(), TSR_OK);
    cr_assert_eq(releases, 1);
}

Test(api_content, what_cannot_be_attached)
{
    double v[4];
    EXPECT_FAILED(BAD_ARGUMENT,
                  tsr_attach(TSR_F64, TSR_SHAPE(4), NULL, TSR_ATTACH_READ, NULL, NULL),
                  "no memory to attach");
    EXPECT_FAILED(BAD_ARGUMENT,
                  tsr_attach(TSR_F64, TSR_SHAPE(4), v, (tsr_attach_mode)7, NULL, NULL),
                  "attach mode 7");
    const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(4));
    EXPECT_STATUS(BAD_ARGUMENT, tsr_detach(s), "is not an attached buffer");
}
