/* tb_tessera.h - Tessera as a system of the bench. */
#ifndef TB_TESSERA_H
#define TB_TESSERA_H

#include "tb_options.h"

/* Starts a runtime, measures what the options ask for, finishes it. An exit code. */
int tb_tessera_measure(const tb_options *o);

#endif
