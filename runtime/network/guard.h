/* network/guard.h - a wire's library that gives up calls abort(); here that ends the wire alone.
 *
 * UCX takes a peer that dies while it reads that peer's memory, or connects to it, for a fatal error.
 * For a run it is a lost rank, which heartbeats tell of within milliseconds, by name.  So a thread that
 * aborts inside the wire stays where it is, holding the wire's lock (what it guards is broken), and the
 * alarm ends the process in its own way; the heartbeat's thread, which must go on, jumps out of it.
 *
 *     guard_enter();  wire->progress(line);  guard_leave();
 *
 * Cost: two stores.  Threads: any. */
#ifndef NETWORK_GUARD_H
#define NETWORK_GUARD_H

#include <setjmp.h>
#include <stdbool.h>

/* The thread's own; its handler reads it. */
struct guard_thread {
    volatile int is_inside;
    sigjmp_buf  *out; /* where to go instead of staying; NULL: stay */
};
extern _Thread_local struct guard_thread guard_thread __attribute__((tls_model("initial-exec")));

/* From now on, for the process. */
void guard_install(void);
/* Did a thread abort inside the wire? */
bool guard_has_tripped(void);

static inline void guard_enter(void)
{
    guard_thread.is_inside = 1;
}

static inline void guard_leave(void)
{
    guard_thread.is_inside = 0;
}

/* Do `what`, which calls guard_enter itself; false: it aborted half way, and the wire must not be
 * touched again. */
#define GUARD_TRY(what)                                                                            \
    __extension__({                                                                                \
        sigjmp_buf    out_;                                                                        \
        volatile bool whole_ = false;                                                              \
        if (sigsetjmp(out_, 1) == 0) {                                                             \
            guard_thread.out = &out_;                                                              \
            what;                                                                                  \
            whole_ = true;                                                                         \
        }                                                                                          \
        guard_thread.out = NULL;                                                                   \
        guard_leave();                                                                             \
        whole_;                                                                                    \
    })

#endif
