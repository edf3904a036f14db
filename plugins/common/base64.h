/// Base64 (RFC 4648, standard alphabet, padded, strict).
#ifndef BASE64_H
#define BASE64_H

#include <stdint.h>

/// Characters of `size` bytes in base64. [any]
static inline int64_t base64_size(int64_t size) { return (size + 2) / 3 * 4; }

/// Writes `size` bytes as base64 to `out`. [any]
void base64_encode(const uint8_t *bytes, int64_t size, uint8_t *out);

/// Reads base64 into `out`, which has room for size / 4 * 3 bytes; how many there are, or -1 if it is none: a
/// length that is no multiple of 4, a foreign character, wrong padding, or bits set that padding drops. [any]
int64_t base64_decode(const uint8_t *text, int64_t size, uint8_t *out);

#endif
