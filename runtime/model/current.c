/* model/current.c - the two words by which a thread finds its runtime and its body.
 *
 * They are all that is global, and each thread has its own. api/ sets the first where a runtime
 * starts and clears it where one ends; execute/ sets both on workers. */
#include "model/runtime.h"

__thread struct tsr_runtime *runtime_current;
__thread const void         *runtime_body;
