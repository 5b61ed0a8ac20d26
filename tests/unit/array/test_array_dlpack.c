/* DLPack: tensors of another library in place, packed or refused, their lifetimes, and tensors made here.
 *
 * The other library is this file: memory of its own with a tensor around it, and a count of how often the
 * tensor was deleted. */
#include <stdlib.h>

#include "array_dlpack_abi.h"
#include "array_test.h"

static void dlpack_begin(void);
TestSuite(array_dlpack, .init = dlpack_begin, .fini = array_test_finish);

/* A tensor, its elements, and room to look behind them: all of it goes with the deleter. */
struct producer {
    struct DLManagedTensorVersioned versioned;
    struct DLManagedTensor          plain;
    int64_t                         shape[9], stride[9];
    _Alignas(16) char bytes[256];
};
static int deleted;

static void dlpack_begin(void)
{
    deleted = 0;
    array_test_start();
}

static void delete_versioned(struct DLManagedTensorVersioned *t)
{
    ++deleted;
    free(t->manager_ctx);
}

static void delete_plain(struct DLManagedTensor *t)
{
    ++deleted;
    free(t->manager_ctx);
}

/* A tensor of int32 elements 0, 1, 2, ... in memory; `stride` NULL: C order. */
static struct producer *produce(nd_shape shape, const int64_t *stride, int first)
{
    struct producer *p = calloc(1, sizeof *p);
    cr_assert(p);
    for (int32_t i = 0; i < 32; ++i)
        memcpy(p->bytes + 4 * i, &i, 4);
    for (int d = 0; d < shape.rank; ++d) {
        p->shape[d] = shape.extent[d];
        p->stride[d] = stride ? stride[d] : 0;
    }
    p->plain = (struct DLManagedTensor){{p->bytes,
                                         {DLPACK_CPU, 0},
                                         shape.rank,
                                         {DLPACK_INT, 32, 1},
                                         p->shape,
                                         stride ? p->stride : NULL,
                                         4 * (uint64_t)first},
                                        p,
                                        delete_plain};
    p->versioned =
        (struct DLManagedTensorVersioned){{1, 1}, p, delete_versioned, 0, p->plain.dl_tensor};
    return p;
}

/* Whether an array's memory begins at `place`: nothing was copied. */
static bool lies_at(nd_array a, const void *place)
{
    tsr_piece piece;
    int       n;
    cr_assert_eq(tsr_local_pieces(nd_store(a), &piece, 1, &n), TSR_OK, "%s", tsr_error_text());
    return n == 1 && piece.data == place;
}

/* Memory is let go of while other work goes on: in so much of it all that was. */
static void settle(int expected)
{
    for (int i = 0; i < 1000 && deleted < expected; ++i) {
        ND_SCOPE();
        cr_assert_eq(nd_value(nd_add(ROW(1), i)), i + 1);
    }
    cr_expect_eq(deleted, expected);
}

Test(array_dlpack, memory_in_c_order_is_used_in_place)
{
    {
        ND_SCOPE();
        struct producer *p = produce(ND_SHAPE(2, 3), NULL, 1), *q = produce(ND_SHAPE(), NULL, 7);
        const nd_array   a = nd_from_dlpack(&p->versioned), b = nd_from_dlpack(&q->plain);
        cr_expect(lies_at(a, p->bytes + 4));
        EXPECT_TEXT(a, "[[1 2 3]\n [4 5 6]]\n");
        EXPECT_TEXT(nd_add(a, b), "[[ 8  9 10]\n [11 12 13]]\n");
        cr_expect_eq(deleted, 0);
    }
    settle(2);
}

Test(array_dlpack, axes_in_another_order_backwards_or_stretched_are_views)
{
    {
        ND_SCOPE();
        struct producer *p = produce(ND_SHAPE(3, 2), (int64_t[]){1, 3}, 0);
        const nd_array   turned = nd_from_dlpack(&p->versioned);
        cr_expect(lies_at(turned, p->bytes));
        EXPECT_TEXT(turned, "[[0 3]\n [1 4]\n [2 5]]\n");
        struct producer *q = produce(ND_SHAPE(2, 3), (int64_t[]){3, -1}, 2);
        EXPECT_TEXT(nd_from_dlpack(&q->versioned), "[[2 1 0]\n [5 4 3]]\n");
        struct producer *r = produce(ND_SHAPE(2, 1, 3), (int64_t[]){0, 77, -1}, 2);
        EXPECT_TEXT(nd_from_dlpack(&r->versioned), "[[[2 1 0]]\n\n [[2 1 0]]]\n");
        struct producer *s = produce(ND_SHAPE(2, 3, 2), (int64_t[]){-1, 2, -6}, 7);
        EXPECT_TEXT(nd_from_dlpack(&s->versioned), "[[[ 7  1]\n  [ 9  3]\n  [11  5]]\n\n"
                                                   " [[ 6  0]\n  [ 8  2]\n  [10  4]]]\n");
        cr_expect_eq(deleted, 0);
    }
    settle(4);
}

Test(array_dlpack, what_has_gaps_or_is_not_aligned_is_packed)
{
    ND_SCOPE();
    struct producer *p = produce(ND_SHAPE(3, 2), (int64_t[]){4, 2}, 1);
    EXPECT_TEXT(nd_from_dlpack(&p->versioned), "[[ 1  3]\n [ 5  7]\n [ 9 11]]\n");
    struct producer *q = produce(ND_SHAPE(2), NULL, 0);
    q->versioned.dl_tensor.byte_offset = 1;
    EXPECT_TEXT(nd_from_dlpack(&q->versioned), "[16777216 33554432]\n");
    cr_expect_eq(deleted, 2);
}

Test(array_dlpack, empty_tensors)
{
    {
        ND_SCOPE();
        struct producer *p = produce(ND_SHAPE(3, 0), (int64_t[]){5, 9}, 0);
        p->versioned.dl_tensor.data = NULL;
        p->versioned.dl_tensor.byte_offset = 0;
        EXPECT_TEXT(nd_sum(nd_from_dlpack(&p->versioned)), "0\n");
    }
    settle(1);
}

Test(array_dlpack, an_array_may_be_read_not_written)
{
    ND_SCOPE();
    struct producer *p = produce(ND_SHAPE(3), NULL, 0),
                    *q = produce(ND_SHAPE(3), (int64_t[]){2}, 0);
    const nd_array a = nd_from_dlpack(&p->versioned), b = nd_from_dlpack(&q->versioned);
    EXPECT_FAILED_ARRAY(NOT_ALLOWED, nd_assign(a, 5), "test_array_dlpack.c");
    EXPECT_FAILED_ARRAY(NOT_ALLOWED, nd_assign(b, 5), "test_array_dlpack.c");
    EXPECT_TEXT(a, "[0 1 2]\n");
    EXPECT_TEXT(nd_assign(nd_copy(a), 5), "[5 5 5]\n");
    struct producer *r = produce(ND_SHAPE(3), NULL, 0);
    const nd_array   c = nd_from_dlpack(&r->versioned, .copy = true);
    cr_expect_eq(deleted, 2); /* the one with gaps, and this one */
    EXPECT_TEXT(nd_assign(c, 5), "[5 5 5]\n");
}

Test(array_dlpack, memory_to_be_written_is_written_when_it_is_given_back)
{
    static int32_t seen[6];
    ND_SCOPE();
    struct producer *p = produce(ND_SHAPE(3, 2), (int64_t[]){1, 3}, 0);
    const nd_array   a = nd_from_dlpack(&p->versioned, .write = true);
    p->versioned.deleter = NULL; /* the memory is to be looked at */
    EXPECT_TEXT(nd_assign(nd_view(a, "1:, 0"), 9), "[9 9]\n");
    cr_assert_eq(nd_detach(a), TSR_OK, "%s", tsr_error_text());
    memcpy(seen, p->bytes, sizeof seen);
    cr_expect_arr_eq(seen, ((int32_t[]){0, 9, 9, 3, 4, 5}), sizeof seen);
    free(p);
}

/* Refused, in the words; the tensor is still the caller's. */
#define EXPECT_REFUSED(name, p, words, ...)                                                        \
    do {                                                                                           \
        EXPECT_FAILED_ARRAY(name, nd_from_dlpack(&(p)->versioned, __VA_ARGS__), words);            \
        EXPECT_FAILED_ARRAY(name, nd_from_dlpack(&(p)->versioned, __VA_ARGS__),                    \
                            "test_array_dlpack.c");                                                \
        cr_expect_eq(deleted, 0);                                                                  \
        free(p);                                                                                   \
    } while (0)

Test(array_dlpack, what_is_refused_stays_the_callers)
{
    ND_SCOPE();
    struct producer *p = produce(ND_SHAPE(3), NULL, 0);
    p->versioned.dl_tensor.device = (struct dlpack_device){2, 1};
    EXPECT_REFUSED(BAD_ARGUMENT, p, "the tensor is on device 2:1");
    p = produce(ND_SHAPE(3), NULL, 0);
    p->versioned.version.major = 2;
    EXPECT_REFUSED(BAD_ARGUMENT, p, "the tensor is of DLPack 2.1");
    p = produce(ND_SHAPE(3), NULL, 0);
    p->versioned.dl_tensor.dtype.lanes = 4;
    EXPECT_REFUSED(BAD_TYPE, p, "code 0 with 32 bits and 4 lanes");
    p = produce(ND_SHAPE(3), NULL, 0);
    p->versioned.dl_tensor.ndim = 9;
    EXPECT_REFUSED(BAD_SHAPE, p, "has 9 dimensions");
    p = produce(ND_SHAPE(3), NULL, 0);
    p->versioned.flags = DLPACK_READ_ONLY;
    EXPECT_REFUSED(NOT_ALLOWED, p, "it is read only", .write = true);
    p = produce(ND_SHAPE(3), (int64_t[]){2}, 0);
    EXPECT_REFUSED(NOT_ALLOWED, p, "there are gaps", .write = true);
    p = produce(ND_SHAPE(3), (int64_t[]){0}, 0);
    EXPECT_REFUSED(NOT_ALLOWED, p, "it is stretched", .write = true);
    p = produce(ND_SHAPE(3), NULL, 0);
    p->versioned.dl_tensor.data = NULL;
    EXPECT_REFUSED(BAD_ARGUMENT, p, "no memory");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_from_dlpack((struct DLManagedTensor *)NULL), "no tensor");
}

Test(array_dlpack, tensors_made_here)
{
    ND_SCOPE();
    struct DLManagedTensorVersioned *t = NULL;
    struct DLManagedTensor          *old = NULL;
    const nd_array                   a = COUNT(2, 3);
    cr_assert_eq(nd_to_dlpack(nd_view(a, "::-1"), &t), TSR_OK);
    cr_assert_eq(nd_to_dlpack(nd_astype(a, ND_BF16), &old), TSR_OK);
    const struct dlpack_tensor *d = &t->dl_tensor;
    cr_expect(t->version.major == 1 && t->flags == DLPACK_IS_COPIED && d->ndim == 2);
    cr_expect(d->dtype.code == DLPACK_FLOAT && d->dtype.bits == 64 && d->dtype.lanes == 1);
    cr_expect(d->shape[0] == 2 && d->shape[1] == 3 && d->strides[0] == 3 && d->strides[1] == 1);
    cr_expect_arr_eq(d->data, ((double[]){3, 4, 5, 0, 1, 2}), 6 * sizeof(double));
    cr_expect(old->dl_tensor.dtype.code == DLPACK_BFLOAT && old->dl_tensor.dtype.bits == 16);
    nd_assign(a, 0);
    EXPECT_TEXT(nd_from_dlpack(t), "[[3. 4. 5.]\n [0. 1. 2.]]\n");
    EXPECT_TEXT(nd_from_dlpack(old), "[[0. 1. 2.]\n [3. 4. 5.]]\n");
    const nd_array bad = nd_add(COUNT(2), COUNT(3));
    cr_expect_eq(nd_to_dlpack(bad, &t), TSR_BAD_SHAPE);
    tsr_error_clear();
}

/* A tensor lives on behind the runtime that made it. */
Test(array_dlpack, a_tensor_outlives_the_runtime)
{
    struct DLManagedTensorVersioned *t = NULL;
    {
        ND_SCOPE();
        cr_assert_eq(nd_to_dlpack(ROW(4, 5), &t), TSR_OK);
    }
    cr_assert_eq(nd_finish(), 0);
    cr_expect_arr_eq(t->dl_tensor.data, ((double[]){4, 5}), 2 * sizeof(double));
    t->deleter(t);
    array_test_start();
}

/* One that was never let go of is deleted when the runtime ends. */
Test(array_dlpack, finish_deletes)
{
    struct producer *p = produce(ND_SHAPE(3), NULL, 0);
    (void)nd_from_dlpack(&p->versioned);
    cr_expect_eq(deleted, 0);
    cr_assert_eq(nd_finish(), 0);
    cr_expect_eq(deleted, 1);
    array_test_start();
}
