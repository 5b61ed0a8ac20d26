/* array_formula_text.h - users' formulas as formulas of the runtime. Threads: any. */
#ifndef ARRAY_FORMULA_TEXT_H
#define ARRAY_FORMULA_TEXT_H

#include <tessera/formula.h>

#include "array_inside.h"

enum { ARRAY_WHY = 160 };

/* Add the terms of a user's formula, whose parameters are the f64 terms `x`; its result, or -1 and
 * the reason in `why` (of ARRAY_WHY bytes, "" before). `depth`: how many formulas call it. */
tsr_term array_formula_read(tsr_formula *f, const nd_formula *formula, const tsr_term *x, int depth,
                            char *why);
/* The formula of this name that `caller`'s file defines; NULL: none is known (array_map.c). */
const nd_formula *array_formula_find(const nd_formula *caller, const char *name, size_t length);

#endif
