/* base/alloc.c - allocation that can be counted and made to fail.
 *
 * Every block is the C library's own, so that sanitizers and malloc's statistics see it as it is;
 * beside it stand counters: blocks and bytes alive, and how many calls may still succeed. The last is
 * negative when nothing is to fail, which costs a relaxed load a call. Threads: any. */
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"

enum { HUGE_PAGE = 2 << 20 };

static __thread int64_t shortages;
static _Atomic int64_t live, live_bytes; /* relaxed: statistics */
static _Atomic int64_t fail_after = -1; /* relaxed: set by a test before the calls it watches */

/* Whether this call is the one that fails. It is only one: the calls after it succeed again. */
static bool is_to_fail(void)
{
    if (atomic_load_explicit(&fail_after, memory_order_relaxed) < 0)
        return false;
    return atomic_fetch_sub_explicit(&fail_after, 1, memory_order_relaxed) == 0;
}

static void count_bytes(int64_t n)
{
    atomic_fetch_add_explicit(&live_bytes, n, memory_order_relaxed);
}

static int64_t bytes_of(void *p)
{
    return (int64_t)malloc_usable_size(p);
}

static void *counted(void *p)
{
    if (!p)
        return NULL;
    atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    count_bytes(bytes_of(p));
    return p;
}

static void *none(void)
{
    ++shortages;
    return NULL;
}

void *base_calloc(size_t n, size_t size)
{
    size_t bytes;
    if (is_to_fail() || __builtin_mul_overflow(n, size, &bytes))
        return none();
    void *p = calloc(n ? n : 1, size ? size : 1);
    return p ? counted(p) : none();
}

void *base_realloc(void *p, size_t n, size_t size)
{
    size_t bytes;
    if (is_to_fail() || __builtin_mul_overflow(n, size, &bytes))
        return none();
    const int64_t before = p ? bytes_of(p) : 0;
    void         *grown = realloc(p, bytes ? bytes : 1);
    if (!grown)
        return none();
    if (!p)
        return counted(grown);
    count_bytes(bytes_of(grown) - before);
    return grown;
}

void *base_aligned(size_t align, size_t bytes)
{
    void *p = NULL;
    if (is_to_fail() ||
        posix_memalign(&p, align < sizeof(void *) ? sizeof(void *) : align, bytes ? bytes : 1) != 0)
        return none();
    memset(p, 0, bytes);
    return counted(p);
}

void *base_uncleared(size_t align, size_t bytes)
{
    if (is_to_fail() || bytes > SIZE_MAX - align)
        return NULL;
    return counted(aligned_alloc(align, (bytes + align - 1) / align * align));
}

void *base_huge(size_t bytes)
{
    void *p = base_uncleared(HUGE_PAGE, bytes);
    if (p != NULL) /* whole ones only: the rest of the last would be held for nothing */
        (void)madvise(p, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
    return p;
}

void base_free(void *p)
{
    if (!p)
        return;
    atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    count_bytes(-bytes_of(p));
    free(p);
}

int64_t base_alloc_bytes(void)
{
    return atomic_load_explicit(&live_bytes, memory_order_relaxed);
}

int64_t base_alloc_shortages(void)
{
    return shortages;
}

int64_t base_alloc_live(void)
{
    return atomic_load_explicit(&live, memory_order_relaxed);
}

void base_alloc_fail_after(int64_t n)
{
    atomic_store_explicit(&fail_after, n, memory_order_relaxed);
}

bool base_alloc_is_to_fail(void)
{
    return atomic_load_explicit(&fail_after, memory_order_relaxed) >= 0;
}
