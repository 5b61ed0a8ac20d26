/* transports/ucx/line.c - bytes between processes: UCX active messages.
 *
 * A message is one active message whose header is the runtime's head; UCX sends it eagerly or, when it
 * is large, by rendezvous: then its payload is fetched into memory that the runtime gave.  Endpoints
 * are made when a rank is first sent to, so that a run costs what it uses.
 *
 * UCX's own handling of lost peers is off (it would exclude shared memory): liveness is the runtime's.
 * Error handlers for signals are off, since the process has its own; the runtime sets those variables
 * before this library is loaded, because UCX reads them then.
 *
 * Source: UCX 1.13, ucp.h: ucp_am_send_nbx, ucp_am_recv_data_nbx, ucp_worker_arm.
 * Threads: one at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucp/api/ucp.h>

#include "plugin.h"

enum { MESSAGE_ID = 0 };

/* A rank as seen from here. */
struct peer {
    void    *address;
    ucp_ep_h ep; /* NULL until first sent to */
};

/* A message on its way out; kept for the next one. */
struct sending {
    struct line    *line;
    void           *token;
    struct sending *next;
};

struct line {
    ucp_context_h  context;
    ucp_worker_h   worker;
    ucp_address_t *address;
    size_t         address_bytes;
    int            fd;
    struct wire_up up;
    void          *user;
    int            n_ranks;
    struct peer   *peer;
    struct sending *spare;
    void           *flush; /* a flush under way */
    bool           has_flushed;
};

/* A rendezvous payload on its way here. */
struct fetch {
    struct line *line;
    void        *buffer;
    size_t       bytes;
    char         head[WIRE_HEAD];
};

static bool say(char *error, const char *what, ucs_status_t s)
{
    snprintf(error, WIRE_ERROR, "%s: %s", what, ucs_status_string(s));
    return false;
}

/* ---- arriving ---- */

static void fetched(void *request, ucs_status_t status, size_t length, void *user_data)
{
    struct fetch *f = user_data;
    (void)length;
    if (status == UCS_OK)
        f->line->up.arrived(f->line->user, f->head, f->buffer, f->bytes);
    else
        f->line->up.broken(f->line->user, -1, ucs_status_string(status));
    free(f);
    if (request)
        ucp_request_free(request);
}

/* Fetch the payload of a large message. */
static ucs_status_t fetch(struct line *l, const void *head, void *data, size_t bytes)
{
    struct fetch *f = malloc(sizeof *f);
    void         *buffer = f ? l->up.buffer(l->user, head, bytes) : NULL;
    if (!buffer) {
        free(f);
        return UCS_ERR_NO_MEMORY;
    }
    *f = (struct fetch){.line = l, .buffer = buffer, .bytes = bytes};
    memcpy(f->head, head, WIRE_HEAD);
    const ucp_request_param_t param = {
        .op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
        .cb.recv_am = fetched,
        .user_data = f,
    };
    const ucs_status_ptr_t r = ucp_am_recv_data_nbx(l->worker, data, buffer, bytes, &param);
    if (r == NULL || UCS_PTR_IS_ERR(r))
        fetched(NULL, r == NULL ? UCS_OK : UCS_PTR_STATUS(r), bytes, f);
    return UCS_OK;
}

static ucs_status_t on_message(void *arg, const void *head, size_t head_bytes, void *data,
                               size_t bytes, const ucp_am_recv_param_t *param)
{
    struct line *l = arg;
    if (head_bytes != WIRE_HEAD)
        return UCS_OK; /* none of ours */
    if (param->recv_attr & UCP_AM_RECV_ATTR_FLAG_RNDV)
        return fetch(l, head, data, bytes);
    void *buffer = l->up.buffer(l->user, head, bytes);
    if (!buffer)
        return UCS_OK; /* the runtime ends the run */
    memcpy(buffer, data, bytes);
    l->up.arrived(l->user, head, buffer, bytes);
    return UCS_OK;
}

/* ---- opening ---- */

/* `transports`: as UCX_TLS would say; NULL: as the user or UCX chooses. */
static ucs_status_t context_open(struct line *l, const char *transports)
{
    ucp_config_t *config;
    ucs_status_t  s = ucp_config_read(NULL, NULL, &config);
    if (s != UCS_OK)
        return s;
    if (transports && (s = ucp_config_modify(config, "TLS", transports)) != UCS_OK) {
        ucp_config_release(config);
        return s;
    }
    const ucp_params_t params = {
        .field_mask = UCP_PARAM_FIELD_FEATURES | UCP_PARAM_FIELD_ESTIMATED_NUM_EPS,
        .features = UCP_FEATURE_AM | UCP_FEATURE_WAKEUP,
        .estimated_num_eps = (size_t)l->n_ranks,
    };
    s = ucp_init(&params, config, &l->context);
    ucp_config_release(config);
    return s;
}

static ucs_status_t worker_open(struct line *l)
{
    const ucp_worker_params_t params = {
        .field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE,
        .thread_mode = UCS_THREAD_MODE_SERIALIZED,
    };
    ucs_status_t s = ucp_worker_create(l->context, &params, &l->worker);
    if (s != UCS_OK)
        return s;
    const ucp_am_handler_param_t handler = {
        .field_mask = UCP_AM_HANDLER_PARAM_FIELD_ID | UCP_AM_HANDLER_PARAM_FIELD_CB |
                      UCP_AM_HANDLER_PARAM_FIELD_ARG | UCP_AM_HANDLER_PARAM_FIELD_FLAGS,
        .id = MESSAGE_ID,
        .cb = on_message,
        .arg = l,
        .flags = UCP_AM_FLAG_WHOLE_MSG,
    };
    s = ucp_worker_set_am_recv_handler(l->worker, &handler);
    if (s == UCS_OK)
        s = ucp_worker_get_address(l->worker, &l->address, &l->address_bytes);
    return s == UCS_OK ? ucp_worker_get_efd(l->worker, &l->fd) : s;
}

static void endpoint_close(struct line *l)
{
    if (l->address)
        ucp_worker_release_address(l->worker, l->address);
    if (l->worker)
        ucp_worker_destroy(l->worker);
    if (l->context)
        ucp_cleanup(l->context);
    l->address = NULL;
    l->worker = NULL;
    l->context = NULL;
}

/* Context and worker, or neither. */
static ucs_status_t endpoint_open(struct line *l, const char *transports)
{
    ucs_status_t s = context_open(l, transports);
    if (s == UCS_OK)
        s = worker_open(l);
    if (s != UCS_OK)
        endpoint_close(l);
    return s;
}

void *line_open(int n_ranks, const struct wire_up *up, void *user, char *error)
{
    struct line *l = calloc(1, sizeof *l);
    if (l)
        l->peer = calloc((size_t)n_ranks, sizeof *l->peer);
    if (!l || !l->peer) {
        free(l);
        say(error, "UCX", UCS_ERR_NO_MEMORY);
        return NULL;
    }
    l->n_ranks = n_ranks;
    l->up = *up;
    l->user = user;
    ucs_status_t s = endpoint_open(l, NULL);
    if (s != UCS_OK && getenv("UCX_TLS") == NULL) /* a small /dev/shm: System V's memory, CMA, TCP are left */
        s = endpoint_open(l, "^posix");
    if (s == UCS_OK)
        return l;
    say(error, "UCX does not start (is /dev/shm full? each rank takes some 5 MB of it)", s);
    line_close(l);
    return NULL;
}

const void *line_address(void *self, size_t *out_bytes)
{
    const struct line *l = self;
    *out_bytes = l->address_bytes;
    return l->address;
}

bool line_meet(void *self, int rank, const void *address, size_t bytes)
{
    struct line *l = self;
    void        *copy = malloc(bytes);
    if (!copy)
        return false;
    memcpy(copy, address, bytes);
    free(l->peer[rank].address);
    l->peer[rank].address = copy;
    return true;
}

/* ---- sending ---- */

static ucs_status_t peer_connect(struct line *l, struct peer *p)
{
    if (p->ep)
        return UCS_OK;
    const ucp_ep_params_t params = {
        .field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS | UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE,
        .address = p->address,
        .err_mode = UCP_ERR_HANDLING_MODE_NONE,
    };
    return ucp_ep_create(l->worker, &params, &p->ep);
}

static struct sending *sending_take(struct line *l, void *token)
{
    struct sending *g = l->spare;
    if (g)
        l->spare = g->next;
    else
        g = malloc(sizeof *g);
    if (g)
        *g = (struct sending){.line = l, .token = token};
    return g;
}

static void sending_put(struct sending *g)
{
    g->next = g->line->spare;
    g->line->spare = g;
}

static void on_sent(void *request, ucs_status_t status, void *user_data)
{
    struct sending *g = user_data;
    (void)status; /* a lost peer is found by its silence */
    sending_put(g);
    g->line->up.sent(g->line->user, g->token);
    ucp_request_free(request);
}

static bool send_failed(struct line *l, int to, ucs_status_t s)
{
    l->up.broken(l->user, to, ucs_status_string(s));
    return false;
}

bool line_send(void *self, int to, const void *head, const void *buffer, size_t bytes, void *token)
{
    struct line       *l = self;
    struct peer       *p = &l->peer[to];
    const ucs_status_t s = peer_connect(l, p);
    if (s != UCS_OK)
        return send_failed(l, to, s);
    struct sending *g = sending_take(l, token);
    if (!g)
        return send_failed(l, to, UCS_ERR_NO_MEMORY);
    const ucp_request_param_t param = {
        .op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
        .cb.send = on_sent,
        .user_data = g,
    };
    const ucs_status_ptr_t r =
        ucp_am_send_nbx(p->ep, MESSAGE_ID, head, WIRE_HEAD, buffer, bytes, &param);
    l->has_flushed = false;
    if (r != NULL && !UCS_PTR_IS_ERR(r))
        return true;
    sending_put(g);
    if (r != NULL)
        return send_failed(l, to, UCS_PTR_STATUS(r));
    l->up.sent(l->user, token);
    return true;
}

bool line_progress(void *self)
{
    const struct line *l = self;
    return ucp_worker_progress(l->worker) != 0;
}

int line_fd(void *self)
{
    const struct line *l = self;
    return l->fd;
}

bool line_arm(void *self)
{
    const struct line *l = self;
    return ucp_worker_arm(l->worker) == UCS_OK;
}

/* ---- leaving ---- */

bool line_flushed(void *self)
{
    struct line *l = self;
    if (l->has_flushed)
        return true;
    if (!l->flush) {
        const ucp_request_param_t param = {0};
        l->flush = ucp_worker_flush_nbx(l->worker, &param);
        if (l->flush == NULL || UCS_PTR_IS_ERR(l->flush)) {
            l->flush = NULL;
            return l->has_flushed = true;
        }
    }
    if (ucp_request_check_status(l->flush) == UCS_INPROGRESS)
        return false;
    ucp_request_free(l->flush);
    l->flush = NULL;
    return l->has_flushed = true;
}

/* Close without asking the other side: it may be gone. */
static void peer_close(struct line *l, struct peer *p)
{
    const ucp_request_param_t param = {.op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS,
                                       .flags = UCP_EP_CLOSE_FLAG_FORCE};
    void *r = p->ep ? ucp_ep_close_nbx(p->ep, &param) : NULL;
    if (r != NULL && !UCS_PTR_IS_ERR(r)) {
        while (ucp_request_check_status(r) == UCS_INPROGRESS)
            (void)ucp_worker_progress(l->worker);
        ucp_request_free(r);
    }
    free(p->address);
}

void line_close(void *self)
{
    struct line *l = self;
    if (l->flush)
        ucp_request_free(l->flush);
    for (int r = 0; r < l->n_ranks; ++r)
        peer_close(l, &l->peer[r]);
    endpoint_close(l);
    for (struct sending *g = l->spare, *next; g; g = next) {
        next = g->next;
        free(g);
    }
    free(l->peer);
    free(l);
}
