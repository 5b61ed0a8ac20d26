/* faults/faults_program.h - one small program that meets most of the runtime, for tests in which
 * something fails: the n-th allocation, the n-th body, a rank.
 *
 * Whatever fails, the program goes on: it never looks whether a call succeeded before it makes the
 * next, as a program need not.  What it judges: a value that is read with TSR_OK is the value of a
 * sequential run, and a call that fails has a text that names what was made to fail. */
#ifndef TEST_FAULTS_PROGRAM_H
#define TEST_FAULTS_PROGRAM_H

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <tessera/tessera.h>

/* What a run saw; shared by its ranks. */
struct faults_seen {
    const char *words[3];     /* a failure's text has one of them; NULL: no more */
    _Atomic int failures;     /* calls that failed with a text that names the cause */
    _Atomic int wrong;        /* values that are wrong, or failures of another kind */
    _Atomic long bodies;      /* calls of bodies so far */
    long        fail_body;    /* number of the call of a body that fails; negative: none */
    char        text[512];    /* of the first that is wrong */
};

/* The program; `user` is a struct faults_seen.  Returns 0: it is judged by what was seen. */
int faults_program(int argc, char **argv, void *user);

#endif
