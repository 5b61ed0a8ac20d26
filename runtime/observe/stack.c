/* observe/stack.c - a stack of its own for each thread's crash handler.
 *
 * A body that recurses without end has no stack left for a handler.  The issuing thread and every worker
 * have another one, on which the flight recorder writes; a thread that has one already (a sanitizer's, the
 * program's own) keeps that.  Cost: 64 KiB a thread, touched only in a crash.  Threads: any, its own. */
#include <signal.h>

#include "base/alloc.h"
#include "observe/observe.h"

enum { STACK_BYTES = 64 << 10 }; /* the handler formats lines; a page or two are used */

void *observe_stack_take(void)
{
    stack_t before;
    if (sigaltstack(NULL, &before) != 0 || !(before.ss_flags & SS_DISABLE))
        return NULL;
    void         *memory = base_aligned(64, STACK_BYTES);
    const stack_t ours = {.ss_sp = memory, .ss_size = STACK_BYTES};
    if (memory && sigaltstack(&ours, NULL) == 0)
        return memory;
    base_free(memory);
    return NULL;
}

void observe_stack_give(void *memory)
{
    const stack_t none = {.ss_flags = SS_DISABLE};
    stack_t       now;
    if (!memory)
        return;
    if (sigaltstack(NULL, &now) == 0 && now.ss_sp == memory)
        sigaltstack(&none, NULL);
    base_free(memory);
}
