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

/// The pieces of a word of 8 bytes, moved together: pairs of 1, 2 and 4 bytes. [any]
static inline uint64_t varint_join(uint64_t word) {
  word &= UINT64_C(0x7F7F7F7F7F7F7F7F);
  word = (word & UINT64_C(0x007F007F007F007F)) | (word & UINT64_C(0x7F007F007F007F00)) >> 1;
  word = (word & UINT64_C(0x00003FFF00003FFF)) | (word & UINT64_C(0x3FFF00003FFF0000)) >> 2;
  return (word & UINT64_C(0x000000000FFFFFFF)) | (word & UINT64_C(0x0FFFFFFF00000000)) >> 4;
}

/// The low 56 bits, moved apart into pieces of 7 bits: pairs of 4, 2 and 1 bytes. [any]
static inline uint64_t varint_split(uint64_t bits) {
  uint64_t word = (bits & UINT64_C(0x000000000FFFFFFF)) | (bits & UINT64_C(0x00FFFFFFF0000000)) << 4;
  word = (word & UINT64_C(0x00003FFF00003FFF)) | (word & UINT64_C(0x0FFFC0000FFFC000)) << 2;
  return (word & UINT64_C(0x007F007F007F007F)) | (word & UINT64_C(0x3F803F803F803F80)) << 1;
}

/// Goes on where a varint has more than one byte: all at once, since a loop's end is hard to foresee. [any]
static inline const uint8_t *varint_read_more(const uint8_t *at, uint64_t *out) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  uint64_t ends = ~word & UINT64_C(0x8080808080808080);
  if (ends == 0)
    return varint_read_long(at, out);
  *out = varint_join(word & (ends ^ (ends - 1))); // up to the first byte without its high bit
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

/// Writes a varint of at most 56 bits, which `word` are split, where 8 bytes have room. Its end. [any]
static inline uint8_t *varint_put(uint64_t bits, uint64_t word, uint8_t *out) {
  uint32_t size = ((uint32_t)(63 - __builtin_clzll(bits | 1)) * 37 >> 8) + 1;   // a seventh of it, up to 63
  word |= UINT64_C(0x8080808080808080) & ((UINT64_C(1) << (8 * size - 8)) - 1); // all bytes but the last
  memcpy(out, &word, sizeof word);
  return out + size;
}

/// Goes on where a varint takes more than one byte: up to 8 of them at once. [any]
static inline uint8_t *varint_write_more(uint64_t bits, uint8_t *out) {
  for (; bits >> 56 != 0; bits >>= 7)
    *out++ = (uint8_t)(bits | 0x80);
  return varint_put(bits, varint_split(bits), out);
}

/// Writes a varint, VARINT_MAX bytes at most, where as many have room, or 8 if it has 56 bits at most: more may
/// be written than it takes. Its end. [any]
static inline uint8_t *varint_write(uint64_t bits, uint8_t *out) {
  if (bits >= 0x80)
    return varint_write_more(bits, out);
  *out = (uint8_t)bits;
  return out + 1;
}

/// Reads a varint without a branch on its size, the first step of two: `out` is for varint_join, which many can
/// then go through at once. What is behind it; NULL if it has more than 8 bytes. [any]
static inline const uint8_t *varint_scan(const uint8_t *at, uint64_t *out) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  uint64_t ends = ~word & UINT64_C(0x8080808080808080);
  *out = word & (ends ^ (ends - 1)); // up to the first byte without its high bit
  return ends == 0 ? NULL : at + (__builtin_ctzll(ends) >> 3) + 1;
}

/// As varint_scan for a varint of five bytes at most; else `out` has more than 40 bits. [any]
static inline const uint8_t *varint_scan_five(const uint8_t *at, uint64_t *out) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  uint64_t ends = (~word & UINT64_C(0x8080808080808080)) | UINT64_C(1) << 63;
  *out = word & (ends ^ (ends - 1));
  return at + (__builtin_ctzll(ends) >> 3) + 1;
}

/// As varint_scan, but for the low 32 bits of a varint of any size: what is negative has 10 bytes. NULL if it
/// has more than 64 bits. [any]
static inline const uint8_t *varint_scan_low(const uint8_t *at, uint64_t *out) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  uint64_t ends = ~word & UINT64_C(0x8080808080808080), is_long = ends == 0;
  uint64_t short_size = (uint64_t)__builtin_ctzll(ends | UINT64_C(1) << 63) / 8 + 1,
           long_size = 9u + (at[8] >> 7);
  *out = word & (ends ^ (ends - 1));
  uint64_t is_bad = is_long & (at[8] >> 7) & (at[9] > 1);
  return is_bad ? NULL : at + (is_long ? long_size : short_size);
}

/// As varint_put of an integer of any size, whose low 56 bits `word` are split, without a branch on the size:
/// VARINT_MAX bytes are written in any case. [any]
static inline uint8_t *varint_put_any(uint64_t bits, uint64_t word, uint8_t *out) {
  uint32_t size = ((uint32_t)(63 - __builtin_clzll(bits | 1)) * 37 >> 8) + 1;
  uint32_t high = (uint32_t)(bits >> 56); // the last 8 bits, in two bytes
  const uint64_t low = UINT64_C(0x8080808080808080);
  word |= size > 8 ? low : low & ((UINT64_C(1) << ((8 * size - 8) & 63)) - 1);
  memcpy(out, &word, sizeof word);
  out[8] = (uint8_t)(high | (size > 9 ? 0x80u : 0u));
  out[9] = (uint8_t)(high >> 7);
  return out + size;
}

/// Signed integers as unsigned ones, small if their magnitude is, and back. [any]
static inline uint64_t varint_zigzag(int64_t value) {
  return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}
static inline int64_t varint_unzigzag(uint64_t bits) { return (int64_t)(bits >> 1 ^ (0 - (bits & 1))); }

#endif
