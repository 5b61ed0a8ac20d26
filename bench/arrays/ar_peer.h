/* ar_peer.h - a peer as a child process that runs the same programs (bench/peers/arrays.py). */
#ifndef AR_PEER_H
#define AR_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { AR_CHECKSUMS = 6 }; /* of each result its mean and the mean of its squares */

typedef struct ar_peer {
    const char *name;
    char        versions[128];
    pid_t       process;
    FILE       *to, *from;
} ar_peer;

/* What one run gave. */
typedef struct ar_run {
    double seconds;
    double checksum[AR_CHECKSUMS];
    int    n_checksums;
} ar_run;

/* Start a peer; false, and a line on stderr: it does not start. */
bool ar_peer_start(ar_peer *p, const char *python, const char *script, const char *name);
/* Make the input of a program and warm up; false: the peer has none of this name.  Exits when it died. */
bool ar_peer_prepare(ar_peer *p, const char *program, int64_t size);
/* One run of what was prepared.  Exits when the peer died. */
void ar_peer_run(ar_peer *p, ar_run *out);
void ar_peer_end(ar_peer *p);

#endif
