/* api/attach.c - memory of the program's own as a store, and back.
 *
 * An attached store is a root whose memory is known from the start. `whole`: every rank brings the
 * same bytes, all of them. `tiles`: each rank brings its own boxes; whether together they cover the
 * shape once is known only when all have said theirs, so the pipeline checks that, with whatever
 * else is wrong with a tile, and all ranks hear the same.
 *
 * Detaching ends the store: the pipeline waits for its last use and writes the last generation
 * back, the release callback is called, and other handles that view the buffer are errors from then
 * on. A buffer to be read only may also simply be released: its callback comes when its last use is
 * over, with the root's end.
 *
 * Cost: O(tiles). Threads: the issuing thread; tiles and detach are collective. */
#include "api/call.h"
#include "api/state.h"
#include "pipeline.h"

/* What both ways of attaching are given. */
struct attaching {
    tsr_type        type;
    tsr_shape       shape;
    const tsr_tile *tiles;
    int             n;
    bool            whole;
    tsr_attach_mode mode;
    tsr_release    *release;
    void           *user;
    tsr_site        at;
};

/* `tiles` are the runtime's to look at while this runs. */
static tsr_store attach(struct tsr_runtime *rt, const struct attaching *a)
{
    struct root *root = root_make(rt, ROOT_ATTACHED, a->type, &a->shape, a->at);
    if (!root)
        return store_failed(rt, a->at);
    root->attached = a->n > 0 && a->tiles ? a->tiles[0].data : NULL;
    root->attach_mode = a->mode;
    if (pipeline_attach(rt, root, a->tiles, a->n, a->whole, a->at) != TSR_OK) {
        root_destroy(rt, root);
        return store_failed(rt, a->at);
    }
    root->release = a->release;
    root->release_user = a->user;
    const tsr_store s = root_handle(rt, root, a->at);
    if (s.id == HANDLE_NO_ROOM)
        pipeline_release(rt, root);
    return s;
}

static bool mode_check(struct tsr_runtime *rt, tsr_attach_mode mode, tsr_site at, tsr_store *out)
{
    if (mode == TSR_ATTACH_READ || mode == TSR_ATTACH_WRITE)
        return true;
    failure_at(at, BAD_ARGUMENT, "attach mode %d is unknown", (int)mode);
    *out = store_failed(rt, at);
    return false;
}

tsr_store tsr_attach_(tsr_type type, tsr_shape shape, void *data, tsr_attach_mode mode,
                      tsr_release *release, void *user, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    tsr_store           failed = {0};
    if (!rt || !mode_check(rt, mode, at, &failed))
        return failed;
    const bool     has_rank = shape.rank >= 0 && shape.rank <= TSR_MAX_RANK;
    const tsr_tile tile = {has_rank ? box_of_shape(shape.rank, shape.extent) : (tsr_box){0}, data};
    if (!data && !box_is_empty(&tile.box)) {
        failure_at(at, BAD_ARGUMENT, "no memory to attach");
        return store_failed(rt, at);
    }
    return attach(rt, &(struct attaching){type, shape, &tile, 1, true, mode, release, user, at});
}

tsr_store tsr_attach_tiles_(tsr_type type, tsr_shape shape, const tsr_tile *tiles, int n,
                            tsr_attach_mode mode, tsr_release *release, void *user, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    tsr_store           failed = {0};
    if (!rt || !mode_check(rt, mode, at, &failed))
        return failed;
    return attach(rt, &(struct attaching){type, shape, tiles, n, false, mode, release, user, at});
}

tsr_status tsr_detach_(tsr_store s, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return TSR_NOT_ALLOWED;
    struct handle *h = store_get(rt, s, "tsr_detach()", at);
    if (!h)
        return tsr_error_status();
    struct root *root = h->root;
    if (root->kind != ROOT_ATTACHED)
        return failure_at(at, BAD_ARGUMENT, "the store made at %s:%d is not an attached buffer",
                          h->made_at.file, h->made_at.line);
    const tsr_status status = pipeline_detach(rt, root, at);
    root->detached = true;
    tsr_release *release = root->release;
    root->release = NULL;
    if (release)
        release(root->attached, root->release_user);
    h = handle_find(rt->api, s.id, HANDLE_STORE); /* the callback may have made or ended handles */
    if (h)
        handle_end(rt, h, ENDED_DETACHED, at);
    return status;
}
