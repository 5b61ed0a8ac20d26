/* When ranks run different programs: finding out, and saying where.
 *
 * Law 2 rests on all ranks issuing the same stream.  Every STREAM_COMPARE_EVERY entries a rank
 * compares its rolling hash with those ranks that have come as far (the others will compare with
 * it); a fact whose head differs, and a second without a comparison, lead here as well.  The alarm
 * names the first entry that differs, by the lines that issued it on both ranks.
 *
 * Cost: a few ns an entry, O(ranks) every 64th; nothing on one rank.
 * Threads: network_stream_note: the issuing thread; the rest any. */
#include "network/inside.h"

static struct stream *stream_of(const struct network *net, int rank)
{
    return &net->end.port[rank]->stream;
}

/* ", after entry N": where in the stream. */
static void describe(char *out, size_t bytes, int me, int peer, const struct stream_difference *d)
{
    snprintf(
        out, bytes,
        "rank %d issued at %s:%d (%s, operation %llu) what rank %d issued at %s:%d (%s, operation "
        "%llu) otherwise; %s entry %llu of the stream",
        me, d->a.at.file, d->a.at.line, d->a.at.function, (unsigned long long)d->a.number, peer,
        d->b.at.file, d->b.at.line, d->b.at.function, (unsigned long long)d->b.number,
        d->is_first ? "they differ first at" : "they differ at or before",
        (unsigned long long)d->a.sequence);
}

/* Raise DIVERGED if the streams of this rank and `peer` differ where both are kept.  may_ask: this
 * thread may wait for the peer's stream, of which little may be known. */
static bool compare_with(struct network *net, int peer, bool may_ask)
{
    struct stream_difference d;
    const int                me = net->end.rank;
    if (!stream_compare(stream_of(net, me), stream_of(net, peer), &d))
        return false;
    if (may_ask && net->end.call->fetch_stream) {
        net->end.call->fetch_stream(net->end.self, peer);
        (void)stream_compare(stream_of(net, me), stream_of(net, peer), &d);
    }
    char text[768];
    describe(text, sizeof text, me, peer, &d);
    net->end.call->raise(net->end.self, ALARM_DIVERGED, text);
    return true;
}

void network_streams_compare(struct network *net)
{
    for (int r = 0; r < net->end.n_ranks && !net->end.call->imagined; ++r)
        if (r != net->end.rank && compare_with(net, r, true))
            return;
}

void network_peer_compare(void *net, int peer)
{
    (void)compare_with(net, peer, false);
}

/* "FILE:LINE", of the newest entry of a rank. */
static void describe_last(char *out, size_t bytes, const struct network *net, int rank)
{
    struct stream_entry e;
    if (stream_entry_last(stream_of(net, rank), &e))
        snprintf(out, bytes, "%s:%d", e.at.file, e.at.line);
    else
        snprintf(out, bytes, "its start");
}

void network_diverge(struct network *net, int peer, const char *why)
{
    if (net->end.call->fetch_stream)
        net->end.call->fetch_stream(net->end.self, peer);
    if (compare_with(net, peer, false))
        return;
    char mine[160], theirs[160], text[768];
    describe_last(mine, sizeof mine, net, net->end.rank);
    describe_last(theirs, sizeof theirs, net, peer);
    snprintf(text, sizeof text, "%s; rank %d last issued at %s, rank %d at %s", why, net->end.rank,
             mine, peer, theirs);
    net->end.call->raise(net->end.self, ALARM_DIVERGED, text);
}

void network_stream_note(struct network *net, uint64_t number, uint64_t word, tsr_site at)
{
    if (net->end.n_ranks == 1 || net->end.call->imagined)
        return;
    struct stream *mine = stream_of(net, net->end.rank);
    const uint64_t n = stream_note(mine, number, word, at);
    if (n % STREAM_COMPARE_EVERY != 0)
        return;
    for (int r = 0; r < net->end.n_ranks; ++r)
        if (!stream_agree_at(mine, stream_of(net, r), n) &&
            compare_with(net, r, true))
            return;
}
