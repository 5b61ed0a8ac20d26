/* execute/foreign.h - plain C and Fortran functions as task bodies. */
#ifndef EXECUTE_FOREIGN_H
#define EXECUTE_FOREIGN_H

#include <tessera/body.h>

/* Call it with the arguments of a task body.  Threads: any; the function's own rules apply. */
tsr_status foreign_call(const tsr_foreign *f, const tsr_task_context *t);

#endif
