/* api/struct_type.c - element types, and the struct types a runtime knows.
 *
 * A struct type is a number: the place of its fields in a table that only grows. The same name and
 * fields give the same number, so that two libraries that describe the same record agree; as every
 * rank describes them in the same order, the numbers are the same on all ranks. Entries never move,
 * and the count is published last: task bodies on other threads may look up what was there when
 * their operation was issued.
 *
 * Cost: O(types * fields) to make one, O(1) to look one up. Threads: making: the issuing thread;
 * looking up: any that has a current runtime. */
#include <string.h>

#include "api/state.h"
#include "base/alloc.h"
#include "model/types.h"

enum { MAX_STRUCT_TYPES = 1024, MAX_FIELDS = 64, NAME_BYTES = 48 };

struct struct_type {
    char      name[NAME_BYTES];
    int32_t   bytes;
    int       n;
    tsr_field field[MAX_FIELDS]; /* names point into `names` */
    char      names[MAX_FIELDS][NAME_BYTES];
};

struct struct_types {
    _Atomic int         n; /* release, partner: acquire in struct_find */
    struct struct_type *type[MAX_STRUCT_TYPES];
};

void struct_types_destroy(struct struct_types *t)
{
    if (!t)
        return;
    for (int i = 0; i < t->n; ++i)
        base_free(t->type[i]);
    base_free(t);
}

/* The struct type `t` of this thread's runtime; NULL: there is none. */
static const struct struct_type *struct_find(tsr_type t)
{
    const struct tsr_runtime  *rt = runtime_current;
    const struct struct_types *types = rt && rt->api ? rt->api->types : NULL;
    const int                  i = t - TSR_TYPE_STRUCT_;
    if (!types || i < 0 || i >= atomic_load_explicit(&types->n, memory_order_acquire))
        return NULL;
    return types->type[i];
}

size_t tsr_type_size(tsr_type t)
{
    if (!type_is_struct(t))
        return type_bytes(t);
    const struct struct_type *s = struct_find(t);
    return s ? (size_t)s->bytes : 0;
}

const char *tsr_type_name(tsr_type t)
{
    static __thread char text[16];
    if (type_name(t))
        return type_name(t);
    if (type_is_binary(t)) {
        snprintf(text, sizeof text, "binary%d", (int)(t - TSR_TYPE_BINARY_));
        return text;
    }
    const struct struct_type *s = type_is_struct(t) ? struct_find(t) : NULL;
    return s ? s->name : t == TSR_TYPE_ANY ? "any" : "unknown";
}

bool type_byte_counts(tsr_type t, size_t byte)
{
    const struct struct_type *s = type_is_struct(t) ? struct_find(t) : NULL;
    for (int i = 0; s && i < s->n; ++i) {
        const size_t from = (size_t)s->field[i].offset;
        if (byte >= from && byte < from + tsr_type_size(s->field[i].type))
            return type_byte_counts(s->field[i].type, byte - from);
    }
    return !s;
}

/* ---- making one ---- */

static tsr_status field_check(const tsr_field *f, int i, int32_t bytes, tsr_site at)
{
    const size_t size = tsr_type_size(f[i].type);
    if (!f[i].name || !f[i].name[0] || strlen(f[i].name) >= NAME_BYTES)
        return failure_at(at, BAD_ARGUMENT, "field %d has no name of 1 to %d letters", i,
                          NAME_BYTES - 1);
    if (size == 0)
        return failure_at(at, BAD_ARGUMENT, "field %s has no type", f[i].name);
    if (f[i].offset < 0 || (int64_t)f[i].offset + (int64_t)size > bytes)
        return failure_at(at, BAD_ARGUMENT,
                          "field %s, bytes [%d, %lld), passes the end of %d bytes", f[i].name,
                          f[i].offset, (long long)f[i].offset + (long long)size, bytes);
    for (int k = 0; k < i; ++k) {
        const int64_t end = f[k].offset + (int64_t)tsr_type_size(f[k].type);
        if (f[i].offset < end && f[k].offset < f[i].offset + (int64_t)size)
            return failure_at(at, BAD_ARGUMENT, "fields %s and %s overlap", f[k].name, f[i].name);
        if (strcmp(f[i].name, f[k].name) == 0)
            return failure_at(at, BAD_ARGUMENT, "two fields are named %s", f[i].name);
    }
    return TSR_OK;
}

static tsr_status struct_check(const char *name, const tsr_field *fields, int n, int32_t bytes,
                               tsr_site at)
{
    if (!name || !name[0] || strlen(name) >= NAME_BYTES)
        return failure_at(at, BAD_ARGUMENT, "a struct type has a name of 1 to %d letters",
                          NAME_BYTES - 1);
    if (!fields || n < 1 || n > MAX_FIELDS || bytes < 1)
        return failure_at(at, BAD_ARGUMENT, "struct %s: %d fields in %d bytes", name, n, bytes);
    for (int i = 0; i < n; ++i) {
        const tsr_status s = field_check(fields, i, bytes, at);
        if (s != TSR_OK)
            return s;
    }
    return TSR_OK;
}

static bool is_same_struct(const struct struct_type *t, const char *name, const tsr_field *fields,
                           int n, int32_t bytes)
{
    if (t->n != n || t->bytes != bytes || strcmp(t->name, name) != 0)
        return false;
    for (int i = 0; i < n; ++i)
        if (t->field[i].type != fields[i].type || t->field[i].offset != fields[i].offset ||
            strcmp(t->field[i].name, fields[i].name) != 0)
            return false;
    return true;
}

static struct struct_type *struct_create(const char *name, const tsr_field *fields, int n,
                                         int32_t bytes)
{
    struct struct_type *t = base_calloc(1, sizeof *t);
    if (!t)
        return NULL;
    strcpy(t->name, name);
    t->bytes = bytes;
    t->n = n;
    for (int i = 0; i < n; ++i) {
        strcpy(t->names[i], fields[i].name);
        t->field[i] = fields[i];
        t->field[i].name = t->names[i];
    }
    return t;
}

tsr_type tsr_type_struct_(const char *name, const tsr_field *fields, int n, int32_t bytes,
                          tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt || struct_check(name, fields, n, bytes, at) != TSR_OK)
        return TSR_TYPE_ANY;
    struct api_state *s = rt->api;
    if (!s->types && !(s->types = base_calloc(1, sizeof *s->types)))
        return api_no_memory(at), TSR_TYPE_ANY;
    struct struct_types *types = s->types;
    const int            known = atomic_load_explicit(&types->n, memory_order_relaxed);
    for (int i = 0; i < known; ++i)
        if (is_same_struct(types->type[i], name, fields, n, bytes))
            return TSR_TYPE_STRUCT_ + i;
    if (known == MAX_STRUCT_TYPES)
        return failure_at(at, BAD_ARGUMENT, "more than %d struct types", MAX_STRUCT_TYPES),
               TSR_TYPE_ANY;
    struct struct_type *t = struct_create(name, fields, n, bytes);
    if (!t)
        return api_no_memory(at), TSR_TYPE_ANY;
    types->type[known] = t;
    atomic_store_explicit(&types->n, known + 1, memory_order_release);
    return TSR_TYPE_STRUCT_ + known;
}
