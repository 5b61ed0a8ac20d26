/* What a network can say of itself: counts, and who waits for what.
 *
 * Threads: any; what is printed is a little stale. */
#include "network/inside.h"

enum { PRINT_MESSAGES = 16 };

struct network_counts network_counts(const struct network *net)
{
    return (struct network_counts){
        .sent = atomic_load_explicit(&net->sent, memory_order_relaxed),
        .sent_bytes = atomic_load_explicit(&net->sent_bytes, memory_order_relaxed),
        .received = atomic_load_explicit(&net->received, memory_order_relaxed),
        .received_bytes = atomic_load_explicit(&net->received_bytes, memory_order_relaxed),
        .unmatched = mailbox_count(net->end.mailbox),
        .unmatched_bytes = atomic_load_explicit(&net->end.mailbox->bytes, memory_order_relaxed),
        .unmatched_peak_bytes =
            atomic_load_explicit(&net->end.mailbox->peak_bytes, memory_order_relaxed),
        .agreements = atomic_load_explicit(&net->agreements, memory_order_relaxed),
    };
}

struct printing {
    FILE *out;
    int   left;
};

static bool print_message(const struct message *m, void *user)
{
    struct printing *p = user;
    fprintf(p->out, "  from rank %d: operation %llu, kind %u, argument %u, piece %u (%zu bytes)\n",
            m->from, (unsigned long long)m->tag.number, m->tag.kind_arg >> 16,
            m->tag.kind_arg & 0xffff, m->tag.piece, m->bytes);
    return --p->left > 0;
}

static void print_rank(const struct network *net, int rank, FILE *out)
{
    static const char *const states[] = {"here", "left", "lost"};
    struct port             *p = net->end.port[rank];
    struct stream_entry      e;
    fprintf(out, "  rank %d: %s, completed through operation %llu", rank,
            states[atomic_load_explicit(&p->state, memory_order_acquire)],
            (unsigned long long)network_completed(net, rank));
    if (stream_entry_last(&p->stream, &e))
        fprintf(out, ", issued through operation %llu at %s:%d", (unsigned long long)e.number,
                e.at.file, e.at.line);
    fputc('\n', out);
}

void network_print(struct network *net, FILE *out)
{
    const char *what = atomic_load_explicit(&net->waiting.what, memory_order_acquire);
    fprintf(out, "network: rank %d of %d (%s)", net->end.rank, net->end.n_ranks,
            net->end.call->name);
    if (what)
        fprintf(
            out, ", waits in %s for operation %llu, for rank %d", what,
            (unsigned long long)atomic_load_explicit(&net->waiting.number, memory_order_relaxed),
            atomic_load_explicit(&net->waiting.from, memory_order_relaxed));
    fprintf(out, "%s\n", network_pending(net) ? ", messages held back" : "");
    for (int r = 0; r < net->end.n_ranks && net->end.n_ranks > 1; ++r)
        print_rank(net, r, out);
    const int64_t unmatched = mailbox_count(net->end.mailbox);
    if (unmatched == 0)
        return;
    fprintf(out, "  %lld messages nobody took:\n", (long long)unmatched);
    struct printing p = {out, PRINT_MESSAGES};
    mailbox_visit(net->end.mailbox, print_message, &p);
}
