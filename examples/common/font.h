/* font.h - the letters that pictures are labelled with. */
#ifndef EXAMPLES_FONT_H
#define EXAMPLES_FONT_H

#include <stdint.h>

/* The 13 rows of a glyph, 8 pixels each, the leftmost in the highest bit; a blank for what is not
 * printable ASCII. Never NULL. */
const uint8_t *font_glyph(char letter);

#endif
