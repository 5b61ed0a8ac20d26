/* frames_files.h - HDF5 files for tests: right ones of every kind, and wrong ones. */
#ifndef TESTS_EXAMPLES_FRAMES_FILES_H
#define TESTS_EXAMPLES_FRAMES_FILES_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

/* How a file is written. Elements are made_element(); chunk[0] 0: contiguous. */
typedef struct made_file {
    const char *name;
    hid_t       type; /* in the file; integers or floats */
    int64_t     chunk[3];
    bool        shuffle, fletcher;
    int         deflate; /* 0: none */
    double      scale;   /* elements are multiplied by it; 0: they are not */
    bool        has_gap; /* the chunk of element 0 is never written: fill value FILL */
    int64_t     frames;  /* 0: MADE_FRAMES; at most MADE_MOST_FRAMES */
} made_file;

enum { MADE_FRAMES = 10, MADE_ROWS = 11, MADE_COLUMNS = 13, MADE_FILL = 7 };
enum { MADE_MOST_FRAMES = 201 };
#define MADE_SET "/entry/data/data"

/* The number that stands at a place: fits every type, negative where the type has a sign. */
int64_t made_element(bool is_signed, int64_t frame, int64_t row, int64_t column);

/* Write a file; its folder is there. Ends the program with a message when that fails. */
void made_write(const char *path, const made_file *how);
/* A file whose data set has `rank` dimensions of extent 4. */
void made_write_rank(const char *path, int rank);
/* A file whose elements are text. */
void made_write_text(const char *path);
/* Copy a file without its last part: `keep` of its bytes. */
void made_cut(const char *from, const char *to, double keep);
/* Copy a file and overwrite the packed bytes of one frame's chunk. */
void made_damage(const char *from, const char *to, int64_t frame);
/* Cut an open file in place just before the chunk of one frame. */
void made_cut_chunk(const char *path, int64_t frame);

#endif
