/* print_c.c - a program of the oracle as a program in C, to be read, compiled and stepped through.
 *
 * The bodies are the oracle's own (kernels.c, elements.c, util.c); everything else is spelled out.
 * O(records). */
#include "oracle.h"

#include <string.h>

static const char *type_text(tsr_type t)
{
    static _Thread_local char text[2][32];
    static _Thread_local int  turn;
    static const char *const  names[] = {"TSR_TYPE_ANY",
#define X(NAME, name, T) "TSR_" #NAME,
                                        TSR_TYPE_MAP(X)
#undef X
    };
    if (t < TSR_N_TYPES)
        return names[t];
    if (t >= TSR_TYPE_STRUCT_)
        return "sample_type";
    turn ^= 1;
    snprintf(text[turn], sizeof text[turn], "TSR_BINARY(%d)", t - TSR_TYPE_BINARY_);
    return text[turn];
}

static const char *shape_text(const tsr_shape *s)
{
    static _Thread_local char text[200];
    int                       n = snprintf(text, sizeof text, "TSR_SHAPE(");
    for (int d = 0; d < s->rank; ++d)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s%lld", d ? ", " : "",
                      (long long)s->extent[d]);
    snprintf(text + n, sizeof text - (size_t)n, ")");
    return text;
}

static void print_numbers(FILE *f, const int64_t *v, int n)
{
    for (int k = 0; k < n; ++k)
        fprintf(f, "%s%lld", k ? ", " : "", (long long)v[k]);
}

/* ---- descriptors ---- */

static void print_constraint(FILE *f, const tsr_constraint *c)
{
    static const char *const names[] = {"",      "ALIGN", "BROADCAST",  "HALO",
                                        "SCALE", "IMAGE", "MIN_EXTENT", "MULTIPLE_OF"};
    fprintf(f, "{.kind = TSR_CONSTRAINT_%s, .of = %d, .on = %d", names[c->kind], c->of, c->on);
    if (c->dims)
        fprintf(f, ", .dims = %u", c->dims);
    if (c->image)
        fprintf(f, ", .image = TSR_IMAGE_RANGES");
    if (c->exact)
        fprintf(f, ", .exact = true");
    if (c->low[0] || c->low[1] || c->low[2]) {
        fprintf(f, ", .low = {");
        print_numbers(f, c->low, TSR_MAX_RANK);
        fprintf(f, "}");
    }
    if (c->high[0] || c->high[1] || c->high[2]) {
        fprintf(f, ", .high = {");
        print_numbers(f, c->high, TSR_MAX_RANK);
        fprintf(f, "}");
    }
    fprintf(f, "}");
}

static void print_arg_desc(FILE *f, const tsr_arg_desc *a, int reducer)
{
    static const char *const access[] = {"UNUSED_ARG", "READ",   "WRITE",
                                         "READ_WRITE", "REDUCE", "SCALAR"};
    static const char *const ops[] = {"NO_REDUCTION",  "SUM", "PRODUCT", "MIN",    "MAX",
                                      "AND",           "OR",  "XOR",     "ARGMIN", "ARGMAX",
                                      "USER_REDUCTION"};
    fprintf(f, "{.access = TSR_%s, .type = %s, .rank = %d, .name = \"%s\"", access[a->access],
            type_text(a->type), a->rank, a->name);
    if (a->reduction)
        fprintf(f, ", .reduction = TSR_%s", ops[a->reduction]);
    if (reducer >= 0)
        fprintf(f, ", .reducer = &oracle_reducers[%d]", reducer);
    fprintf(f, "}");
}

static void print_desc(FILE *f, int n, const oracle_desc *q)
{
    const tsr_task_desc *d = &q->d;
    const tsr_variant   *v = &d->variants[TSR_CPU];
    fprintf(f, "static const tsr_task_desc task%d = {\n    .name = \"%s\",\n    .args = {", n,
            d->name);
    for (int k = 0; d->args[k].access; ++k) {
        fprintf(f, "%s", k ? ",\n             " : "");
        print_arg_desc(f, &d->args[k], q->reducer[k]);
    }
    fprintf(f, "},\n    .constraints = {");
    for (int k = 0; d->constraints[k].kind; ++k) {
        fprintf(f, "%s", k ? ",\n                    " : "");
        print_constraint(f, &d->constraints[k]);
    }
    fprintf(f, "},\n");
    if (v->foreign)
        fprintf(f, "    .variants = {{.foreign = &oracle_foreign[%d]}},\n",
                (int)(v->foreign - oracle_foreign));
    else
        fprintf(f,
                "    .variants = {{.body = oracle_body, .wants_communicator = %d, .scratch_bytes = %zu, "
                ".scratch_per_element = %zu,\n                  .layout = {{%d, %d, %d}, {%d, "
                "%d, %d}}}},\n",
                v->wants_communicator, v->scratch_bytes, v->scratch_per_element, v->layout[0].order,
                v->layout[0].contiguous, v->layout[0].alignment, v->layout[1].order,
                v->layout[1].contiguous, v->layout[1].alignment);
    fprintf(f, "    .pure = %d, .disjoint = %d, .canonical = %d, .leaf = {", d->pure, d->disjoint,
            d->canonical);
    print_numbers(f, d->leaf, TSR_MAX_RANK);
    fprintf(f, "},\n};\n");
}

/* ---- records ---- */

static void print_params(FILE *f, const oracle_op *o)
{
    const kernel_params *p = &o->params;
    fprintf(
        f,
        "    const kernel_params p%d = {K_%s, %d, %d, %d, %d, %d, %lld, %lluu, {%lld, %lld, %lld, %lld}, "
        "{%d, %d, %d, %d}, {%d, %d, %d, %d}};\n",
        o->id, kernel_names[p->kernel], p->reduction, p->reducer, p->flags, p->reduction2, p->reducer2,
        (long long)p->tag,
        (unsigned long long)p->seed, (long long)p->modulus[0], (long long)p->modulus[1],
        (long long)p->modulus[2], (long long)p->modulus[3], p->low[0], p->low[1], p->low[2],
        p->low[3], p->high[0], p->high[1], p->high[2], p->high[3]);
}

/* What a scalar steered by a value that was read is (see interp_task.c). */
static int value_read(const oracle_program *p, int id)
{
    uint64_t bits = 0;
    for (int k = 0; k < p->n_ops; ++k)
        if (p->op[k].id == id && p->op[k].expect)
            memcpy(&bits, p->op[k].expect, p->op[k].bytes < 8 ? p->op[k].bytes : 8);
    return (int)(bits % 5);
}

static void print_task(FILE *f, const oracle_program *p, const oracle_op *o)
{
    const tsr_task_desc *d = &p->desc[o->desc].d;
    print_params(f, o);
    fprintf(f, "    CHECK(tsr_issue_(&task%d, (const tsr_arg[]){", o->desc);
    for (int k = 0; k < o->n_args; ++k) {
        const oracle_arg *a = &o->arg[k];
        fprintf(f, "%s", k ? ", " : "");
        if (a->handle >= 0 && a->partition >= 0)
            fprintf(f, "tsr_arg_cut(s%d, q%d)", a->handle, a->partition);
        else if (a->handle >= 0)
            fprintf(f, "tsr_arg_store(s%d)", a->handle);
        else if (d->args[k].type == PARAMS_TYPE)
            fprintf(f, "tsr_arg_data(TSR_BINARY(sizeof p%d), &p%d)", o->id, o->id);
        else if (a->reg >= 0)
            fprintf(f, "tsr_arg_i64(/* the value of record %d */ %d)", a->reg, value_read(p, a->reg));
        else
            fprintf(f, "tsr_arg_i64(%lld)", (long long)a->value);
    }
    fprintf(f, "}, %d, &(tsr_launch){.size = sizeof(tsr_launch), .at = TSR_HERE", o->n_args);
    if (o->points)
        fprintf(f, ", .points = %lld", (long long)o->points);
    if (o->priority)
        fprintf(f, ", .priority = %d", o->priority);
    fprintf(f, "}));%s\n", o->failed ? " /* fails */" : "");
}

static void print_element(FILE *f, tsr_type t, uint64_t seed)
{
    fprintf(f, "    el_from_u64(%s, %lluu, false, element);\n", type_text(t),
            (unsigned long long)seed);
}

static void print_making(FILE *f, const oracle_op *o)
{
    const char *shape = shape_text(&o->shape);
    switch (o->kind) {
    case OP_FILLED:
        print_element(f, o->type, o->seed);
        fprintf(f, "    tsr_store s%d = tsr_store_filled(%s, %s, element);\n", o->id,
                type_text(o->type), shape);
        break;
    case OP_UNBOUND:
        fprintf(f, "    tsr_store s%d = tsr_store_unbound(%s, %s);\n", o->id, type_text(o->type),
                shape);
        break;
    case OP_CREATE:
        fprintf(f, "    tsr_store s%d = tsr_store_create(%s, %s);\n", o->id, type_text(o->type),
                shape);
        break;
    case OP_ATTACH_TILES:
        fprintf(f,
                "    tsr_store s%d = attach_blocks(%s, %s, %lluu, %s, (int64_t[]){%lld, %lld, %lld, "
                "%lld});\n",
                o->id, type_text(o->type), shape, (unsigned long long)o->seed,
                o->p[0] ? "TSR_ATTACH_WRITE" : "TSR_ATTACH_READ", (long long)o->p[1],
                (long long)o->p[2], (long long)o->p[3], (long long)o->p[4]);
        break;
    default:
        fprintf(f, "    tsr_store s%d = attach_elements(%s, %s, %lluu, %s);\n", o->id,
                type_text(o->type), shape, (unsigned long long)o->seed,
                o->p[0] ? "TSR_ATTACH_WRITE" : "TSR_ATTACH_READ");
        break;
    }
}

static void print_view(FILE *f, const oracle_op *o)
{
    const int id = o->id, a = o->a;
    switch (o->kind) {
    case OP_SLICE:
        fprintf(f, "    tsr_store s%d = tsr_slice(s%d, ", id, a);
        print_numbers(f, o->p, 4);
        fprintf(f, ");\n");
        break;
    case OP_TRANSPOSE:
        fprintf(f, "    tsr_store s%d = tsr_transpose(s%d, ((int[]){", id, a);
        print_numbers(f, o->p, TSR_MAX_RANK);
        fprintf(f, "}));\n");
        break;
    case OP_DELINEARIZE:
        fprintf(f, "    tsr_store s%d = tsr_delinearize(s%d, %lld, ((int64_t[]){", id, a,
                (long long)o->p[0]);
        print_numbers(f, o->p + 2, (int)o->p[1]);
        fprintf(f, "}), %lld);\n", (long long)o->p[1]);
        break;
    case OP_REINTERPRET:
        fprintf(f, "    tsr_store s%d = tsr_reinterpret(s%d, %s);\n", id, a, type_text(o->type));
        break;
    case OP_SEAL: fprintf(f, "    tsr_store s%d = tsr_seal(s%d);\n", id, a); break;
    default:
        fprintf(f, "    tsr_store s%d = tsr_%s(s%d, ", id,
                o->kind == OP_PROJECT     ? "project"
                : o->kind == OP_PROMOTE   ? "promote"
                : o->kind == OP_BROADCAST ? "broadcast"
                                          : "diagonal",
                a);
        print_numbers(f, o->p, 2);
        fprintf(f, ");\n");
        break;
    }
}

static void print_partition(FILE *f, const oracle_op *o)
{
    if (o->kind == OP_TILES) {
        fprintf(f, "    tsr_partition q%d = tsr_partition_tiles(%s, ((int64_t[]){", o->id,
                shape_text(&o->shape));
        print_numbers(f, o->p, o->shape.rank);
        fprintf(f, "}));\n");
    } else if (o->kind == OP_BOXES) {
        fprintf(f, "    tsr_partition q%d = drawn_boxes(%s, %lld, %lluu);\n", o->id,
                shape_text(&o->shape), (long long)o->p[0], (unsigned long long)o->seed);
    } else {
        fprintf(f, "    tsr_partition q%d = drawn_projection(q%d, %lld, %lluu);\n", o->id, o->a,
                (long long)o->p[0], (unsigned long long)o->seed);
    }
}

static void print_bytes(FILE *f, const char *name, const uint8_t *b, size_t n)
{
    fprintf(f, "    static const unsigned char %s[] = {", name);
    for (size_t k = 0; k < n && k < 4096; ++k)
        fprintf(f, "%s0x%02x,", k % 16 ? "" : "\n        ", b[k]);
    fprintf(f, "};\n");
}

static void print_expectation(FILE *f, int store, int id, bool failed, const uint8_t *expect,
                              size_t bytes)
{
    char name[32];
    if (failed || bytes == 0) {
        fprintf(f, "    (void)tsr_store_status(s%d);%s\n", store, failed ? " /* must fail */" : "");
        return;
    }
    snprintf(name, sizeof name, "want%d", id);
    print_bytes(f, name, expect, bytes);
    fprintf(f, "    expect_bytes(s%d, %s, sizeof %s, __LINE__);\n", store, name, name);
}

static void print_waiting(FILE *f, const oracle_op *o)
{
    switch (o->kind) {
    case OP_READ:
    case OP_VALUE: print_expectation(f, o->a, o->id, o->failed, o->expect, o->bytes); break;
    case OP_STATUS: fprintf(f, "    (void)tsr_store_status(s%d);\n", o->a); break;
    case OP_SHAPE: fprintf(f, "    (void)tsr_store_shape(s%d);\n", o->a); break;
    case OP_LOCAL: fprintf(f, "    local_pieces(s%d);\n", o->a); break;
    case OP_DETACH: fprintf(f, "    (void)tsr_detach(s%d);\n", o->a); break;
    case OP_FENCE: fprintf(f, "    (void)tsr_fence();\n"); break;
    case OP_FLUSH: fprintf(f, "    tsr_flush();\n"); break;
    default: fprintf(f, "    (void)tsr_agree(element, 8);\n"); break;
    }
}

static void print_op(FILE *f, const oracle_program *p, const oracle_op *o)
{
    if (o->provenance)
        fprintf(f, "    /* under \"%s\" */\n", oracle_provenance[o->provenance]);
    switch (o->kind) {
    case OP_CREATE:
    case OP_FILLED:
    case OP_ATTACH:
    case OP_ATTACH_TILES:
    case OP_UNBOUND: print_making(f, o); break;
    case OP_RELEASE: fprintf(f, "    tsr_store_release(s%d);\n", o->a); break;
    case OP_KEEP: fprintf(f, "    s%d = tsr_store_keep(s%d);\n", o->a, o->a); break;
    case OP_ENTER: fprintf(f, "    scope[depth++] = tsr_scope_enter_(TSR_HERE);\n"); break;
    case OP_LEAVE: fprintf(f, "    tsr_scope_leave_(&scope[--depth]);\n"); break;
    case OP_FILL:
        print_element(f, o->type_now, o->seed);
        fprintf(f, "    CHECK(tsr_fill(s%d, element));\n", o->a);
        break;
    case OP_WRITE:
        fprintf(f, "    write_elements(s%d, %s, %lluu);\n", o->a, type_text(o->type_now),
                (unsigned long long)o->seed);
        break;
    case OP_COPY: fprintf(f, "    CHECK(tsr_copy(s%d, s%d));\n", o->a, o->b); break;
    case OP_TILES:
    case OP_BOXES:
    case OP_PROJECTION: print_partition(f, o); break;
    case OP_END_PARTITION: fprintf(f, "    tsr_partition_release(q%d);\n", o->a); break;
    case OP_TASK: print_task(f, p, o); break;
    case OP_MISTAKE:
        fprintf(f, "    tsr_store s%d = tsr_slice(s%d, 0, 0, %lld, 1); /* fails */\n", o->id, o->a,
                (long long)o->shape_now.extent[0] + 1);
        break;
    case OP_EXPLAIN: fprintf(f, "    /* tsr_explain of the next task */\n"); break;
    default:
        if (o->kind >= OP_SLICE && o->kind <= OP_SEAL)
            print_view(f, o);
        else
            print_waiting(f, o);
    }
}

static void print_main(FILE *f, const oracle_config *c)
{
    fprintf(f, "int main(void)\n{\n    tsr_machine m[%d];\n    tsr_options each[] = {\n", c->ranks);
    for (int k = 0; k < c->ranks; ++k)
        fprintf(f,
                "        {.size = sizeof(tsr_options), .workers = %d, .window = %d, .leaf = %lld, "
                ".min_piece = %lld,\n         .memory_bytes = %lld, .memo = %d, .chaos = %lluu, "
                ".machine = machine_of(&m[%d], %d)},\n",
                c->workers[k], c->window, (long long)c->leaf, (long long)c->min_piece,
                (long long)c->memory_bytes[k], c->memo, (unsigned long long)c->chaos[k], k,
                c->cores[k]);
    fprintf(f,
            "    };\n    int code = 0;\n    TSR_CHECK(tsr_ranks_run(%d, program, NULL, &code, "
            ".each = each, .seed = %lluu));\n    return code;\n}\n",
            c->ranks, (unsigned long long)c->message_seed);
}

void print_program(FILE *f, const oracle_program *p, const char *what)
{
    bool used[MAX_DESCS] = {false};
    fprintf(f,
            "/* oracle --seed %llu --only %llu\n * %s\n *\n * cc -I include -I tests/oracle THIS.c "
            "tests/oracle/{kernels,kernel_talk,elements,util,windows,tiles,descs}.c -ltessera -lm */\n",
            (unsigned long long)p->seed, (unsigned long long)p->index, what);
    fprintf(f, "#include \"case.h\"\n\n");
    for (int k = 0; k < p->n_ops; ++k)
        if (!p->op[k].skip && !p->op[k].idle && p->op[k].kind == OP_TASK)
            used[p->op[k].desc] = true;
    for (int k = 0; k < p->n_descs; ++k)
        if (used[k])
            print_desc(f, k, &p->desc[k]);
    fprintf(f, "\nstatic int program(int argc, char **argv, void *user)\n{\n"
               "    char element[64];\n    tsr_scope_guard_ scope[16];\n    int depth = 0;\n"
               "    const tsr_type sample_type = sample();\n"
               "    (void)element, (void)scope, (void)depth, (void)sample_type;\n"
               "    (void)argc, (void)argv, (void)user;\n");
    for (int k = 0; k < p->n_ops; ++k)
        if (!p->op[k].skip && !p->op[k].idle)
            print_op(f, p, &p->op[k]);
    for (int k = 0; k < p->n_finals; ++k)
        print_expectation(f, p->final[k].id, 1000 + p->final[k].id, p->final[k].failed,
                          p->final[k].expect, p->final[k].bytes);
    fprintf(f, "    return wrong;\n}\n\n");
    print_main(f, &p->config);
}
