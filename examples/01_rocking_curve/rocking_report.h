/* rocking_report.h - what was found: as a page of text, as JSON, as a picture. On one rank. */
#ifndef ROCKING_REPORT_H
#define ROCKING_REPORT_H

#include "rocking_input.h"

/* Print what was found. */
void rocking_report_print(const rocking_input *in, const rocking_found *f);
/* Print the figures of a simulated scan beside their truth; false when one is off. */
bool rocking_report_truth(const rocking_input *in, const rocking_found *f);
/* Write the figures. Fails: ENVIRONMENT, naming the file. */
tsr_status rocking_report_json(const rocking_found *f, const char *path);
/* Write the projections, the maximum image and the rocking curve. Fails: ENVIRONMENT, naming the
 * file. */
tsr_status rocking_picture_write(const rocking_input *in, const rocking_found *f, const char *path);

#endif
