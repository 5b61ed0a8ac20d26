/* A mailbox: messages by sender and tag, oldest first, counted, visited, freed. */
#include <criterion/criterion.h>

#include "base/alloc.h"
#include "network/mailbox.h"

static struct mailbox *mailbox_create(void)
{
    struct mailbox *b = base_aligned(64, sizeof *b);
    mailbox_init(b);
    return b;
}

static void put(struct mailbox *b, int from, uint64_t number, int value)
{
    int            *v = network_buffer_create(sizeof *v);
    struct message *m = message_of_buffer(v);
    *v = value;
    m->from = from;
    m->tag = network_tag_of(number, 1, 2, 3);
    m->bytes = sizeof *v;
    mailbox_put(b, m);
}

/* The value of the message taken; -1: none. */
static int take(struct mailbox *b, int from, uint64_t number)
{
    struct message *m = mailbox_take(b, from, network_tag_of(number, 1, 2, 3));
    if (!m)
        return -1;
    const int v = *(int *)message_buffer(m);
    network_buffer_free(message_buffer(m));
    return v;
}

static void count_wake(void *user)
{
    ++*(int *)user;
}

static bool add_value(const struct message *m, void *user)
{
    *(int *)user += *(const int *)((const char *)m + MESSAGE_ALIGN);
    return true;
}

Test(network_mailbox, takes_by_sender_and_tag)
{
    struct mailbox *b = mailbox_create();
    for (int i = 0; i < 500; ++i)
        put(b, i % 3, (uint64_t)i, i);
    cr_assert_eq(mailbox_count(b), 500);
    cr_assert_eq(take(b, 1, 0), -1, "another sender");
    cr_assert_eq(take(b, 0, 1000), -1, "another number");
    for (int i = 499; i >= 0; --i)
        cr_assert_eq(take(b, i % 3, (uint64_t)i), i);
    cr_assert_eq(mailbox_count(b), 0);
    mailbox_done(b);
    base_free(b);
    cr_assert_eq(base_alloc_live(), 0);
}

Test(network_mailbox, the_oldest_first)
{
    struct mailbox *b = mailbox_create();
    put(b, 0, 5, 10);
    put(b, 0, 5, 11);
    cr_assert_eq(take(b, 0, 5), 10);
    put(b, 0, 5, 12);
    cr_assert_eq(take(b, 0, 5), 11);
    cr_assert_eq(take(b, 0, 5), 12);
    mailbox_done(b);
    base_free(b);
}

Test(network_mailbox, hooks_visits_and_leftovers)
{
    struct mailbox *b = mailbox_create();
    int             wakes = 0, sum = 0;
    mailbox_hook(b, count_wake, &wakes);
    for (int i = 0; i < 10; ++i)
        put(b, 0, (uint64_t)i, i);
    mailbox_visit(b, add_value, &sum);
    cr_assert(wakes == 10 && sum == 45);
    mailbox_hook(b, NULL, NULL);
    put(b, 0, 100, 1);
    cr_assert_eq(wakes, 10);
    mailbox_sleep_end(b, mailbox_sleep_begin(b), 1000000);
    mailbox_done(b);
    base_free(b);
    cr_assert_eq(base_alloc_live(), 0, "leftovers are freed");
}
