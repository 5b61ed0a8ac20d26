/* mutants.c - the oracle's own test: faults planted in the runtime, one at a time, each to be found.
 *
 * `oracle_mutants` is the oracle on a runtime compiled with TSR_MUTANTS; it reads the fault to switch
 * on from TESSERA_MUTANT.  `oracle --mutants` runs it once per fault and prints what found it. */
#include "apart.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef TSR_MUTANTS
extern const char *const base_mutant_names[]; /* of the runtime; ends with NULL */

int mutants_main(const char *self, const oracle_command *c)
{
    (void)self;
    (void)c;
    for (int k = 0; base_mutant_names[k]; ++k)
        printf("%s\n", base_mutant_names[k]);
    return 0;
}
#else

static void beside(const char *self, char *out, size_t room)
{
    const char *slash = strrchr(self, '/');
    snprintf(out, room, "%.*soracle_mutants", slash ? (int)(slash - self + 1) : 0, self);
}

/* The faults, one a line, as the other program lists them. */
static int list(const char *program, char names[][64], int room)
{
    char command[1100];
    int  n = 0;
    snprintf(command, sizeof command, "'%.1024s' --mutants", program);
    FILE *f = popen(command, "r");
    while (f && n < room && fgets(names[n], 64, f)) {
        names[n][strcspn(names[n], "\n")] = 0;
        n += names[n][0] != 0;
    }
    return f && pclose(f) == 0 ? n : -1;
}

/* Run the other program until the first failure; how many programs it took, -1: not found. */
static int64_t hunt(const char *program, const char *name, const oracle_command *c, char *out_what,
                    size_t room)
{
    char    command[2400], line[2400];
    int64_t found = -1;
    snprintf(
        command, sizeof command,
        "TESSERA_MUTANT=%.64s '%.1024s' --seed %llu --programs %lld --until-failure --limit %d 2>/dev/null",
        name, program, (unsigned long long)c->seed, (long long)c->programs, c->limit_s);
    FILE *f = popen(command, "r");
    while (f && fgets(line, sizeof line, f)) {
        const char *only = strstr(line, "--only ");
        if (strncmp(line, "FAILED", 6) == 0 && only && found < 0) {
            found = atoll(only + 7);
            const char *what = strchr(only, ':');
            snprintf(out_what, room, "%s", what ? what + 2 : "");
            out_what[strcspn(out_what, "\n")] = 0;
        }
    }
    if (f)
        pclose(f);
    return found;
}

int mutants_main(const char *self, const oracle_command *c)
{
    char program[1024], names[64][64], what[200];
    int  missed = 0;
    beside(self, program, sizeof program);
    const int n = list(program, names, 64);
    if (n <= 0) {
        printf("cannot run %s: 0 passed, 1 failed\n", program);
        return 1;
    }
    printf("%-28s %9s  %s\n", "planted fault", "programs", "found by");
    for (int k = 0; k < n; ++k) {
        const int64_t found = hunt(program, names[k], c, what, sizeof what);
        missed += found < 0;
        if (found < 0)
            printf("%-28s %9s  nothing in %lld programs\n", names[k], "-", (long long)c->programs);
        else
            printf("%-28s %9lld  %s\n", names[k], (long long)found + 1, what);
        fflush(stdout);
    }
    printf("%d passed, %d failed\n", n - missed, missed);
    return missed > 0;
}
#endif
