/* ic_rows.h - the operations whose cost is measured. */
#ifndef IC_ROWS_H
#define IC_ROWS_H

#include <tessera/tessera.h>

/* What a row measures: the calls that issue and analyse, an operation; the wait that then runs what
 * was issued, a point task; or both together, an operation. */
typedef enum ic_part { IC_ISSUE, IC_RUN, IC_WHOLE } ic_part;

enum { IC_BATCH = 32, IC_PIECES = 16 }; /* a batch is less than a window */

/* The stores and partitions of one program, made for each first time anew. */
typedef struct ic_program {
    int64_t       extent;
    tsr_store     a, b; /* of 16 tiles */
    tsr_store     one;  /* of one element */
    tsr_partition tiles, halos, parts[5];
} ic_program;

/* One row: `issue` issues operation number i of a program. */
typedef struct ic_row {
    const char *name;
    ic_part     part;
    tsr_status (*issue)(const ic_program *p, int i);
} ic_row;

/* The rows, up to one without a name. */
extern const ic_row ic_rows[];

/* Makes a program whose shape is the `variant`-th: another variant, other shapes and partitions. */
tsr_status ic_program_make(ic_program *p, int variant);

#endif
