/* api/output.h - one output: stdout is rank 0's. */
#ifndef API_OUTPUT_H
#define API_OUTPUT_H

/* Let stdout go nowhere; -1, or what output_restore takes. */
int  output_silence(void);
/* Give it back; -1: it was not taken. */
void output_restore(int saved);

#endif
