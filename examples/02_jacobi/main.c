/* 02_jacobi: the steady temperature of a square plate, by Jacobi iteration. */
#include <math.h>
#include <stdio.h>
#include <tessera/array.h>

static double relax(nd_array plate, int sweeps, double tolerance)
{
    ND_SCOPE();
    nd_array center = nd_view(plate, "1:-1, 1:-1");
    nd_array north  = nd_view(plate, " :-2, 1:-1");
    nd_array south  = nd_view(plate, "2:  , 1:-1");
    nd_array west   = nd_view(plate, "1:-1,  :-2");
    nd_array east   = nd_view(plate, "1:-1, 2:  ");
    double   change = INFINITY;

    for (int i = 0; i < sweeps && change > tolerance; ++i) {
        ND_SCOPE();                                 /* this sweep's temporaries */
        nd_array next  = nd_mul(0.25, nd_add4(north, south, west, east));
        nd_array moved = nd_max(nd_abs(nd_sub(next, center)));

        nd_assign(center, next);
        if (i % 50 == 0)
            change = nd_value(moved);               /* the only wait in the loop */
    }
    return change;
}

int main(int argc, char **argv)
{
    TSR_CHECK(nd_start(&argc, &argv));
    ND_SCOPE();

    nd_array plate = nd_zeros(ND_F64, 18, 18);
    nd_assign(nd_view(plate, "0, :"), 40.0);
    nd_assign(nd_view(plate, "-1, :"), -273.15);

    double change = relax(plate, 2000, 1e-6);

    TSR_CHECK(nd_status(plate));
    printf("last change %.2e\n", change);
    nd_print(plate, .precision = 1, .suppress = true, .width = 140);
    return nd_finish();
}
