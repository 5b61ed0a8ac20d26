/* model/environment.c - variables that begin as ours do, and that nobody knows.
 *
 * A misspelt TESSERA_WINDOWS would do nothing, quietly.  It is no error: other programs may use the
 * prefix.  So each is named once a process, on stderr, with the known name that is nearest, by the
 * number of letters to add, drop or change (Levenshtein 1966).
 *
 * "Once a process" is a flag of the process, as the environment is its own; a runtime's behaviour does not
 * depend on it.  Cost: O(variables).  Threads: any. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model/config.h"

enum { LONGEST = 48, FAR = 4 }; /* further than FAR letters: no name is near */

static int least(int a, int b, int c)
{
    const int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Letters to change in `a` (of `n`) to have `b`. */
static int distance(const char *a, int n, const char *b)
{
    int       row[LONGEST + 1];
    const int m = (int)strlen(b);
    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    for (int j = 0; j <= m; ++j)
        row[j] = j;
    for (int i = 1; i <= n; ++i) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= m; ++j) {
            const int above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[m];
}

int environment_unknown(char **environment, environment_told *tell, void *user)
{
    static const char prefix[] = "TESSERA_";
    int               n = 0;
    for (char **e = environment; e && *e; ++e) {
        const int   length = (int)strcspn(*e, "=");
        const char *nearest = NULL;
        int         best = FAR;
        bool        known = strncmp(*e, prefix, sizeof prefix - 1) != 0;
        for (int i = 0; !known && config_variable(i); ++i) {
            const int d = distance(*e, length, config_variable(i));
            known = d == 0;
            if (d < best) {
                best = d;
                nearest = config_variable(i);
            }
        }
        if (known)
            continue;
        ++n;
        tell(user, *e, length, nearest);
    }
    return n;
}

static void tell_stderr(void *user, const char *name, int length, const char *nearest)
{
    (void)user;
    fprintf(stderr, "tessera: the variable %.*s is not known%s%s; tsr_config_print() lists them\n",
            length, name, nearest ? ": did you mean " : "", nearest ? nearest : "");
}

void environment_warn(void)
{
    static atomic_flag told = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&told))
        (void)environment_unknown(environ, tell_stderr, NULL);
}
