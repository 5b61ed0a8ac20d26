/* ar_programs.c - the list, and what several programs make their input of. */
#include "ar_list.h"

nd_array ar_noise(nd_shape shape, double shift)
{
    ND_SCOPE();
    int64_t n = 1;
    for (int d = 0; d < shape.rank; ++d)
        n *= shape.extent[d];
    const nd_array i = nd_arange(0, n, 1, .type = ND_F64);
    const nd_array x = nd_mod(nd_add(nd_mul(i, 0.6180339887498949), shift), 1.0);
    return nd_keep(nd_copy(nd_reshape(x, shape)));
}

const ar_program *const ar_programs[] = {
#define X(name) &ar_##name,
    AR_PROGRAM_MAP(X)
#undef X
    NULL,
};
