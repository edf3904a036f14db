/// Checking that bytes are UTF-8.
#ifndef MILLRACE_SDK_UTF8_H
#define MILLRACE_SDK_UTF8_H

#include <stdint.h>
#include <string.h>

/// Bytes of the UTF-8 sequence that begins at `at`, of which `left` bytes (at least 1) are there; 0 if it is
/// none: a stray or missing continuation byte, an overlong form, a surrogate, or past U+10FFFF. [any]
static inline int mill_utf8_sequence(const uint8_t *at, int64_t left) {
  uint8_t lead = at[0];
  if (lead < 0x80)
    return 1;
  if (lead < 0xC2 || lead > 0xF4)
    return 0;
  int size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (left < size)
    return 0;
  uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  uint8_t most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (at[1] < least || at[1] > most)
    return 0;
  for (int i = 2; i < size; i++)
    if ((at[i] & 0xC0) != 0x80)
      return 0;
  return size;
}

/// Position of the first byte that is no UTF-8, -1 if all `size` bytes are. [any]
static inline int64_t mill_utf8_invalid_at(const uint8_t *bytes, int64_t size) {
  int64_t at = 0;
  if (size < 8) { // most short texts are ASCII
    uint8_t high = 0;
    for (int64_t i = 0; i < size; i++)
      high |= bytes[i];
    if (high < 0x80)
      return -1;
  }
  while (at < size) {
    uint64_t word;
    if (size - at >= 8 && (memcpy(&word, bytes + at, 8), (word & UINT64_C(0x8080808080808080)) == 0)) {
      at += 8;
      continue;
    }
    int sequence = mill_utf8_sequence(bytes + at, size - at);
    if (sequence == 0)
      return at;
    at += sequence;
  }
  return -1;
}

#endif
