/* 04_mistakes: what a user sees when things go wrong. */
#include <stdio.h>
#include <tessera/array.h>

static nd_array twice(nd_array x)
{
    ND_SCOPE();
    nd_array y = nd_mul(2.0, x);
    return y;                                  /* forgot nd_keep() */
}

static tsr_status compute(nd_array a, nd_array b)
{
    ND_SCOPE();
    nd_array c = nd_add(a, b);                 /* shapes disagree */
    nd_array d = nd_mul(c, 3.0);               /* a failed array in, a failed array out */
    TSR_TRY(nd_status(d));
    return TSR_OK;
}

int main(int argc, char **argv)
{
    TSR_CHECK(nd_start(&argc, &argv));
    ND_SCOPE();
    nd_array a = nd_zeros(ND_F64, 4, 4), b = nd_zeros(ND_F64, 3, 4);
    if (compute(a, b) != TSR_OK)
        printf("%s\n\n", tsr_error_text());
    double v = nd_value(nd_max(twice(a)));
    printf("value %f\n%s\n", v, tsr_error_text());
    return nd_finish();
}
