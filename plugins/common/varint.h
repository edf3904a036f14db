/// Integers in pieces of 7 bits, the least significant first, as Avro and Protobuf write them.
#ifndef VARINT_H
#define VARINT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// Bytes of a varint at most.
#define VARINT_MAX 10

/// Goes on where a varint has more than 8 bytes. [any]
static inline const uint8_t *varint_read_long(const uint8_t *at, uint64_t *out) {
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    uint64_t byte = *at++;
    value |= (byte & 0x7F) << shift;
    if (byte < 0x80) {
      *out = value;
      return shift == 63 && byte > 1 ? NULL : at;
    }
  }
  return NULL;
}

/// Goes on where a varint has more than one byte: all at once, since a loop's end is hard to foresee. [any]
static inline const uint8_t *varint_read_more(const uint8_t *at, uint64_t *out) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  uint64_t ends = ~word & UINT64_C(0x8080808080808080);
  if (ends == 0)
    return varint_read_long(at, out);
  // Up to the first byte without its high bit; then pieces move together, pairs of 1, 2 and 4 bytes.
  word &= ends ^ (ends - 1);
  word &= UINT64_C(0x7F7F7F7F7F7F7F7F);
  word = (word & UINT64_C(0x007F007F007F007F)) | (word & UINT64_C(0x7F007F007F007F00)) >> 1;
  word = (word & UINT64_C(0x00003FFF00003FFF)) | (word & UINT64_C(0x3FFF00003FFF0000)) >> 2;
  *out = (word & UINT64_C(0x000000000FFFFFFF)) | (word & UINT64_C(0x0FFFFFFF00000000)) >> 4;
  return at + (__builtin_ctzll(ends) >> 3) + 1;
}

/// Reads the varint at `at`, of which VARINT_MAX bytes must be readable; behind it, NULL if it has more than 64
/// bits. [any]
static inline const uint8_t *varint_read(const uint8_t *at, uint64_t *out) {
  if (*at >= 0x80)
    return varint_read_more(at, out);
  *out = *at;
  return at + 1;
}

/// Goes on where a varint takes more than one byte: up to 8 of them at once. [any]
static inline uint8_t *varint_write_more(uint64_t bits, uint8_t *out) {
  for (; bits >> 56 != 0; bits >>= 7)
    *out++ = (uint8_t)(bits | 0x80);
  int size = (int)((63 - (uint32_t)__builtin_clzll(bits | 1)) / 7) + 1;
  // Pieces move apart, pairs of 4, 2 and 1 bytes; then all bytes but the last get their high bits.
  uint64_t word = (bits & UINT64_C(0x000000000FFFFFFF)) | (bits & UINT64_C(0x00FFFFFFF0000000)) << 4;
  word = (word & UINT64_C(0x00003FFF00003FFF)) | (word & UINT64_C(0x0FFFC0000FFFC000)) << 2;
  word = (word & UINT64_C(0x007F007F007F007F)) | (word & UINT64_C(0x3F803F803F803F80)) << 1;
  word |= UINT64_C(0x8080808080808080) & (UINT64_MAX >> 8 >> (64 - 8 * size));
  memcpy(out, &word, sizeof word);
  return out + size;
}

/// Writes a varint, VARINT_MAX bytes at most, where as many have room, or 8 if it has 56 bits at most: more may
/// be written than it takes. Its end. [any]
static inline uint8_t *varint_write(uint64_t bits, uint8_t *out) {
  if (bits >= 0x80)
    return varint_write_more(bits, out);
  *out = (uint8_t)bits;
  return out + 1;
}

/// Signed integers as unsigned ones, small if their magnitude is, and back. [any]
static inline uint64_t varint_zigzag(int64_t value) {
  return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}
static inline int64_t varint_unzigzag(uint64_t bits) { return (int64_t)(bits >> 1 ^ (0 - (bits & 1))); }

#endif
