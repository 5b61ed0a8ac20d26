/* model/config.h - settings of a runtime: one table of TESSERA_* variables.
 *
 * A row: field, variable, kind (INT with bounds, BYTES, CHOICE, TEXT), default, meaning.  Settings
 * marked shared must agree on all ranks. */
#ifndef TESSERA_MODEL_CONFIG_H
#define TESSERA_MODEL_CONFIG_H

#include <stdint.h>

#include <tessera/runtime.h>

/* field, variable, least, most, default, shared, meaning */
#define CONFIG_INT_MAP(X)                                                                          \
    X(workers, "TESSERA_WORKERS", 0, 512, 0, 0, "threads in all, the issuing one included; 0: one a core") \
    X(ranks, "TESSERA_RANKS", 1, 256, 1, 1, "ranks as threads of this process (tsr_main)")          \
    X(window, "TESSERA_WINDOW", 1, 1024, 64, 1, "operations analysed together")                    \
    X(leaf, "TESSERA_LEAF", 1, 1 << 30, 16384, 1, "elements of a canonical leaf; changes float sums")\
    X(min_piece, "TESSERA_MIN_PIECE", 0, INT64_MAX, 0, 0, "smallest piece in elements; 0: by the machine")\
    X(piece_bytes, "TESSERA_PIECE_BYTES", 0, INT64_MAX, 0, 0, "bytes of all that a piece touches, 32 an element at least; 0: half of L2")\
    X(fuse, "TESSERA_FUSE", 0, 1, 1, 1, "1: formulas issued one after another become one operation; 0: each its own")\
    X(vector, "TESSERA_VECTOR", 0, 2, 0, 0, "vector loops of formulas: 0: the widest; 1: plain; 2: AVX2 at most")\
    X(compile, "TESSERA_COMPILE", 0, 2, 0, 0, "formulas as code of this machine: 0: where they are hot; 1: never; 2: at once")\
    X(memo, "TESSERA_MEMO", 0, 2, 0, 0, "0 (on): reuse analyses; 1 (off); 2 (check): do both and compare")\
    X(chaos, "TESSERA_CHAOS", 0, INT64_MAX, 0, 0, "a seed: shuffled ready order, random stalls; 0: off")\
    X(seed, "TESSERA_SEED", 0, INT64_MAX, 0, 1, "messages of the memory transport are delayed and reordered; 0: not")\
    X(memory_bytes, "TESSERA_MEMORY", 0, INT64_MAX, 0, 0, "host budget in bytes; 0: 80 % of the machine's")\
    X(tree, "TESSERA_TREE", 1, 1 << 20, 8, 1, "ranks a box goes to from its owner; to more, by a tree of ranks")\
    X(ahead_bytes, "TESSERA_AHEAD", 0, INT64_MAX, 0, 0, "most bytes sent to a rank for what it has not completed; 0: by the ranks' memory")\
    X(spin_us, "TESSERA_SPIN", 0, 1000000, 100, 0, "microseconds an idle worker spins before it sleeps")\
    X(bind, "TESSERA_BIND", 0, 1, 1, 0, "bind workers to cores")                                    \
    X(silence_ms, "TESSERA_SILENCE", 0, 3600000, 2500, 0, "milliseconds of silence after which a process is lost; 0: never")\
    X(watchdog, "TESSERA_WATCHDOG", 0, 86400, 30, 0, "seconds without progress before it is reported; 0: never")

/* field, bytes, variable, the only text but "" it may have (NULL: any), shared (then at most 8 letters),
 * meaning */
#define CONFIG_TEXT_MAP(X)                                                                         \
    X(trace, 256, "TESSERA_TRACE", NULL, 0, "a file to write the trace to")                        \
    X(simulate, 24, "TESSERA_SIMULATE", NULL, 0, "RANKS or RANKS:RANK: be one rank of an imagined run, analyse, run nothing")\
    X(output, 16, "TESSERA_STDOUT", NULL, 0, "all: every process prints to stdout; else rank 0 alone")\
    X(check, 9, "TESSERA_CHECK", "cuts", 1, "cuts: run each task under two cuts, compare the bits; slow")

struct config {
#define X(field, variable, least, most, standard, shared, text) int64_t field;
    CONFIG_INT_MAP(X)
#undef X
#define X(field, bytes, variable, only, shared, text) char field[bytes];
    CONFIG_TEXT_MAP(X)
#undef X
    tsr_machine machine;
};

/* Fill `out` from defaults, then the environment, then words --tessera-NAME=VALUE of argv (taken out),
 * then the fields of `o` that are set.  The machine is discovered unless given. */
tsr_status config_read(struct config *out, int *argc, char ***argv, const tsr_options *o);
void       config_print(const struct config *c, FILE *out);

/* The settings that must agree on all ranks, as words; how many there are. */
enum { CONFIG_MAX_SHARED = 16 };
int config_shared(const struct config *c, int64_t out[CONFIG_MAX_SHARED]);
/* Variable i of all that some part of Tessera reads; NULL past the last. */
const char *config_variable(int i);

/* Told of a variable of the environment (`length` letters of `name`) that is not known, and the known one
 * that is near it, or NULL. */
typedef void environment_told(void *user, const char *name, int length, const char *nearest);
/* Tell of every TESSERA_* variable that is not known; how many there are. */
int environment_unknown(char **environment, environment_told *tell, void *user);
/* Tell stderr, once a process. */
void environment_warn(void);

/* The variable of word `i` of config_shared, and such a word as whoever set it wrote it ("not set": no
 * text). */
const char *config_shared_name(int i);
struct config_word {
    char text[24];
};
struct config_word config_shared_text(int i, int64_t word);

#endif
