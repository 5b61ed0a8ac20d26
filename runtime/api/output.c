/* api/output.c - stdout of processes other than rank 0.
 *
 * A program prints as if it were alone; N processes would print N times.  The descriptor is turned to
 * /dev/null while the runtime lives, so that printf, write and libraries are all silent; what was
 * buffered before is written out first.
 *
 * Threads: the one that starts and finishes. */
#include "api/output.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int output_silence(void)
{
    fflush(stdout);
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const int saved = nowhere >= 0 ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : -1;
    if (saved >= 0)
        (void)dup2(nowhere, STDOUT_FILENO);
    if (nowhere >= 0)
        close(nowhere);
    return saved;
}

void output_restore(int saved)
{
    if (saved < 0)
        return;
    fflush(stdout);
    (void)dup2(saved, STDOUT_FILENO);
    close(saved);
}
