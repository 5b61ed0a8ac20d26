/* network/message.h - a message: a head of the network's before the caller's bytes.
 *
 * The head stands just before the payload, in the same block, so that handing a message on needs no
 * memory and no copy.  Whoever holds the buffer owns both. */
#ifndef NETWORK_MESSAGE_H
#define NETWORK_MESSAGE_H

#include "network/network.h"

enum { MESSAGE_ALIGN = 64 };

struct message {
    struct message    *next;  /* in the list it stands in */
    void              *block; /* what base_free takes */
    struct network_tag tag;
    int32_t            from, to;
    size_t             bytes;
    uint64_t           due; /* of a message held back */
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
