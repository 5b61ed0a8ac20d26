/* mutant.c - which planted fault is switched on.  Only in the oracle's library with TSR_MUTANTS.
 *
 * The choice is the process's, read before main: the one exception to "no global state", in a library
 * that is never installed. */
#include "base/mutant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int base_mutant;

const char *const base_mutant_names[] = {
#define X(name, text) #name,
    BASE_MUTANT_MAP(X)
#undef X
        NULL};

__attribute__((constructor)) static void choose(void)
{
    const char *wanted = getenv("TESSERA_MUTANT");
    if (!wanted || !*wanted)
        return;
    for (int k = 0; base_mutant_names[k]; ++k)
        if (strcmp(wanted, base_mutant_names[k]) == 0)
            base_mutant = k + 1;
    if (!base_mutant) {
        fprintf(stderr, "TESSERA_MUTANT=%s: no such fault\n", wanted);
        exit(2);
    }
}
