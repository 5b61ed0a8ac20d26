/* array_map.c - users' formulas over arrays.
 *
 * What the text reader understands is issued as a formula of the runtime. What it does not is a
 * task of its own around the loop that the host compiler made; its operands are float64 arrays,
 * stretched.
 *
 * The list of formulas says which texts this process has: it is made before main, and read after.
 * It is the one thing of this library that no runtime owns. Threads: any; the calls on arrays the
 * issuing thread. */
#include <pthread.h>
#include <string.h>

#include "array_build.h"
#include "array_formula_text.h"

/* ---- the formulas of this process ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static nd_formula     *known; /* under `lock` */

void nd_formula_register_(nd_formula *f)
{
    pthread_mutex_lock(&lock);
    f->next = known;
    known = f;
    pthread_mutex_unlock(&lock);
}

void nd_formula_unregister_(nd_formula *f)
{
    pthread_mutex_lock(&lock);
    for (nd_formula **at = &known; *at; at = &(*at)->next)
        if (*at == f) {
            *at = f->next;
            break;
        }
    pthread_mutex_unlock(&lock);
}

const nd_formula *array_formula_find(const nd_formula *caller, const char *name, size_t length)
{
    const nd_formula *found = NULL;
    pthread_mutex_lock(&lock);
    for (const nd_formula *f = known; f && !found; f = f->next)
        if (strlen(f->name) == length && memcmp(f->name, name, length) == 0 &&
            strcmp(f->file, caller->file) == 0)
            found = f;
    pthread_mutex_unlock(&lock);
    return found;
}

bool nd_formula_is_read_(const nd_formula *f, const char **out_why)
{
    static _Thread_local char why[ARRAY_WHY];
    tsr_formula               formula;
    tsr_term                  x[ND_FORMULA_PARAMS];
    why[0] = '\0';
    tsr_formula_begin(&formula, f->name);
    for (int i = 0; i < f->n; ++i)
        x[i] = tsr_formula_input(&formula, TSR_F64);
    array_formula_read(&formula, f, x, 0, why);
    *out_why = why;
    return why[0] == '\0';
}

/* ---- the host compiler's loop, as a task ---- */

/* One row of the piece: `at` are the indices of its first element. */
static void row_run(const nd_formula *f, const tsr_raw_window *w, const int64_t *at, int64_t n)
{
    const double *in[ND_FORMULA_PARAMS];
    int64_t       step[ND_FORMULA_PARAMS + 1];
    double       *out = NULL;
    for (int i = 0; i <= f->n; ++i) {
        int64_t offset = 0;
        for (int d = 0; d < w[0].rank; ++d)
            offset += at[d] * w[i].stride[d];
        double *p = (double *)(void *)w[i].origin + offset;
        step[i] = w[0].rank > 0 ? w[i].stride[w[0].rank - 1] : 0;
        if (i == 0)
            out = p;
        else
            in[i - 1] = p;
    }
    f->loop(out, step[0], in, step + 1, n);
}

tsr_status nd_formula_run_(const tsr_task_context *t, const nd_formula *f)
{
    tsr_raw_window w[ND_FORMULA_PARAMS + 1];
    int64_t        at[TSR_MAX_RANK] = {0};
    for (int i = 0; i <= f->n; ++i)
        w[i] = tsr_raw_window_of(t, i);
    const int last = w[0].rank - 1;
    for (int d = 0; d <= last; ++d) {
        at[d] = w[0].low[d];
        if (w[0].low[d] >= w[0].high[d])
            return TSR_OK;
    }
    for (;;) {
        row_run(f, w, at, last < 0 ? 1 : w[0].high[last] - w[0].low[last]);
        int d = last - 1;
        while (d >= 0 && ++at[d] == w[0].high[d]) {
            at[d] = w[0].low[d];
            --d;
        }
        if (d < 0)
            return TSR_OK;
    }
}

/* ---- the call ---- */

/* A call under way. */
struct map {
    const nd_formula *f;
    const nd_operand *x;
    array_info        info[ND_FORMULA_PARAMS];
    nd_shape          shape;
    tsr_site          at;
};

/* An operand as a float64 array of the whole shape. */
static tsr_store operand_whole(const struct map *m, int i)
{
    const nd_shape single = {0, {0}};
    array_element  e;
    if (m->x[i].kind != ND_OPERAND_ARRAY) {
        if (array_element_of(TSR_F64, &m->x[i], &e, m->at) != TSR_OK)
            return tsr_store_failed_(m->at);
        const tsr_store number = tsr_store_filled_(TSR_F64, single, e.bytes, m->at);
        const tsr_store whole = array_stretch(number, &single, &m->shape, m->at);
        tsr_store_release_(number, m->at);
        return whole;
    }
    if (m->info[i].type == TSR_F64)
        return array_stretch(nd_store(m->x[i].array), &m->info[i].shape, &m->shape, m->at);
    const nd_array  as_real = nd_astype_(m->x[i].array, TSR_F64, m->at);
    const tsr_store whole = array_stretch(nd_store(as_real), &m->info[i].shape, &m->shape, m->at);
    tsr_store_release_(nd_store(as_real), m->at);
    return whole;
}

static nd_array run_loop(const struct map *m)
{
    tsr_arg        arg[ND_FORMULA_PARAMS + 1];
    const nd_array out = nd_empty_(TSR_F64, m->shape, m->at);
    arg[0] = tsr_arg_store(nd_store(out));
    for (int i = 0; i < m->f->n; ++i)
        arg[i + 1] = tsr_arg_store(operand_whole(m, i));
    const tsr_status s = tsr_issue_(m->f->task, arg, m->f->n + 1,
                                    &(tsr_launch){.size = sizeof(tsr_launch), .at = m->at});
    (void)s; /* `out` carries the cause */
    for (int i = 0; i < m->f->n; ++i)
        tsr_store_release_(arg[i + 1].store, m->at);
    return out;
}

/* As a formula of the runtime; false: its text is not read. */
static bool run_formula(const struct map *m, nd_array *out)
{
    struct array_call c;
    array_element     e;
    tsr_term          x[ND_FORMULA_PARAMS];
    char              why[ARRAY_WHY] = "";
    array_call_begin(&c, m->f->name, m->at);
    for (int i = 0; i < m->f->n; ++i) {
        if (m->x[i].kind == ND_OPERAND_ARRAY) {
            x[i] = array_call_store(&c, m->x[i].array, m->info[i].type);
            x[i] = array_cast(&c.formula, x[i], TSR_F64);
            continue;
        }
        if (array_element_of(TSR_F64, &m->x[i], &e, m->at) != TSR_OK)
            return false;
        x[i] = array_call_value(&c, TSR_F64, &e);
    }
    const tsr_term t = array_formula_read(&c.formula, m->f, x, 0, why);
    if (why[0])
        return false;
    tsr_formula_output(&c.formula, t);
    *out = array_call_make(&c, TSR_F64, &m->shape);
    return true;
}

nd_array nd_map_(const nd_formula *f, const nd_operand *x, int n, tsr_site at)
{
    struct map m = {.f = f, .x = x, .at = at};
    nd_array   answer;
    if (n != f->n)
        return ARRAY_FAIL(at, BAD_ARGUMENT, "%s%s takes %d operands, not %d", f->name, f->params,
                          f->n, n);
    for (int i = 0; i < n; ++i) {
        if (x[i].kind == ND_OPERAND_COMPLEX)
            return ARRAY_FAIL(at, BAD_TYPE, "%s takes no complex number", f->name);
        if (x[i].kind != ND_OPERAND_ARRAY)
            continue;
        if (!array_begin(x[i].array, &m.info[i], &answer, at))
            return answer;
        if (array_kind_of(m.info[i].type) == KIND_COMPLEX)
            return ARRAY_FAIL(at, BAD_TYPE, "%s takes no %s", f->name,
                              nd_type_name(m.info[i].type));
        const nd_shape was = m.shape;
        if (!array_broadcast(&m.shape, &m.info[i].shape))
            return ARRAY_FAIL(at, BAD_SHAPE, "%s and %s", array_shape_text(&was).text,
                              array_shape_text(&m.info[i].shape).text);
    }
    return run_formula(&m, &answer) ? answer : run_loop(&m);
}

/* ---- a formula of indices ---- */

/* The indices along dimension `d`, float64, of the whole shape. */
static nd_operand indices_along(const nd_shape *shape, int d, tsr_site at)
{
    struct array_call c;
    const nd_shape    row = {1, {shape->extent[d]}};
    array_call_begin(&c, "indices", at);
    const tsr_term i = array_cast(&c.formula, tsr_formula_index(&c.formula, 0), TSR_F64);
    tsr_formula_output(&c.formula, i);
    tsr_store s = nd_store(array_call_make(&c, TSR_F64, &row));
    for (int k = 0; k < shape->rank; ++k) {
        if (k == d)
            continue;
        const tsr_store next = tsr_promote_(s, k, shape->extent[k], at);
        tsr_store_release_(s, at);
        s = next;
    }
    return nd_operand_array(nd_from_store(s));
}

/* By the host compiler's loop. */
static nd_array fromfunction_loop(const nd_formula *f, const nd_shape *shape, tsr_site at)
{
    nd_operand index[ND_FORMULA_PARAMS];
    for (int d = 0; d < f->n; ++d)
        index[d] = indices_along(shape, d, at);
    const nd_array out = nd_map_(f, index, f->n, at);
    for (int d = 0; d < f->n; ++d)
        nd_release_(index[d].array, at);
    return out;
}

nd_array nd_fromfunction_(const nd_formula *f, nd_shape shape, tsr_site at)
{
    struct array_call c;
    tsr_term          x[ND_FORMULA_PARAMS];
    char              why[ARRAY_WHY] = "";
    if (shape.rank != f->n)
        return ARRAY_FAIL(at, BAD_ARGUMENT,
                          "%s%s takes %d indices; of %d dimensions there are as many", f->name,
                          f->params, f->n, shape.rank);
    array_call_begin(&c, f->name, at);
    for (int d = 0; d < f->n; ++d)
        x[d] = array_cast(&c.formula, tsr_formula_index(&c.formula, d), TSR_F64);
    const tsr_term t = array_formula_read(&c.formula, f, x, 0, why);
    if (why[0])
        return fromfunction_loop(f, &shape, at);
    tsr_formula_output(&c.formula, t);
    return array_call_make(&c, TSR_F64, &shape);
}
