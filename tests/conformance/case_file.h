/* case_file.h - the cases that cases.py writes, and elements compared. */
#ifndef CONFORMANCE_CASE_FILE_H
#define CONFORMANCE_CASE_FILE_H

#include <stdio.h>

#include <tessera/array.h>

enum { CASE_OPERANDS = 5, CASE_WORDS = 16, CASE_LINE = 400 };

/* Elements in memory. */
struct case_data {
    nd_type  type;
    nd_shape shape;
    char    *bytes;
    size_t   n_bytes;
};
/* An operand: a number, or a root and the text of the view that is passed ("-": all of it). */
struct case_operand {
    bool             is_number;
    nd_operand       number;
    struct case_data root;
    char             view[64];
};
/* A case. */
struct conformance_case {
    int                 line; /* which of the file */
    char                text[CASE_LINE];
    const char         *function; /* in `text`, as are the words */
    const char         *word[CASE_WORDS];
    int                 n_words;
    double              ulps, absolute; /* what may differ */
    int                 n_operands;
    struct case_operand operand[CASE_OPERANDS];
    struct case_data    expected;
    char               *expected_text; /* or NULL */
    char                failure[32];   /* or "" */
};

/* The type of a name of cases.py ("f64"); TSR_TYPE_ANY: none. */
nd_type case_type(const char *name);
/* Read what the words "type rank extents..." say, its bytes from `in`; answers the word behind them. */
char *case_data_read(FILE *in, char *words, struct case_data *out);
/* Say that the file is not what it should be, and exit with 2. */
void case_broken(const char *what);
/* Read the next case; false at the end. Ends the program where the file is no file of cases. */
bool case_read(FILE *in, struct conformance_case *c);
void case_free(struct conformance_case *c);
/* Run a case and compare; false: `why` (of 400 bytes) says what differs. */
bool case_run(const struct conformance_case *c, char *why);
/* A case of cases_parts.py; {0}: it is none. */
nd_array case_parts(const struct conformance_case *c, const nd_operand *x);
/* A case of linear algebra; {0}: it is none. */
nd_array case_linalg(const struct conformance_case *c, const nd_operand *x);
/* Calls of indexing, sorting and random numbers (case_index.c); {0}: it is none of these. */
nd_array case_call_index(const struct conformance_case *c, const nd_operand *x);
/* The element type of that name; TSR_TYPE_ANY: there is none. */
nd_type case_type(const char *name);
/* Word i of a case as a number; 0: there is none. */
int case_word(const struct conformance_case *c, int i);
/* The reduction of a name; ND_N_REDUCTIONS: none. */
nd_reduction case_reduction(const char *name);
/* The reduction or scan that a case of cases_reduce.py asks for. */
nd_array case_reduce(const struct conformance_case *c, const nd_operand *x);
/* Compare elements; false: `why` names the first that differs. */
bool case_compare(const struct conformance_case *c, nd_array found, char *why);


/* ---- programs ---- */

/* How programs are run. */
struct program_options {
    const char *file;
    long        offset; /* of the first program in the file */
    int         ranks, workers, count;
    bool        show; /* print each statement */
};
/* What became of them, on all ranks; where the next program is in the file. */
struct program_result {
    int  programs, differ;
    long offset;
};
/* Run the next `count` programs of programs.py's file on ranks of this process, and say of each that answers
 * otherwise what differs; adds to *out.  False: they could not be run. */
bool programs_run(const struct program_options *o, struct program_result *out);

#endif
