/* apart.h - a forked child that runs programs and tells its parent through a pipe. */
#ifndef ORACLE_APART_H
#define ORACLE_APART_H

#include <sys/types.h>

#include "oracle.h"

/* What a child says: before a program (done: false) and after it. */
typedef struct message {
    uint64_t      index;
    bool          done;
    oracle_result result;
    feature_set   features;
} message;

typedef struct child {
    pid_t   pid;    /* 0: none */
    int     from;   /* its messages */
    int     errors; /* a file that holds its stderr */
    double  heard;  /* when it last said something, seconds */
    bool    busy;   /* a program is running */
    int64_t index, end;
} child;

double now_s(void);
/* Fork; in the child run `work(user, fd)` and exit. */
bool child_start(child *c, void (*work)(void *user, int to), void *user);
/* The next message; 1: there is one, 0: none within `seconds`, -1: the child has ended. */
int child_hear(child *c, double seconds, message *out);
/* Wait for it, killed first where it hangs; a text for how it ended ("" when well). */
void child_end(child *c, bool kill_it, char *out_text, size_t room);
bool message_send(int to, const message *m);

#endif
