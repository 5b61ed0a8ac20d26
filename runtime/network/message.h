/* network/message.h - a message: a head of the network's before the caller's bytes.
 *
 * The head stands just before the payload, in the same block, so that handing a message on needs no
 * memory and no copy.  Whoever holds the buffer owns both. */
#ifndef NETWORK_MESSAGE_H
#define NETWORK_MESSAGE_H

#include "network/network.h"

enum { MESSAGE_ALIGN = 64 };

/* An agreed fact's; one of several messages; one that says nothing but how far its sender is; one that
 * asks for that. */
enum {
    NETWORK_KIND_FACT = NETWORK_KIND_RESERVED,
    NETWORK_KIND_TOGETHER,
    NETWORK_KIND_COMPLETED,
    NETWORK_KIND_ASK
};

struct message {
    struct message    *next;  /* in the list it stands in */
    void              *block; /* what base_free takes; NULL: it came with others */
    struct network_tag tag;
    int32_t            from, to;
    size_t             bytes;
    uint64_t           completed; /* what the sender had, when it went to another process */
    uint64_t           due; /* of a message held back; of one that came with others: how far before it their
                               head stands */
};
_Static_assert(sizeof(struct message) <= MESSAGE_ALIGN, "the head fits before the payload");

static inline struct message *message_of_buffer(void *buffer)
{
    return (struct message *)(void *)((char *)buffer - MESSAGE_ALIGN);
}

static inline void *message_buffer(struct message *m)
{
    return (char *)m + MESSAGE_ALIGN;
}

static inline bool network_tag_equal(struct network_tag a, struct network_tag b)
{
    return a.number == b.number && a.kind_arg == b.kind_arg && a.piece == b.piece;
}

#endif
