/* tessera/array.h - NumPy's arrays in C, on any number of cores and ranks.
 *
 *     TSR_CHECK(nd_start(&argc, &argv));
 *     ND_SCOPE();
 *     nd_array a = nd_zeros(ND_F64, 1000, 1000);
 *     nd_assign(nd_view(a, "0, :"), 40.0);
 *     nd_array b = nd_mul(2.0, nd_view(a, "1:, ::-1"));
 *     nd_print(b, .precision = 2);
 *     return nd_finish();
 *
 * Names, broadcasting, promotion of types and results are NumPy's (NEP 50); where this library
 * differs, the function's comment says so.  An nd_array is a small value owned by the innermost
 * ND_SCOPE().  A call that goes wrong gives a failed array; it is told, with the line of the first
 * mistake, by nd_status, nd_value and their like.  Calls issue work and do not wait, but those
 * that say so; every rank makes the same calls.  Link with -ltessera_array (pkg-config
 * tessera_array). */
#ifndef TESSERA_ARRAY_H
#define TESSERA_ARRAY_H

#include <tessera/array_arrange.h>
#include <tessera/array_convolve.h>
#include <tessera/array_core.h>
#include <tessera/array_count.h>
#include <tessera/array_create.h>
#include <tessera/array_dlpack.h>
#include <tessera/array_elementwise.h>
#include <tessera/array_fft.h>
#include <tessera/array_formula.h>
#include <tessera/array_index.h>
#include <tessera/array_linalg.h>
#include <tessera/array_move.h>
#include <tessera/array_parts.h>
#include <tessera/array_random.h>
#include <tessera/array_reduce.h>
#include <tessera/array_scan.h>
#include <tessera/array_sort.h>
#include <tessera/array_view.h>
#include <tessera/array_look.h>

#endif
