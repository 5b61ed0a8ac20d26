/* ar_peer.c - pipes to and from a peer; a question is a line, an answer is a line. */
#include "ar_peer.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_BYTES = 1024 };

static bool ask(ar_peer *p, char *answer, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    vfprintf(p->to, format, words);
    va_end(words);
    fputc('\n', p->to);
    if (fflush(p->to) != 0 || fgets(answer, ANSWER_BYTES, p->from) == NULL)
        return false;
    answer[strcspn(answer, "\n")] = '\0';
    return true;
}

static void died(const ar_peer *p, const char *at)
{
    fprintf(stderr, "arrays: %s ended while it was asked to %s\n", p->name, at);
    exit(1);
}

bool ar_peer_start(ar_peer *p, const char *python, const char *script, const char *name)
{
    int  there[2], back[2];
    char answer[ANSWER_BYTES];
    *p = (ar_peer){.name = name};
    if (pipe2(there, O_CLOEXEC) != 0 || pipe2(back, O_CLOEXEC) != 0)
        return false;
    p->process = fork();
    if (p->process == 0) {
        dup2(there[0], STDIN_FILENO);
        dup2(back[1], STDOUT_FILENO);
        execl(python, python, script, name, (char *)NULL);
        _exit(127);
    }
    close(there[0]);
    close(back[1]);
    p->to = fdopen(there[1], "w");
    p->from = fdopen(back[0], "r");
    if (p->process < 0 || p->to == NULL || p->from == NULL || !ask(p, answer, "versions")) {
        fprintf(stderr, "arrays: %s does not start (%s %s)\n", name, python, script);
        return false;
    }
    snprintf(p->versions, sizeof p->versions, "%.*s", (int)sizeof p->versions - 1, answer);
    return true;
}

bool ar_peer_prepare(ar_peer *p, const char *program, int64_t size)
{
    char answer[ANSWER_BYTES];
    if (!ask(p, answer, "prepare %s %lld", program, (long long)size))
        died(p, program);
    return strcmp(answer, "ready") == 0;
}

void ar_peer_run(ar_peer *p, ar_run *out)
{
    char answer[ANSWER_BYTES], *at = answer;
    if (!ask(p, answer, "run"))
        died(p, "run");
    out->seconds = strtod(at, &at);
    for (out->n_checksums = 0; out->n_checksums < AR_CHECKSUMS; ++out->n_checksums) {
        char        *end;
        const double x = strtod(at, &end);
        if (end == at)
            break;
        out->checksum[out->n_checksums] = x;
        at = end;
    }
}

void ar_peer_end(ar_peer *p)
{
    fclose(p->to);
    fclose(p->from);
    waitpid(p->process, NULL, 0);
}
