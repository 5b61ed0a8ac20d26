/* Settings: where they come from, which wins, and what is refused by name. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "model/config.h"

static const tsr_machine machine = {.n_cores = 3};
static const tsr_options plain = {
    .size = sizeof plain, .at = {"main.c", "main", 5}, .machine = &machine};

/* `words` are not written, but where argv stands is. */
static tsr_status read_words(struct config *c, const char **words, int *argc, const tsr_options *o)
{
    char **argv = (char **)(void *)words;
    for (*argc = 0; words[*argc]; ++*argc) {
    }
    return config_read(c, argc, &argv, o);
}

Test(model_config, defaults)
{
    struct config c;
    cr_assert_eq(config_read(&c, NULL, NULL, &plain), TSR_OK);
    cr_assert_eq(c.leaf, 16384);
    cr_assert_eq(c.spin_us, 100);
    cr_assert_eq(c.machine.n_cores, 3);
    cr_assert_str_empty(c.trace);
}

Test(model_config, later_places_win)
{
    struct config c;
    int           argc;
    setenv("TESSERA_WORKERS", "2", 1);
    setenv("TESSERA_WINDOW", "8", 1);
    setenv("TESSERA_MEMORY", "3G", 1);
    setenv("TESSERA_TRACE", "a.trace", 1);
    const char *words[] = {"main", "-v", "--tessera-window=16", "--tessera-workers=4",
                           "file", NULL};
    tsr_options o = plain;
    o.workers = 8;
    cr_assert_eq(read_words(&c, words, &argc, &o), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(c.workers, 8);
    cr_assert_eq(c.window, 16);
    cr_assert_eq(c.memory_bytes, 3ll << 30);
    cr_assert_str_eq(c.trace, "a.trace");
    cr_assert_eq(argc, 3, "our words are taken out");
    cr_assert(!strcmp(words[1], "-v") && !strcmp(words[2], "file") && !words[3]);
}

Test(model_config, names_with_dashes)
{
    struct config c;
    int           argc;
    const char   *words[] = {"main", "--tessera-min-piece=0x10", "--tessera-trace=b", NULL};
    cr_assert_eq(read_words(&c, words, &argc, &plain), TSR_OK);
    cr_assert_eq(c.min_piece, 16);
    cr_assert_str_eq(c.trace, "b");
}

static void refuses(const char *word, const char *text)
{
    struct config c;
    int           argc;
    const char   *words[] = {"main", word, NULL};
    cr_assert_eq(read_words(&c, words, &argc, &plain), TSR_BAD_ARGUMENT, "%s", word);
    cr_assert(strstr(tsr_error_text(), text), "%s", tsr_error_text());
    cr_assert(strstr(tsr_error_text(), "main.c:5"));
}

Test(model_config, what_makes_no_sense_is_refused_by_name)
{
    refuses("--tessera-workers=two", "--tessera-workers=two: not a number from 0 to 512");
    refuses("--tessera-workers=513", "513: not a number from 0 to 512");
    refuses("--tessera-window=0", "not a number from 1 to 1024");
    refuses("--tessera-memory=-1", "not a number of at least 0");
    refuses("--tessera-memory=9000000T", "not a number of at least 0");
    refuses("--tessera-memory=1Q", "not a number");
    refuses("--tessera-memory= 1", "not a number");
    refuses("--tessera-check=cut", "--tessera-check=cut: not 'cuts'");
    refuses("--tessera-check=cuts2", "--tessera-check=cuts2: not 'cuts'");
    refuses("--tessera-leaf", "write --tessera-leaf=VALUE");
    refuses("--tessera-leafs=1", "no such setting");
}

Test(model_config, variables_are_refused_by_name)
{
    struct config c;
    setenv("TESSERA_LEAF", "many", 1);
    cr_assert_eq(config_read(&c, NULL, NULL, &plain), TSR_BAD_ARGUMENT);
    cr_assert(strstr(tsr_error_text(), "TESSERA_LEAF=many: not a number"), "%s", tsr_error_text());
    unsetenv("TESSERA_LEAF");
    tsr_options o = plain;
    o.workers = -1;
    cr_assert_eq(config_read(&c, NULL, NULL, &o), TSR_BAD_ARGUMENT);
    cr_assert(strstr(tsr_error_text(), ".workers=-1"), "%s", tsr_error_text());
}

Test(model_config, printing_names_every_variable)
{
    struct config c;
    char          text[8192] = "";
    cr_assert_eq(config_read(&c, NULL, NULL, &plain), TSR_OK);
    FILE *f = fmemopen(text, sizeof text, "w");
    config_print(&c, f);
    fclose(f);
#define X(field, variable, least, most, standard, shared, said)                                    \
    cr_assert(strstr(text, variable " ") && strstr(text, said));
    CONFIG_INT_MAP(X)
#undef X
    for (int i = 0; config_variable(i); ++i)
        cr_expect(strstr(text, config_variable(i)), "%s", config_variable(i));
}

Test(model_config, shared_settings)
{
    struct config c;
    int64_t       word[CONFIG_MAX_SHARED];
    cr_assert_eq(config_read(&c, NULL, NULL, &plain), TSR_OK);
    c.leaf = 77;
    const int n = config_shared(&c, word);
    int       found = 0;
    for (int i = 0; i < n; ++i)
        found += !strcmp(config_shared_name(i), "TESSERA_LEAF") && word[i] == 77;
    cr_assert_eq(found, 1);
}

Test(model_config, shared_settings_are_told_as_they_were_written)
{
    struct config c;
    int64_t       word[CONFIG_MAX_SHARED];
    int           argc = 2;
    const char   *words[] = {"main", "--tessera-check=cuts", NULL};
    char        **argv = (char **)(uintptr_t)words;
    cr_assert_eq(config_read(&c, &argc, &argv, &plain), TSR_OK);
    c.leaf = 77;
    const int n = config_shared(&c, word);
    int       found = 0;
    for (int i = 0; i < n; ++i) {
        const struct config_word told = config_shared_text(i, word[i]);
        if (!strcmp(config_shared_name(i), "TESSERA_LEAF"))
            found += !strcmp(told.text, "77");
        if (!strcmp(config_shared_name(i), "TESSERA_CHECK"))
            found +=
                !strcmp(told.text, "cuts") && !strcmp(config_shared_text(i, 0).text, "not set");
    }
    cr_assert_eq(found, 2);
}

static int64_t shared_word(const struct config *c, const char *name)
{
    int64_t   word[CONFIG_MAX_SHARED], found = -1;
    const int n = config_shared(c, word);
    for (int i = 0; i < n; ++i)
        found = strcmp(config_shared_name(i), name) == 0 ? word[i] : found;
    return found;
}

Test(model_config, the_check_of_cuts_is_shared_and_can_be_taken_back)
{
    struct config on, off, empty;
    int           argc;
    const char   *words[] = {"main", "--tessera-check=", NULL};
    cr_assert_eq(config_read(&off, NULL, NULL, &plain), TSR_OK);
    setenv("TESSERA_CHECK", "cuts", 1);
    cr_assert_eq(config_read(&on, NULL, NULL, &plain), TSR_OK);
    cr_assert_eq(read_words(&empty, words, &argc, &plain), TSR_OK);
    setenv("TESSERA_CHECK", "bits", 1);
    cr_assert_eq(config_read(&on, NULL, NULL, &plain), TSR_BAD_ARGUMENT);
    cr_assert(strstr(tsr_error_text(), "TESSERA_CHECK=bits: not 'cuts'"), "%s", tsr_error_text());
    unsetenv("TESSERA_CHECK");
    cr_assert_str_eq(off.check, "");
    cr_assert_eq(shared_word(&off, "TESSERA_CHECK"), 0);
    cr_assert_eq(shared_word(&empty, "TESSERA_CHECK"), 0);
    strcpy(off.check, "cuts");
    cr_assert_neq(shared_word(&off, "TESSERA_CHECK"), 0);
}

/* ---- variables that nobody knows ---- */

struct told {
    int  n;
    char name[4][40], nearest[4][40];
};

static void tell(void *user, const char *name, int length, const char *nearest)
{
    struct told *t = user;
    snprintf(t->name[t->n], sizeof t->name[0], "%.*s", length, name);
    snprintf(t->nearest[t->n++], sizeof t->nearest[0], "%s", nearest ? nearest : "");
}

Test(model_config, unknown_variables_are_told_with_the_nearest)
{
    char  a[] = "TESSERA_WORKER=2", b[] = "TESSERA_WORKERS=2", c[] = "TESSERA_LAEF=", d[] = "PATH=/bin";
    char  e[] = "TESSERA_FAVOURITE_COLOUR=blue", f[] = "TESSERA_TRACE=t", g[] = "TESSERA_PLUGINS=p";
    char *environment[] = {a, b, c, d, e, f, g, NULL};
    struct told t = {0};
    cr_assert_eq(environment_unknown(environment, tell, &t), 3);
    cr_expect_str_eq(t.name[0], "TESSERA_WORKER");
    cr_expect_str_eq(t.nearest[0], "TESSERA_WORKERS");
    cr_expect_str_eq(t.name[1], "TESSERA_LAEF");
    cr_expect_str_eq(t.nearest[1], "TESSERA_LEAF");
    cr_expect_str_eq(t.name[2], "TESSERA_FAVOURITE_COLOUR");
    cr_expect_str_eq(t.nearest[2], "");
}
