/// Floating-point numbers and text, whatever the process's locale.
#ifndef FLOAT_TEXT_H
#define FLOAT_TEXT_H

#include <stdint.h>

/// Bytes that a written number takes at most.
#define FLOAT_TEXT_MAX 32

/// Gets the C locale ready; call it in `create`, before the functions below. 0 without memory. [any]
int float_text_init(void);

/// The nearest value of the number at `text`, as strtod in the C locale. [any]
double float_text_strtod(const char *text);
float float_text_strtof(const char *text);

/// Writes a finite number with the fewest digits that read back as the same value, always with a point or an
/// exponent; the end of what is written. [any]
uint8_t *double_write(double value, uint8_t *out);
uint8_t *float_write(float value, uint8_t *out);

#endif
