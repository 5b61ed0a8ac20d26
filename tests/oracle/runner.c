/* runner.c - runs a program on the runtime, through the public headers, and compares what it shows.
 *
 * Every rank (a thread) walks the same records.  What must be observed stands beside each record; the
 * first difference on any rank is kept, and the walk goes on so that ranks stay together. */
#include "oracle.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What the ranks of one run share. */
typedef struct run {
    const oracle_program *p;
    oracle_result        *result;
    pthread_mutex_t       lock;
    const oracle_op      *by_id[MAX_OPS];
    uint8_t              *cover[MAX_OPS];             /* LOCAL: how often each element was there */
    uint8_t              *buffer[MAX_RANKS][MAX_OPS]; /* attached memory, whole in C order */
    int                   released[MAX_RANKS][MAX_OPS];
    tsr_machine           machine[MAX_RANKS];
    bool                  process; /* this is one rank, a process of its own */
} run;

/* One rank. */
typedef struct walker {
    run             *run;
    int              rank, n_scopes;
    tsr_type         struct_type;
    tsr_scope_guard_ scope[MAX_OPS];
    tsr_store        store[MAX_OPS];
    tsr_partition    part[MAX_OPS];
} walker;

static tsr_site site_of(const oracle_op *o)
{
    return (tsr_site){"program.c", "program", o->id};
}

static void differ(walker *w, int id, const char *what, ...) TSR_PRINTF(3, 4);
static void differ(walker *w, int id, const char *what, ...)
{
    pthread_mutex_lock(&w->run->lock);
    oracle_result *r = w->run->result;
    if (r->passed) {
        va_list list;
        int     n = snprintf(r->what, sizeof r->what, "record %d, rank %d: ", id, w->rank);
        va_start(list, what);
        vsnprintf(r->what + n, sizeof r->what - (size_t)n, what, list);
        va_end(list);
        r->passed = false;
    }
    pthread_mutex_unlock(&w->run->lock);
}

static tsr_type type_of(const walker *w, tsr_type t)
{
    return t >= TSR_TYPE_STRUCT_ ? w->struct_type : t;
}

static void want_ok(walker *w, const oracle_op *o, tsr_status s, const char *call)
{
    if (s != TSR_OK)
        differ(w, o->id, "%s gave %s: %.700s", call, tsr_status_name(s), tsr_error_text());
}

/* A call that waits: it must succeed, or fail with the text of the first cause. */
static bool want_outcome(walker *w, int id, bool failed, int cause, tsr_status s, const char *call)
{
    char             words[48], site[48];
    const oracle_op *first = failed ? w->run->by_id[cause] : NULL;
    const bool       mistake = failed && first->kind == OP_MISTAKE;
    snprintf(site, sizeof site, "program.c:%d", cause);
    snprintf(words, sizeof words, mistake ? "program.c:%d" : "failure of record %d.", cause);
    if (!failed && s != TSR_OK)
        differ(w, id, "%s gave %s: %.700s", call, tsr_status_name(s), tsr_error_text());
    if (failed && s != (mistake ? TSR_BAD_ARGUMENT : TSR_TASK_FAILED))
        differ(w, id, "%s gave %s, want the failure of record %d", call, tsr_status_name(s), cause);
    else if (failed && !strstr(tsr_error_text(), words))
        differ(w, id, "%s: want the %s  Got: %.700s", call, words, tsr_error_text());
    else if (failed && !strstr(tsr_error_text(), site))
        differ(w, id, "%s: the line %s is not told: %.700s", call, site, tsr_error_text());
    else if (failed && !mistake && first->provenance &&
             !strstr(tsr_error_text(), oracle_provenance[first->provenance]))
        differ(w, id, "%s: \"%s\" is not told: %.700s", call, oracle_provenance[first->provenance],
               tsr_error_text());
    return s == TSR_OK && !failed;
}

/* ---- stores ---- */

static void released(void *data, void *user)
{
    (void)data;
    ++*(int *)user;
}

static int64_t volume_of(const tsr_shape *shape)
{
    int64_t n = 1;
    for (int d = 0; d < shape->rank; ++d)
        n *= shape->extent[d];
    return n;
}

static uint8_t *fresh_buffer(walker *w, const oracle_op *o, size_t bytes)
{
    return w->run->buffer[w->rank][o->id] = aligned_alloc(64, (bytes + 64) & ~(size_t)63);
}

static void do_attach(walker *w, const oracle_op *o)
{
    const tsr_attach_mode mode = o->p[0] ? TSR_ATTACH_WRITE : TSR_ATTACH_READ;
    const size_t          bytes = (size_t)volume_of(&o->shape) * el_size(o->type);
    int                  *count = &w->run->released[w->rank][o->id];
    const tsr_type        t = type_of(w, o->type);
    if (o->kind == OP_ATTACH) {
        uint8_t *b = fresh_buffer(w, o, bytes);
        tsr_box  all = {.rank = o->shape.rank};
        memcpy(all.high, o->shape.extent, sizeof all.high);
        tile_elements(o, &all, NULL, b);
        w->store[o->id] = tsr_attach_(t, o->shape, b, mode, released, count, site_of(o));
        return;
    }
    tsr_tile  tile[MAX_TILES];
    uint8_t  *b = fresh_buffer(w, o, bytes + 64 * MAX_TILES);
    const int n = tiles_deal(o, w->run->p->config.ranks, w->rank, b, tile);
    for (int k = 0; k < n; ++k)
        tile_elements(o, &tile[k].box, NULL, tile[k].data);
    w->store[o->id] = tsr_attach_tiles_(t, o->shape, tile, n, mode, released, count, site_of(o));
}

static void do_create(walker *w, const oracle_op *o)
{
    const tsr_type t = type_of(w, o->type);
    char           value[64];
    if (o->kind == OP_CREATE) {
        w->store[o->id] = tsr_store_create_(t, o->shape, site_of(o));
    } else if (o->kind == OP_UNBOUND) {
        w->store[o->id] = tsr_store_unbound_(t, o->shape, site_of(o));
    } else {
        el_from_u64(o->type, o->seed, false, value);
        w->store[o->id] = tsr_store_filled_(t, o->shape, value, site_of(o));
    }
}

static void do_view(walker *w, const oracle_op *o)
{
    const tsr_store s = w->store[o->a];
    const tsr_site  at = site_of(o);
    tsr_store      *v = &w->store[o->id];
    int             order[TSR_MAX_RANK];
    for (int d = 0; d < TSR_MAX_RANK; ++d)
        order[d] = (int)o->p[d];
    switch (o->kind) {
    case OP_SLICE: *v = tsr_slice_(s, (int)o->p[0], o->p[1], o->p[2], o->p[3], at); break;
    case OP_TRANSPOSE: *v = tsr_transpose_(s, order, at); break;
    case OP_PROJECT: *v = tsr_project_(s, (int)o->p[0], o->p[1], at); break;
    case OP_PROMOTE: *v = tsr_promote_(s, (int)o->p[0], o->p[1], at); break;
    case OP_BROADCAST: *v = tsr_broadcast_(s, (int)o->p[0], o->p[1], at); break;
    case OP_REINTERPRET: *v = tsr_reinterpret_(s, type_of(w, o->type), at); break;
    case OP_DELINEARIZE: *v = tsr_delinearize_(s, (int)o->p[0], o->p + 2, (int)o->p[1], at); break;
    case OP_DIAGONAL: *v = tsr_diagonal_(s, (int)o->p[0], (int)o->p[1], at); break;
    default: *v = tsr_seal_(s, at); break;
    }
}

/* ---- content ---- */

static void do_write(walker *w, const oracle_op *o)
{
    char           value[64];
    const tsr_type t = o->type_now;
    if (o->kind == OP_FILL) {
        el_from_u64(t, o->seed, false, value);
        want_ok(w, o, tsr_fill_(w->store[o->a], value, site_of(o)), "tsr_fill");
        return;
    }
    const int64_t n = volume_of(&o->shape_now);
    const size_t  size = el_size(t);
    uint8_t      *data = malloc((size_t)n * size + 1);
    for (int64_t k = 0; k < n; ++k)
        el_from_u64(t, hash_pair(o->seed, (uint64_t)k), false, data + (size_t)k * size);
    want_ok(w, o, tsr_write_(w->store[o->a], data, (size_t)n * size, site_of(o)), "tsr_write");
    free(data);
}

static void want_bytes(walker *w, int id, const char *call, tsr_type t, const tsr_shape *shape,
                       const uint8_t *got, const uint8_t *want)
{
    char text[400];
    if (compare_bytes(t, shape, got, want, text, sizeof text))
        differ(w, id, "%s: %s", call, text);
}

static void do_read(walker *w, const oracle_op *o)
{
    const bool  value = o->kind == OP_VALUE;
    const char *call = value ? "tsr_value" : "tsr_read";
    uint8_t    *got = malloc(o->bytes + 1);
    memset(got, 0xb7, o->bytes + 1);
    const tsr_reading how = {sizeof how, site_of(o), NULL};
    const tsr_status s = value ? tsr_value_(w->store[o->a], got, o->bytes, &how)
                               : tsr_read_(w->store[o->a], got, o->bytes, &how);
    for (size_t k = o->failed ? 0 : o->bytes; k <= o->bytes; ++k)
        if (got[k] != 0xb7) {
            differ(w, o->id, "%s wrote where it must not", call);
            break;
        }
    if (want_outcome(w, o->id, o->failed, o->cause, s, call))
        want_bytes(w, o->id, call, o->type_now, &o->shape_now, got, o->expect);
    free(got);
}

static void do_shape(walker *w, const oracle_op *o)
{
    const tsr_shape s = tsr_store_shape_(w->store[o->a], site_of(o));
    bool            same = s.rank == o->shape_now.rank;
    for (int d = 0; same && d < s.rank; ++d)
        same = s.extent[d] == o->shape_now.extent[d];
    if (!same)
        differ(w, o->id, "tsr_store_shape gave %d dimensions, first extent %lld; want %d, %lld",
               s.rank, (long long)s.extent[0], o->shape_now.rank,
               (long long)o->shape_now.extent[0]);
    if (tsr_store_type_(w->store[o->a], site_of(o)) != type_of(w, o->type_now))
        differ(w, o->id, "tsr_store_type is wrong");
}

/* Compare one local piece with what is expected of its box, and note what it covers. */
static void check_piece(walker *w, const oracle_op *o, const tsr_piece *q)
{
    int64_t      i[TSR_MAX_RANK];
    const size_t size = el_size(o->type_now);
    for (int d = 0; d < o->shape_now.rank; ++d)
        if (q->box.low[d] < 0 || q->box.high[d] > o->shape_now.extent[d]) {
            differ(w, o->id, "tsr_local_pieces: a box passes the store");
            return;
        }
    for (bool more = box_first(o->shape_now.rank, q->box.low, q->box.high, i); more;
         more = box_next(o->shape_now.rank, q->box.low, q->box.high, i)) {
        int64_t at = 0, place = 0;
        for (int d = 0; d < o->shape_now.rank; ++d) {
            place = place * o->shape_now.extent[d] + i[d];
            at += (i[d] - q->box.low[d]) * q->stride[d];
        }
        __atomic_fetch_add(&w->run->cover[o->id][place], 1, __ATOMIC_RELAXED);
        if (memcmp((const uint8_t *)q->data + at * (int64_t)size, o->expect + (size_t)place * size,
                   size) != 0) {
            differ(w, o->id, "tsr_local_pieces: element %lld is wrong", (long long)place);
            return;
        }
    }
}

static void do_local(walker *w, const oracle_op *o)
{
    enum { ROOM = 512 };
    tsr_piece       *q = calloc(ROOM, sizeof *q);
    int              n = 0;
    const tsr_status s = tsr_local_pieces_(w->store[o->a], q, ROOM, &n, site_of(o));
    want_ok(w, o, s, "tsr_local_pieces");
    if (s == TSR_OK && n > ROOM)
        differ(w, o->id, "tsr_local_pieces: %d pieces", n);
    for (int k = 0; s == TSR_OK && k < n && k < ROOM; ++k)
        check_piece(w, o, &q[k]);
    free(q);
}

/* The attached memory after tsr_detach: all of it, or this rank's tiles. */
static void check_buffer(walker *w, const oracle_op *made, int id, const tsr_shape *shape,
                         const uint8_t *want)
{
    uint8_t *b = w->run->buffer[w->rank][made->id];
    if (made->kind == OP_ATTACH) {
        want_bytes(w, id, "tsr_detach", made->type, shape, b, want);
        return;
    }
    tsr_tile  tile[MAX_TILES];
    uint8_t  *part = malloc((size_t)volume_of(shape) * el_size(made->type) + 1);
    const int n = tiles_deal(made, w->run->p->config.ranks, w->rank, b, tile);
    for (int k = 0; k < n; ++k) {
        tsr_shape extent = *shape;
        for (int d = 0; d < extent.rank; ++d)
            extent.extent[d] = tile[k].box.high[d] - tile[k].box.low[d];
        tile_elements(made, &tile[k].box, want, part);
        want_bytes(w, id, "tsr_detach of tiles", made->type, &extent, tile[k].data, part);
    }
    free(part);
}

static void do_detach(walker *w, const oracle_op *o)
{
    const tsr_status s = tsr_detach_(w->store[o->a], site_of(o));
    want_ok(w, o, s, "tsr_detach");
    if (s == TSR_OK)
        check_buffer(w, w->run->by_id[o->a], o->id, &o->shape_now, o->expect);
}

/* ---- partitions ---- */

static void do_boxes(walker *w, const oracle_op *o)
{
    tsr_box *box = calloc((size_t)o->p[0], sizeof *box);
    rng      r = {o->seed};
    for (int64_t k = 0; k < o->p[0]; ++k) {
        box[k].rank = o->shape.rank;
        for (int d = 0; d < o->shape.rank; ++d) {
            box[k].low[d] = rng_below(&r, o->shape.extent[d]);
            box[k].high[d] = box[k].low[d] + rng_below(&r, o->shape.extent[d] - box[k].low[d] + 1);
        }
    }
    w->part[o->id] = tsr_partition_boxes_(o->shape, box, o->p[0], site_of(o));
    free(box);
}

static void do_projection(walker *w, const oracle_op *o)
{
    const int64_t from = tsr_partition_points(w->part[o->a]);
    int64_t       table[64];
    for (int64_t k = 0; k < o->p[0]; ++k)
        table[k] = (int64_t)(hash_pair(o->seed, (uint64_t)k) % (uint64_t)(from + 1)) - 1;
    w->part[o->id] = tsr_partition_project_(w->part[o->a], table, o->p[0], site_of(o));
}

/* ---- tasks ---- */

static tsr_arg value_arg(walker *w, const oracle_arg *a, tsr_type t, char *room)
{
    int64_t v = a->value;
    if (a->reg >= 0) {
        const oracle_op *r = w->run->by_id[a->reg];
        uint64_t         bits = 0;
        memcpy(&bits, r->expect, r->bytes < 8 ? r->bytes : 8);
        v = (int64_t)(bits % 5);
    }
    if (el_is_integer(t))
        return tsr_arg_i64(v);
    if (el_is_float(t))
        return tsr_arg_f64((double)v);
    el_from_i64(t, v, room);
    return tsr_arg_data(t, room);
}

static void do_task(walker *w, const oracle_op *o)
{
    const tsr_task_desc *d = &w->run->p->desc[o->desc].d;
    tsr_arg              arg[MAX_TASK_ARGS];
    char                 room[MAX_TASK_ARGS][16];
    for (int k = 0; k < o->n_args; ++k) {
        const oracle_arg *a = &o->arg[k];
        if (a->handle >= 0 && a->partition >= 0)
            arg[k] = tsr_arg_cut(w->store[a->handle], w->part[a->partition]);
        else if (a->handle >= 0)
            arg[k] = tsr_arg_store(w->store[a->handle]);
        else if (d->args[k].type == PARAMS_TYPE)
            arg[k] = tsr_arg_data(PARAMS_TYPE, &o->params);
        else
            arg[k] = value_arg(w, a, d->args[k].type, room[k]);
    }
    const tsr_launch how = {
        .size = sizeof how, .at = site_of(o), .points = o->points, .priority = o->priority};
    if (o->kind == OP_EXPLAIN) {
        const char *text = tsr_explain_(d, arg, o->n_args, &how);
        if (!text || !*text)
            differ(w, o->id, "tsr_explain said nothing");
        return;
    }
    const tsr_status s = tsr_issue_(d, arg, o->n_args, &how);
    if (o->refused)
        want_outcome(w, o->id, true, o->cause, s, "tsr_issue");
    else
        want_ok(w, o, s, "tsr_issue");
}

/* ---- a record ---- */

static void do_fence(walker *w, const oracle_op *o)
{
    const tsr_status s = tsr_fence_(site_of(o));
    if (o->fence == 0 && s != TSR_OK)
        differ(w, o->id, "tsr_fence gave %s: %.700s", tsr_status_name(s), tsr_error_text());
    if (o->fence == 1 && s != TSR_TASK_FAILED)
        differ(w, o->id, "tsr_fence gave %s, but a task failed", tsr_status_name(s));
}

static void do_agree(walker *w, const oracle_op *o)
{
    uint64_t v[3];
    for (int k = 0; k < 3; ++k)
        v[k] = hash_pair(o->seed, (uint64_t)(w->rank * 3 + k));
    want_ok(w, o, tsr_agree_(v, sizeof v, site_of(o)), "tsr_agree");
    for (int k = 0; k < 3; ++k)
        if (v[k] != hash_pair(o->seed, (uint64_t)k))
            differ(w, o->id, "tsr_agree: not rank 0's bytes");
}

static void do_kind(walker *w, const oracle_op *o)
{
    const tsr_site at = site_of(o);
    switch (o->kind) {
    case OP_CREATE:
    case OP_FILLED:
    case OP_UNBOUND: do_create(w, o); break;
    case OP_ATTACH:
    case OP_ATTACH_TILES: do_attach(w, o); break;
    case OP_RELEASE: tsr_store_release_(w->store[o->a], at); break;
    case OP_KEEP: w->store[o->a] = tsr_store_keep_(w->store[o->a], at); break;
    case OP_ENTER: w->scope[w->n_scopes++] = tsr_scope_enter_(at); break;
    case OP_LEAVE: tsr_scope_leave_(&w->scope[--w->n_scopes]); break;
    case OP_DETACH: do_detach(w, o); break;
    case OP_FILL:
    case OP_WRITE: do_write(w, o); break;
    case OP_COPY: want_ok(w, o, tsr_copy_(w->store[o->a], w->store[o->b], at), "tsr_copy"); break;
    case OP_READ:
    case OP_VALUE: do_read(w, o); break;
    case OP_STATUS:
        want_outcome(w, o->id, o->failed, o->cause, tsr_store_status_(w->store[o->a], at),
                     "tsr_store_status");
        break;
    case OP_SHAPE: do_shape(w, o); break;
    case OP_LOCAL: do_local(w, o); break;
    case OP_TILES: w->part[o->id] = tsr_partition_tiles_(o->shape, o->p, at); break;
    case OP_BOXES: do_boxes(w, o); break;
    case OP_PROJECTION: do_projection(w, o); break;
    case OP_END_PARTITION: tsr_partition_release_(w->part[o->a], at); break;
    case OP_TASK:
    case OP_EXPLAIN: do_task(w, o); break;
    case OP_MISTAKE:
        w->store[o->id] = tsr_slice_(w->store[o->a], 0, 0, o->shape_now.extent[0] + 1, 1, at);
        break;
    case OP_FENCE: do_fence(w, o); break;
    case OP_FLUSH: want_ok(w, o, tsr_flush_(at), "tsr_flush"); break;
    case OP_AGREE: do_agree(w, o); break;
    default: do_view(w, o); break;
    }
}

static void do_op(walker *w, const oracle_op *o)
{
    if (!o->provenance) {
        do_kind(w, o);
        return;
    }
    TSR_PROVENANCE(oracle_provenance[o->provenance]);
    do_kind(w, o);
}

/* ---- the end of a program ---- */

static void check_final(walker *w, const oracle_final *f)
{
    const tsr_site   at = {"program.c", "end", f->id};
    uint8_t         *got = calloc(1, f->bytes + 1);
    const tsr_status s = tsr_read_(w->store[f->id], got, f->bytes, &(tsr_reading){sizeof(tsr_reading), at, NULL});
    if (want_outcome(w, f->id, f->failed, f->cause, s, "tsr_read at the end"))
        want_bytes(w, f->id, "tsr_read at the end", f->type, &f->shape, got, f->expect);
    free(got);
}

static void detach_final(walker *w, const oracle_final *f)
{
    const oracle_op *made = w->run->by_id[f->id];
    if ((made->kind != OP_ATTACH && made->kind != OP_ATTACH_TILES) || !made->p[0])
        return;
    const tsr_status s = tsr_detach_(w->store[f->id], (tsr_site){"program.c", "end", f->id});
    if (!f->failed && s != TSR_OK)
        differ(w, f->id, "tsr_detach at the end gave %s: %.700s", tsr_status_name(s),
               tsr_error_text());
    if (!f->failed && s == TSR_OK)
        check_buffer(w, made, f->id, &f->shape, f->expect);
}

static void walk(walker *w)
{
    const oracle_program *p = w->run->p;
    for (int k = 0; k < p->n_ops; ++k)
        if (!p->op[k].skip && !p->op[k].idle)
            do_op(w, &p->op[k]);
    for (int k = 0; k < p->n_finals; ++k)
        check_final(w, &p->final[k]);
    const tsr_status s = tsr_fence_(TSR_HERE);
    if (s != TSR_OK && !p->any_failure)
        differ(w, -1, "the last fence gave %s: %.700s", tsr_status_name(s), tsr_error_text());
    for (int k = 0; k < p->n_finals; ++k)
        detach_final(w, &p->final[k]);
    while (w->n_scopes > 0)
        tsr_scope_leave_(&w->scope[--w->n_scopes]);
}

static int program(int argc, char **argv, void *user)
{
    (void)argc;
    (void)argv;
    static const tsr_field fields[] = {{"a", TSR_F64, 0}, {"b", TSR_I32, 8}, {"c", TSR_U16, 12}};
    walker                *w = calloc(1, sizeof *w);
    w->run = user;
    w->rank = tsr_rank();
    w->struct_type = tsr_type_struct("sample", fields, 3, STRUCT_BYTES);
    walk(w);
    pthread_mutex_lock(&w->run->lock);
    for (int k = 0; k < TSR_N_COUNTERS; ++k)
        w->run->result->counters[k] += tsr_counter((tsr_counter_id)k);
    pthread_mutex_unlock(&w->run->lock);
    free(w);
    return 0;
}

/* ---- a run ---- */

static void prepare(run *r)
{
    for (int k = 0; k < r->p->n_ops; ++k) {
        const oracle_op *o = &r->p->op[k];
        r->by_id[o->id] = o;
        if (o->kind == OP_LOCAL && !o->skip && !o->idle)
            r->cover[o->id] = calloc(1, o->bytes / el_size(o->type_now) + 1);
    }
}

static void options_of(run *r, int rank, tsr_options *out)
{
    const oracle_config *c = &r->p->config;
    tsr_machine         *m = &r->machine[rank];
    static tsr_machine   base;
    if (base.n_cores == 0 && tsr_machine_discover(&base) != TSR_OK)
        base.n_cores = 1;
    *m = base;
    m->n_cores = c->cores[rank];
    for (int k = 0; k < m->n_cores; ++k) {
        m->core[k] = base.core[k % base.n_cores];
        m->numa[k] = 0;
    }
    m->l2_bytes = (int64_t)(1 + rank) << 18;
    if (c->first_core[rank] > 0) {
        tsr_machine larger = *m;
        larger.n_cores += c->first_core[rank];
        for (int k = 0; k < larger.n_cores; ++k)
            larger.core[k] = base.core[k % base.n_cores];
        if (tsr_machine_subset(&larger, c->first_core[rank], c->cores[rank], m) != TSR_OK)
            m->n_cores = 0;
    }
    *out = (tsr_options){.size = sizeof *out,
                         .at = TSR_HERE,
                         .workers = c->workers[rank],
                         .window = c->window,
                         .leaf = c->leaf,
                         .min_piece = c->min_piece,
                         .memory_bytes = c->memory_bytes[rank],
                         .memo = c->memo,
                         .chaos = c->chaos[rank],
                         .machine = m};
}

/* After the runtime has gone: callbacks, and who held which element of local pieces. */
static void check_after(walker *w)
{
    const oracle_program *p = w->run->p;
    for (int k = 0; k < p->n_ops; ++k) {
        const oracle_op *o = &p->op[k];
        for (int rank = 0; rank < p->config.ranks; ++rank)
            if (w->run->buffer[rank][o->id] && w->run->released[rank][o->id] != 1)
                differ(w, o->id, "the release callback ran %d times on rank %d",
                       w->run->released[rank][o->id], rank);
        if (!w->run->cover[o->id] || w->run->process)
            continue; /* of several processes each knows its own pieces */
        for (size_t e = 0; e < o->bytes / el_size(o->type_now); ++e)
            if (w->run->cover[o->id][e] != 1) {
                differ(w, o->id, "tsr_local_pieces: element %zu is in %d pieces", e,
                       w->run->cover[o->id][e]);
                break;
            }
    }
}

static void tidy(run *r)
{
    for (int id = 0; id < MAX_OPS; ++id) {
        free(r->cover[id]);
        for (int rank = 0; rank < MAX_RANKS; ++rank)
            free(r->buffer[rank][id]);
    }
}

/* As one rank of several processes, or as the only one. */
static tsr_status run_here(run *r, const tsr_options *o, int *out_code)
{
    const tsr_status s = tsr_start_(NULL, NULL, o);
    if (s == TSR_OK) {
        program(0, NULL, r);
        *out_code = tsr_finish();
    }
    return s;
}

/* `rank`: of this process; -1: all ranks are here. */
static void run_ranks(const oracle_program *p, int rank, oracle_result *out)
{
    run        *r = calloc(1, sizeof *r);
    walker     *w = calloc(1, sizeof *w);
    tsr_options each[MAX_RANKS];
    tsr_status  s;
    int         code = 0;
    memset(out, 0, sizeof *out);
    out->passed = true;
    r->p = p;
    r->result = out;
    r->process = rank >= 0;
    w->run = r;
    w->rank = rank;
    pthread_mutex_init(&r->lock, NULL);
    prepare(r);
    for (int k = 0; k < p->config.ranks; ++k)
        options_of(r, k, &each[k]);
    if (r->process)
        s = run_here(r, &each[rank], &code);
    else if (p->config.direct)
        s = run_here(r, &each[0], &code);
    else
        s = tsr_ranks_run(p->config.ranks, program, r, &code, .each = each,
                          .seed = p->config.message_seed);
    if (s != TSR_OK)
        differ(w, -1, "could not start: %s: %.700s", tsr_status_name(s), tsr_error_text());
    else if (code != 0 && !p->any_failure)
        differ(w, -1, "finished with exit code %d", code);
    check_after(w);
    tidy(r);
    pthread_mutex_destroy(&r->lock);
    free(w);
    free(r);
}

void run_program(const oracle_program *p, oracle_result *out)
{
    run_ranks(p, -1, out);
}

void run_process(const oracle_program *p, int rank, oracle_result *out)
{
    run_ranks(p, rank, out);
}
