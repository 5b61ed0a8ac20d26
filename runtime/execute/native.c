/* execute/native.c - formulas that are hot become code of this machine, beside the work.
 *
 * What a formula's rows cost is added up for each form: which arguments stand still along a row, which dimension
 * a row lies along.  Past a little the forms that were kept on disk are asked for; past a lot the form is
 * compiled.  Both by a thread of its own, which the first request starts; bodies take the compiled form from
 * when it is there.  It has the same bits, so nobody waits and ranks need not agree.
 *
 * Invariants: forms are filled under the lock; `run` and `asked` are what bodies read without it.  Counts of
 * work are lossy.  Cost: a body some loads.  Threads: bodies any; start and stop the issuing thread. */
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/plugin.h"
#include "execute/native/native.h"
#include "execute/program.h"

/* Elements times steps: where a disk is asked, and where a compiler's time, some tenths of a second, is soon back. */
enum { WARM = 4 << 20, HOT = 256 << 20, MOST_WAITING = 64, LEAST_WORK = 2048 };
enum { COMPILE_HOT, COMPILE_NEVER, COMPILE_AT_ONCE };
enum { ASKED_NOTHING, ASKED_KEPT, ASKED_ALL };

struct request {
    const struct formula_program *p;
    struct native_form           *form;
    bool                          kept_only;
};

struct native_state {
    int64_t                       when;
    enum native_vectors           vectors;
    const struct formula_kernels *kernels;
    pthread_mutex_t               lock;
    pthread_cond_t                work;
    pthread_t                     thread;
    bool                          started, has_no_plugin, has_no_compiler;
    atomic_bool                   stop;
    native_make                  *make;
    int                           n_waiting;
    struct request                waiting[MOST_WAITING];
};

struct native_state *native_start(const struct formula_kernels *k, int64_t when, enum native_vectors vectors)
{
    struct native_state *n = base_calloc(1, sizeof *n);
    if (n == NULL)
        return NULL;
    n->when = when;
    n->vectors = vectors;
    n->kernels = k;
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->work, NULL);
    return n;
}

void native_stop(struct native_state *n)
{
    if (n == NULL)
        return;
    pthread_mutex_lock(&n->lock);
    atomic_store(&n->stop, true);
    pthread_cond_signal(&n->work);
    pthread_mutex_unlock(&n->lock);
    if (n->started)
        pthread_join(n->thread, NULL);
    pthread_mutex_destroy(&n->lock);
    pthread_cond_destroy(&n->work);
    base_free(n);
}

const struct formula_kernels *native_kernels(const struct native_state *n)
{
    return n->kernels;
}

static bool plugin_find(struct native_state *n)
{
    union {
        void        *object;
        native_make *function;
    } symbol = {NULL};
    if (n->make != NULL || n->has_no_plugin)
        return n->make != NULL;
    void *plugin = plugin_load("tessera_native.so", "execute/native/");
    if (plugin != NULL)
        symbol.object = dlsym(plugin, NATIVE_SYMBOL);
    n->make = symbol.function;
    n->has_no_plugin = n->make == NULL;
    return n->make != NULL;
}

/* Make a form, without the lock. */
static void form_make(struct native_state *n, const struct request *r)
{
    struct formula_source *s = base_calloc(1, sizeof *s);
    native_run *run = NULL;
    if (s == NULL || !plugin_find(n)) {
        base_free(s);
        return;
    }
    execute_formula_read(r->p, s);
    const struct native_order order = {.source = s,
                                       .kernels = n->kernels,
                                       .still = (uint32_t)r->form->key,
                                       .inner = (int)(r->form->key >> 32),
                                       .block = (int)r->p->block,
                                       .vectors = n->vectors,
                                       .kept_only = r->kept_only,
                                       .stop = &n->stop};
    const enum native_answer answer = n->make(&order, &run);
    n->has_no_compiler |= answer == NATIVE_NO_COMPILER && !atomic_load(&n->stop);
    if (answer == NATIVE_REFUSED)
        atomic_store_explicit(&r->form->asked, ASKED_ALL, memory_order_relaxed);
    atomic_store_explicit(&r->form->run, run, memory_order_release);
    base_free(s);
}

static void *native_main(void *user)
{
    struct native_state *n = user;
    pthread_mutex_lock(&n->lock);
    while (!atomic_load(&n->stop)) {
        if (n->n_waiting == 0) {
            pthread_cond_wait(&n->work, &n->lock);
            continue;
        }
        const struct request r = n->waiting[0];
        memmove(n->waiting, n->waiting + 1, sizeof r * (size_t)--n->n_waiting);
        pthread_mutex_unlock(&n->lock);
        if (r.kept_only || !n->has_no_compiler)
            form_make(n, &r);
        pthread_mutex_lock(&n->lock);
    }
    pthread_mutex_unlock(&n->lock);
    return NULL;
}

/* Under the lock. */
static bool thread_start(struct native_state *n)
{
    if (!n->started && !atomic_load(&n->stop))
        n->started = pthread_create(&n->thread, NULL, native_main, n) == 0;
    return n->started;
}

static void ask(struct native_state *n, const struct formula_program *p, struct native_form *form, int what)
{
    pthread_mutex_lock(&n->lock);
    if (atomic_load_explicit(&form->asked, memory_order_relaxed) < what) {
        const struct request r = {p, form, what == ASKED_KEPT};
        if (n->when == COMPILE_AT_ONCE) {
            form_make(n, &r);
            atomic_store_explicit(&form->asked, what, memory_order_relaxed);
        } else if (n->n_waiting < MOST_WAITING && thread_start(n)) {
            n->waiting[n->n_waiting++] = r;
            pthread_cond_signal(&n->work);
            atomic_store_explicit(&form->asked, what, memory_order_relaxed);
        }
    }
    pthread_mutex_unlock(&n->lock);
}

/* The form of this key; NULL: there are others already. */
static struct native_form *form_find(struct native_state *n, struct native_forms *forms, uint64_t key)
{
    for (int tries = 0; tries < 2; ++tries) {
        const int known = atomic_load_explicit(&forms->n, memory_order_acquire);
        for (int i = 0; i < known; ++i)
            if (forms->form[i].key == key)
                return &forms->form[i];
        if (known == MOST_FORMS || tries == 1)
            return NULL;
        pthread_mutex_lock(&n->lock);
        if (atomic_load_explicit(&forms->n, memory_order_relaxed) == known) {
            forms->form[known].key = key;
            atomic_store_explicit(&forms->n, known + 1, memory_order_release);
        }
        pthread_mutex_unlock(&n->lock);
    }
    return NULL;
}

bool native_looks(const struct native_state *n, int64_t work, int64_t row)
{
    return n->when != COMPILE_NEVER &&
           ((work >= LEAST_WORK && row >= PROGRAM_LONG_ROW) || n->when == COMPILE_AT_ONCE);
}

native_run *native_of(struct native_state *n, const struct formula_program *p, uint64_t key, int64_t work)
{
    struct native_form *form = form_find(n, p->forms, key);
    if (form == NULL)
        return NULL;
    native_run *run = atomic_load_explicit(&form->run, memory_order_acquire);
    const int asked = atomic_load_explicit(&form->asked, memory_order_relaxed);
    if (run != NULL || asked == ASKED_ALL)
        return run;
    const int64_t done = atomic_load_explicit(&form->work, memory_order_relaxed) + work;
    atomic_store_explicit(&form->work, done, memory_order_relaxed);
    const int wanted = n->when == COMPILE_AT_ONCE || done >= HOT ? ASKED_ALL : done >= WARM ? ASKED_KEPT : ASKED_NOTHING;
    if (wanted > asked)
        ask(n, p, form, wanted);
    return atomic_load_explicit(&form->run, memory_order_acquire);
}
