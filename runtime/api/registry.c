/* api/registry.c - a program that exits without tsr_finish() is told so.
 *
 * Nothing hangs off this list but words: the error for a thread that has no runtime names the line
 * where another thread started one, and an exit() that leaves runtimes behind prints their lines.
 * The printing is registered with the first runtime of the process. It frees nothing and waits for
 * nobody: workers run on until the process is gone. Threads: any, under a lock. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/registry.h"
#include "api/state.h"

static pthread_mutex_t     lock = PTHREAD_MUTEX_INITIALIZER;
static struct tsr_runtime *alive; /* under lock, by ->api->next */
static pthread_once_t      hooked = PTHREAD_ONCE_INIT;

/* The process exits; nobody needs the lock any more, and a thread that holds it is of no concern. */
static void exit_report(void)
{
    const bool is_locked = pthread_mutex_trylock(&lock) == 0;
    for (const struct tsr_runtime *rt = alive; rt; rt = rt->api->next) {
        const tsr_site at = rt->api->started_at;
        fprintf(stderr,
                "tessera: the program ends without tsr_finish(): the runtime started at %s:%d, in "
                "%s(), was not finished; work may be lost\n",
                at.file, at.line, at.function);
        if (rt->n_ranks > 1)
            break; /* one line for all ranks */
    }
    fflush(stderr);
    if (is_locked)
        pthread_mutex_unlock(&lock);
}

static void hook(void)
{
    atexit(exit_report);
}

void registry_add(struct tsr_runtime *rt)
{
    pthread_once(&hooked, hook);
    pthread_mutex_lock(&lock);
    rt->api->next = alive;
    alive = rt;
    pthread_mutex_unlock(&lock);
}

void registry_remove(struct tsr_runtime *rt)
{
    pthread_mutex_lock(&lock);
    for (struct tsr_runtime **at = &alive; *at; at = &(*at)->api->next)
        if (*at == rt) {
            *at = rt->api->next;
            break;
        }
    pthread_mutex_unlock(&lock);
}

bool registry_find(tsr_site *out_started_at)
{
    pthread_mutex_lock(&lock);
    const bool is_any = alive != NULL;
    if (is_any)
        *out_started_at = alive->api->started_at;
    pthread_mutex_unlock(&lock);
    return is_any;
}
