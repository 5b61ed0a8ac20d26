/* execute/reduce.h - the operators stand in model/, where solve/ sees them too. */
#include "model/reduce.h"
