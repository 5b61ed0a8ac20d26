/* 03_black_scholes: price many European options at once. */
#include <math.h>
#include <stdio.h>
#include <tessera/array.h>

ND_FORMULA(normal_cdf, (d),
{
    return 0.5 * erfc(-d * M_SQRT1_2);
})

ND_FORMULA(call_price, (spot, strike, years, rate, vol),
{
    double d1 = (log(spot / strike) + (rate + 0.5 * vol * vol) * years) / (vol * sqrt(years));
    double d2 = d1 - vol * sqrt(years);
    return spot * normal_cdf(d1) - strike * exp(-rate * years) * normal_cdf(d2);
})

ND_FORMULA(discount, (years, rate),
{
    return exp(-rate * years);
})

int main(int argc, char **argv)
{
    TSR_CHECK(nd_start(&argc, &argv));
    ND_SCOPE();

    int64_t  n      = 1000000;
    nd_array spot   = nd_linspace(5, 30, n);
    nd_array strike = nd_linspace(100, 1, n);
    nd_array years  = nd_add(0.25, nd_mod(nd_arange(0, n, 1), 10));

    nd_array call = nd_map(call_price, spot, strike, years, 0.02, 0.30);
    nd_array bond = nd_mul(strike, nd_map(discount, years, 0.02));
    nd_array put  = nd_add(nd_sub(call, spot), bond);          /* put-call parity */

    TSR_CHECK(nd_status(put));
    nd_print(call);
    nd_print(put, .precision = 2);
    printf("dearest call %.10f, mean put %.10f\n", nd_value(nd_max(call)), nd_value(nd_mean(put)));
    return nd_finish();
}
