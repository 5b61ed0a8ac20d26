/* observe/trace.h - the trace file, version 1, as structs. docs/internals/trace.md describes it.
 *
 * A head, then chunks until the end of the file; each chunk is a struct observe_trace_chunk and
 * `bytes` of payload, padded to a multiple of 8. Numbers are little-endian. */
#ifndef TESSERA_OBSERVE_TRACE_H
#define TESSERA_OBSERVE_TRACE_H

#include <stdint.h>

enum { OBSERVE_TRACE_VERSION = 1 };

struct observe_trace_file_head {
    char     magic[8];    /* "TSRTRACE" */
    uint32_t version;     /* of the format */
    uint32_t head_bytes;  /* of this struct: chunks begin there */
    uint32_t event_bytes; /* 32 */
    uint32_t rank, ranks, workers;
    uint64_t begin_stamp; /* the same moment on three clocks */
    int64_t  begin_monotonic_ns, begin_real_ns;
    int64_t  clock_offset_ns; /* add to this rank's monotonic clock to have rank 0's */
    uint64_t frequency_hz;    /* of stamps, a first estimate; 0: see the CLOK chunk */
    char     writer[32];      /* "tessera 0.1.0" */
};
_Static_assert(sizeof(struct observe_trace_file_head) == 104, "the format says so");

struct observe_trace_chunk {
    char     tag[4]; /* KIND EVNT NAME COUN CLOK DONE */
    uint32_t worker; /* of EVNT; else 0 */
    uint64_t bytes;  /* of the payload, without padding */
};
_Static_assert(sizeof(struct observe_trace_chunk) == 16, "the format says so");

/* NAME: records, each padded to a multiple of 8: this, then task, file and provenance. */
struct observe_trace_name {
    uint64_t number;
    uint32_t line;
    uint16_t task_bytes, file_bytes, provenance_bytes, record_bytes;
    uint32_t zero;
};
_Static_assert(sizeof(struct observe_trace_name) == 24, "the format says so");

/* CLOK: one more moment on all clocks, so that the rate of stamps is known. */
struct observe_trace_clock {
    uint64_t stamp;
    int64_t  monotonic_ns, real_ns;
};

/* DONE: the last chunk. A file without it was not closed. */
struct observe_trace_done {
    uint64_t events, lost_events; /* written; not written because the file could not take them */
    uint64_t names, lost_names;
};

#endif
