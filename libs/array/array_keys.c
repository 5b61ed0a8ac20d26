/* array_keys.c - keys sorted by their bytes, least significant first, and sorted runs merged.
 *
 * One pass counts all bytes; a byte that is the same in all keys costs nothing more. Each other
 * byte moves the keys once, in order, so that equal keys stay as they stand (Knuth, The Art of
 * Computer Programming, volume 3, 5.2.5).
 *
 * Cost: O(n) a byte. Threads: any. */
#include "array_sort.h"

/* ---- complex numbers ---- */

int array_key_count(nd_type t)
{
    return array_kind_of(t) == KIND_COMPLEX ? 3 : 1;
}

/* NumPy: numbers, then those with a NaN as imaginary part, as real part, as both; each of them in
 * the order of what is a number. */
uint64_t array_key_part(nd_type t, const char *element, int which)
{
    if (array_kind_of(t) != KIND_COMPLEX)
        return array_key(t, element, true);
    const nd_type  part = array_real_of(t);
    const char    *imag = element + tsr_type_size(part);
    const uint64_t re = array_key(part, element, true), im = array_key(part, imag, true);
    const uint64_t nan = part == TSR_F32 ? UINT32_MAX : UINT64_MAX;
    return which == 0 ? im : which == 1 ? re : (uint64_t)(2 * (re == nan) + (im == nan));
}

/* ---- sorted ---- */

enum { DIGITS = 256, KEY_BYTES = 8 };

static void exchange(struct array_keys *k)
{
    uint64_t *const key = k->key;
    int64_t *const  place = k->place;
    k->key = k->key_room;
    k->key_room = key;
    k->place = k->place_room;
    k->place_room = place;
}

/* Move all by byte `b`, where digit d begins at begin[d]. */
static void move_by(struct array_keys *k, int b, int64_t *begin)
{
    const uint64_t *from = k->key;
    uint64_t       *to = k->key_room;
    for (int64_t i = 0; i < k->n; ++i) {
        const int64_t at = begin[from[i] >> 8 * b & 255]++;
        to[at] = from[i];
        if (k->place)
            k->place_room[at] = k->place[i];
    }
    exchange(k);
}

/* Few: each into its place among those before it. */
static void insert_each(struct array_keys *k)
{
    for (int64_t i = 1; i < k->n; ++i) {
        const uint64_t key = k->key[i];
        const int64_t  place = k->place ? k->place[i] : 0;
        int64_t        at = i;
        for (; at > 0 && k->key[at - 1] > key; --at) {
            k->key[at] = k->key[at - 1];
            if (k->place)
                k->place[at] = k->place[at - 1];
        }
        k->key[at] = key;
        if (k->place)
            k->place[at] = place;
    }
}

void array_keys_sort(struct array_keys *k)
{
    enum { FEW = 48 };
    int64_t count[KEY_BYTES][DIGITS];
    if (k->n <= FEW) {
        insert_each(k);
        return;
    }
    memset(count, 0, sizeof count);
    for (int64_t i = 0; i < k->n; ++i)
        for (int b = 0; b < k->bytes; ++b)
            ++count[b][k->key[i] >> 8 * b & 255];
    for (int b = 0; b < k->bytes; ++b) {
        int64_t begin = 0;
        if (count[b][k->key[0] >> 8 * b & 255] == k->n)
            continue;
        for (int d = 0; d < DIGITS; ++d) {
            const int64_t has = count[b][d];
            count[b][d] = begin;
            begin += has;
        }
        move_by(k, b, count[b]);
    }
}

/* ---- merged ---- */

/* Two runs that begin at `at`, into the room. */
static void merge_two(struct array_keys *k, int64_t at, int64_t n, int64_t m)
{
    int64_t       i = at, j = at + n;
    const int64_t end_i = j, end = j + m;
    for (int64_t to = at; to < end; ++to) {
        const bool    is_first = j == end || (i < end_i && k->key[i] <= k->key[j]);
        const int64_t from = is_first ? i++ : j++;
        k->key_room[to] = k->key[from];
        if (k->place)
            k->place_room[to] = k->place[from];
    }
}

void array_keys_merge(struct array_keys *k, int64_t *length, int64_t runs)
{
    while (runs > 1) {
        int64_t at = 0, left = 0;
        for (int64_t r = 0; r < runs; r += 2) {
            const int64_t n = length[r], m = r + 1 < runs ? length[r + 1] : 0;
            merge_two(k, at, n, m);
            at += n + m;
            length[left++] = n + m;
        }
        exchange(k);
        runs = left;
    }
}
