/* ar_figures.h - single numbers of the array library, each beside a loop by hand or NumPy. */
#ifndef AR_FIGURES_H
#define AR_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

/* Print them.  python: of the peers; size: elements of the large arrays (0: 2**27, a gigabyte).  0: done. */
int ar_figures(const char *python, int64_t size, bool json);

#endif
