/* windows.c - the typed windows of a body against the raw one: every type, 1 to 8 dimensions. */
#include "oracle.h"

#include <string.h>

typedef struct typed_window {
    const void    *origin;
    const int64_t *stride, *low, *high;
} typed_window;

static bool is_same(const typed_window *x, const tsr_raw_window *w)
{
    const size_t bytes = (size_t)w->rank * sizeof(int64_t);
    return x->origin == w->origin && memcmp(x->stride, w->stride, bytes) == 0 &&
           memcmp(x->low, w->low, bytes) == 0 && memcmp(x->high, w->high, bytes) == 0;
}

#define COMPARE(name, N)                                                                           \
    case N: {                                                                                      \
        if (writes) {                                                                              \
            const tsr_out##name##_##N##d x = tsr_out##name##_##N##d_of(t, k);                    \
            return is_same(&(typed_window){x.origin, x.stride, x.box.low, x.box.high}, w);         \
        }                                                                                          \
        const tsr_in##name##_##N##d x = tsr_in##name##_##N##d_of(t, k);                          \
        return is_same(&(typed_window){x.origin, x.stride, x.box.low, x.box.high}, w);             \
    }
#define DEFINE(NAME, name, T)                                                                      \
    static bool is_same_##name(const tsr_task_context *t, int k, const tsr_raw_window *w,          \
                               bool writes)                                                        \
    {                                                                                              \
        switch (w->rank) {                                                                         \
        case 0: {                                                                                  \
            if (writes)                                                                            \
                return (const char *)tsr_element_##name##_of(t, k) == w->origin;                   \
            const T v = tsr_##name##_of(t, k);                                                     \
            return memcmp(&v, w->origin, sizeof v) == 0;                                           \
        }                                                                                          \
            COMPARE(_##name, 1)                                                                       \
            COMPARE(_##name, 2)                                                                       \
            COMPARE(_##name, 3)                                                                       \
            COMPARE(_##name, 4)                                                                       \
            COMPARE(_##name, 5)                                                                       \
            COMPARE(_##name, 6)                                                                       \
            COMPARE(_##name, 7)                                                                       \
            COMPARE(_##name, 8)                                                                       \
        default: return false;                                                                     \
        }                                                                                          \
    }
TSR_TYPE_MAP(DEFINE)

bool windows_agree(const tsr_task_context *t, int k, const tsr_raw_window *w)
{
    const tsr_access access = t->arg[k].access;
    const bool       writes = access != TSR_READ && access != TSR_SCALAR;
    switch (w->type) {
#define X(NAME, name, T)                                                                           \
    case TSR_##NAME: return is_same_##name(t, k, w, writes);
        TSR_TYPE_MAP(X)
#undef X
    default: return true; /* no typed windows on binary and struct elements */
    }
}
