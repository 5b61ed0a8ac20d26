/* depend/internal.h - what the files of this stage share.  Issuing thread. */
#ifndef TESSERA_DEPEND_INTERNAL_H
#define TESSERA_DEPEND_INTERNAL_H

#include "base/alloc.h"
#include "base/hash.h"
#include "base/mutant.h"
#include "depend/depend.h"
#include "depend/owner.h"
#include "memory/memory.h"
#include "network/network.h"

enum {
    MEMO_BUCKETS = 4096,
    MEMO_MOST = 4096,    /* entries; then the table is emptied */
    LIST_PRUNE = 16,     /* entries of an access list: beyond, complete ones go */
    LIST_MOST = 48,      /* beyond, all become one */
    GROUPS_MOST = (1 + ROOT_PARTS) * TSR_MAX_ARGS,
    ASKS_MOST = OWNER_MAX_FETCHED, /* boxes of a root a rank asks for; beyond, a hull */
    EDGES_COARSE = 8,    /* points of one producer a point waits for singly; beyond, for all of it */
};

/* Regions that extras of one operation read or wrote; counted. */
struct action_set {
    int32_t        users;
    uint64_t       id;
    int            n;
    struct region *region;
    uint32_t      *action;
};

/* One root of the operation that is analysed; of a root with parts, one of its instances. */
struct group {
    struct root *root;
    uint32_t     args, reads, writes, folds; /* masks of arguments */
    int          first;            /* the lowest of them */
    bool         forced;           /* boxes written meet boxes that other points read */
    bool         candidate;        /* may be renamed to avoid waiting */
    bool         rename;           /* is renamed */
    bool         needed;           /* this rank holds something of it */
    bool         boxed;            /* candidate: what is written becomes a part */
    bool         afresh;           /* parts and rest come together in new memory */
    bool         apart;            /* what it touches lies far from the rest: a new part */
    bool         settle;           /* several ranks: the owner map settles first */
    int8_t       home;             /* a part that comes back: to this group; -1: an ordinary group */
    uint8_t      brought, dropped; /* masks of the root's parts: that come back; that are overwritten */
    struct instance *before;       /* the root's when analysis began; NULL: none */
    struct instance *old;          /* what is read: before, or grown */
    struct instance *now;          /* what is written and stays: old, or new */
    /* several ranks */
    struct owner_map *owners;
    struct deal *const *asked;     /* [n_asks] boxes the ranks read, for one argument or several; the plan's */
    int          n_asks;
    struct deal *wrote;            /* boxes the ranks write; NULL: none; the plan's */
    struct owner_map *settled;     /* the map after the settle; of this analysis */
    tsr_box      need;             /* what this rank's instance must cover; on one rank it covers all,
                                      and this is unset */
};

/* A region an extra of this operation touches. */
struct own_access {
    struct instance *instance;
    struct region    region;
    uint32_t         action;
    bool             write;
};

/* Where a producer's number comes from, so that a memo can be bound again. */
struct source {
    int8_t  group;
    int8_t  entry; /* of the access list of the group's `before` */
    int8_t  word;  /* enum source_word */
};
enum source_word { WORD_DONE, WORD_COMPLETE, WORD_BEFORE, WORD_ALL };

/* An entry of an access list as it will be, without numbers. */
struct next_access {
    int8_t  old_entry; /* >= 0: entry that stays; -1: new */
    int8_t  kind;
    int16_t arg;
    bool    joins;     /* READ: this operation joins the old entry */
};

/* The access list of a group as the operation leaves it. */
struct memo_group {
    int      n_next;
    bool     shape_known;
    struct next_access *next_access;
    uint64_t next_shape;    /* of the list */
    struct action_set  *set[2]; /* what extras read, wrote of the lasting instance; NULL: nothing */
};

/* A memoised analysis. */
struct memo {
    struct pattern pattern; /* first: slots point here */
    uint64_t       key[2];
    int            n_sources;
    struct source *source;
    struct memo   *next;    /* in a bucket */
    /* of an operation with messages or folds: the extras themselves (recall.c) */
    bool           recalls, sets_known, sets_short;
    int            n_extras;
    struct extra  *extra;   /* their boxes are the memo's; without memory and root numbers */
    struct strips  strips;
    int            n_groups;
    struct memo_group group[]; /* [n_groups] */
};

struct loose_edge {
    uint32_t    consumer;
    struct edge edge;
};

/* Completion words that were outgrown. */
struct old_words {
    _Atomic uint64_t *words;
    struct old_words *next;
};

struct depend_state {
    struct engine *engine;
    struct old_words *graveyard;
    struct memo  **bucket;
    int            n_memos;
    uint64_t       next_set;
    size_t         held_bytes;   /* of instances no root has any more, still in flight */
    /* scratch of one analysis */
    struct loose_edge *loose;
    int                n_loose, loose_capacity;
    struct own_access *own;
    int                n_own, own_capacity;
    int               *points;
    int                points_capacity;
    struct owner_moves to, from, more; /* asks.c */
    int               *together; /* [n_ranks], zero between uses: exchange.c */
};

/* One analysis. */
struct analysis {
    struct tsr_runtime  *rt;
    struct depend_state *d;
    struct slot         *s;
    struct operation    *op;
    struct plan         *plan;
    struct plan_side    *side;
    int                  n_groups;
    struct group         group[GROUPS_MOST];
    int8_t               group_of[TSR_MAX_ARGS];
    bool                 has_parts;  /* a root's boxes lie in several instances */
    bool                 plain;      /* no extras but folds: may be memoised */
    bool                 recallable; /* extras that recall.c takes again: may be, too */
    bool                 recalling;  /* they are taken from a memo */
    int                  n_extras, extra_capacity;
    struct extra        *extra;
    int                  n_sources;
    struct source        source[SLOT_PRODUCERS];
    uint32_t             renamed;
    uint64_t             avoided;
    bool                 no_memory;
    bool                 no_renaming; /* there was no memory for it */
};

/* side.c */
struct plan_side *plan_side_create(struct tsr_runtime *rt, struct plan *p);
/* NULL: no memory. */
static inline struct plan_side *plan_side_get(struct tsr_runtime *rt, struct plan *p)
{
    return p->schedule != NULL ? p->schedule : plan_side_create(rt, p);
}
bool strips_build(struct strips *out, const struct plan *p, int n_points, int first_extra, int n_extras,
                  int n_homes, bool fine);
void strips_done(struct strips *s);

/* shares.c */
/* Elements of the accumulator that point (or leaf) i of REDUCE argument `a` folds into. */
size_t shares_elements(const struct plan *p, int a, int i);
/* *out: NULL where each has an accumulator of its own.  False: no memory. */
bool shares_create(const struct tsr_runtime *rt, const struct plan *p, int a, struct shares **out);
/* The slabs in which so many elements of accumulators fold; *out: NULL where in one.  False: no memory. */
bool slabs_create(const struct tsr_runtime *rt, const struct plan *p, int a, size_t elements,
                  struct slabs **out);

/* group.c */
/* Make group g that of one of a root's instances, and these arguments. */
void group_make(struct analysis *a, int g, struct root *root, struct instance *i, uint32_t args);
void groups_add_copies(struct analysis *a, const struct group *g, struct instance *from,
                       struct instance *to, const struct box_list *boxes);
bool group_may_share(const struct plan *p, int w, int r);
void groups_find(struct analysis *a);
void groups_decide(struct analysis *a);
bool groups_place(struct analysis *a);   /* false: memory is short; call groups_unplace */
bool groups_place_written(struct analysis *a);
void groups_unplace(struct analysis *a);
void groups_commit(struct analysis *a);
struct extra *analysis_extra(struct analysis *a, int kind, int arg);
void analysis_own(struct analysis *a, struct instance *i, const tsr_box *box, uint32_t action,
                  bool write);

/* parts.c */
void parts_sort(struct analysis *a);      /* after groups_find */
bool parts_may_box(const struct analysis *a, const struct group *g);
void parts_bring(struct analysis *a, const struct group *g);
/* All of g->before but what comes back from parts. */
bool parts_rest(const struct group *g, struct box_list *out);
/* The box and those of the parts that come back. */
tsr_box parts_hull(const struct group *g, tsr_box hull);
bool parts_make_room(struct group *g);
void parts_replace(struct root *root, const struct instance *old, struct instance *now);
void parts_commit(struct analysis *a, struct group *g);
void parts_drop(struct tsr_runtime *rt, struct root *root);

/* asks.c: several ranks: what of a root the ranks ask for, and what therefore moves */
/* Set asked, n_asks and wrote of a group.  False: no memory. */
bool asks_find(struct analysis *a, int g);
void asks_release(struct plan_ask *asks, int n_args); /* takes NULL */
/* What this rank sends to others and gets from them where the ranks ask for these: d->to and d->from, by
 * rank; boxes of one rank do not meet.  False: no memory. */
bool asks_moves(struct analysis *a, struct owner_map *map, struct deal *const *asked, int n_asks);

/* exchange.c: several ranks */
void exchange_prepare(struct analysis *a);
bool exchange_place(struct analysis *a);  /* after groups_place: sends, receives */
void exchange_unplace(struct analysis *a);
void exchange_commit(struct analysis *a);
void exchange_folds(struct analysis *a);
void exchange_abandon(struct analysis *a);
/* What the ranks touch of argument k's root; of a REDUCE: where totals are applied, what all that contribute
 * there meet. */
struct deal *exchange_deal(const struct plan *plan, int k);
/* What this rank touches; false: nothing. */
bool exchange_box(const struct analysis *a, int k, tsr_box *out);
/* Does the old content of argument k's root matter? */
bool exchange_reads(const struct analysis *a, const struct group *g, int k);
/* What rank r asks of the group's root, as one box; empty: nothing. */
tsr_box exchange_asks(const struct analysis *a, const struct group *g, int r);

/* build.c */
bool edges_find(struct analysis *a);      /* into d->loose, a->source */
uint64_t pattern_needless_waits(const struct analysis *a, const struct pattern *p, uint32_t *out_groups);
struct memo *pattern_create(struct analysis *a);
void pattern_release(struct pattern *p);

/* access.c */
bool access_list_room(const struct analysis *a, int g, const struct memo *m);
void access_list_commit(struct analysis *a, int g, struct memo *m);
void access_list_plan(struct analysis *a, int g, struct memo *m);
void access_list_drop(struct instance *i);
uint64_t access_list_shape(const struct instance *i);
struct action_set *action_set_create(struct analysis *a, struct instance *i, bool write);
void action_set_release(struct action_set *s);

/* The root lets go of an instance that operations in flight may hold. */
static inline void instance_leave(struct tsr_runtime *rt, struct instance *i)
{
    if (i->users > 1)
        rt->depend->held_bytes += i->bytes;
    access_list_drop(i);
    instance_release(rt, i);
}

/* memo.c */
void         memo_key(struct analysis *a, uint64_t key[2]);
struct memo *memo_find(struct depend_state *d, const uint64_t key[2]);
void         memo_add(struct depend_state *d, struct memo *m);
bool         memo_same(const struct memo *a, const struct memo *b);
void         memo_clear(struct depend_state *d);

/* recall.c */
/* Let the memo keep the extras; false: some cannot be recalled, or no memory. */
bool recall_keep(struct analysis *a, struct memo *m);
/* The extras as the memo has them; false: no memory. */
bool recall_extras(struct analysis *a, const struct memo *m);
bool recall_same(const struct analysis *a, const struct memo *m);
void recall_done(struct memo *m);

/* bind.c */
void bind_producers(struct analysis *a, const struct memo *m);
bool bind_slot(struct analysis *a, const struct memo *m);
/* Room for at least n completion words. */
bool words_room(struct depend_state *d, struct slot *s, int n);
void bind_arguments(struct analysis *a);
/* What the bindings say of the slot. */
static inline void bind_begin(struct slot *s, const struct plan_side *side)
{
    s->simple = side->simple && s->op.status == TSR_OK;
#ifdef TSR_HOSTILE
    s->simple = false;
#endif
    s->body = s->op.desc->variants[TSR_CPU].body;
}
/* All of a binding that the plan knows, and a value's address. */
static inline void bind_head(struct slot *s, const struct plan_side *side, int k)
{
    struct operation_arg *arg = &s->op.arg[k];
    tsr_binding *b = &s->binding[k];
    *b = side->binding[k];
    if (arg->type != TSR_TYPE_ANY)
        b->type = arg->type;
    s->unbound[k] = NULL;
    s->pieces[k] = NULL;
    if (arg->root == NULL)
        b->origin = arg->data != NULL ? arg->data : (char *)arg->value;
}
/* The address and strides of argument k in this instance. */
void bind_strided(struct slot *s, int k, const struct instance *i);
/* The same where the plan may know the strides. */
static inline void bind_instance(struct slot *s, const struct plan_side *side, int k,
                                 const struct instance *i)
{
    const struct operation_arg *arg = &s->op.arg[k];
    if (i->whole && (arg->view == arg->root->whole || arg->view->root_rank == 1))
        s->binding[k].origin = i->base + side->origin_at[k] * (int64_t)arg->root->element_bytes;
    else
        bind_strided(s, k, i);
}

#endif
