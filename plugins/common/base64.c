#include "base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint32_t three(const uint8_t *bytes, int64_t count) {
  uint32_t bits = (uint32_t)bytes[0] << 16;
  bits |= count > 1 ? (uint32_t)bytes[1] << 8 : 0;
  return bits | (count > 2 ? bytes[2] : 0);
}

void base64_encode(const uint8_t *bytes, int64_t size, uint8_t *out) {
  for (; size > 0; bytes += 3, size -= 3) {
    uint32_t bits = three(bytes, size);
    *out++ = (uint8_t)alphabet[bits >> 18];
    *out++ = (uint8_t)alphabet[bits >> 12 & 63];
    *out++ = size > 1 ? (uint8_t)alphabet[bits >> 6 & 63] : '=';
    *out++ = size > 2 ? (uint8_t)alphabet[bits & 63] : '=';
  }
}

// The six bits that a character stands for; 64 or more if none.
static uint32_t sextet(uint8_t c) {
  if (c >= 'A' && c <= 'Z')
    return (uint32_t)(c - 'A');
  if (c >= 'a' && c <= 'z')
    return (uint32_t)(c - 'a' + 26);
  if (c >= '0' && c <= '9')
    return (uint32_t)(c - '0' + 52);
  return c == '+' ? 62 : c == '/' ? 63 : 64;
}

int64_t base64_decode(const uint8_t *text, int64_t size, uint8_t *out) {
  if (size % 4 != 0)
    return -1;
  int padding = size == 0 || text[size - 1] != '=' ? 0 : text[size - 2] != '=' ? 1 : 2;
  int64_t count = size / 4 * 3 - padding;
  for (int64_t i = 0; i < size; i += 4) {
    int pads = i + 4 == size ? padding : 0;
    uint32_t a = sextet(text[i]), b = sextet(text[i + 1]);
    uint32_t c = pads == 2 ? 0 : sextet(text[i + 2]), d = pads > 0 ? 0 : sextet(text[i + 3]);
    if ((a | b | c | d) > 63 || (pads == 2 && (b & 15) != 0) || (pads == 1 && (c & 3) != 0))
      return -1;
    uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    *out++ = (uint8_t)(bits >> 16);
    if (pads < 2)
      *out++ = (uint8_t)(bits >> 8);
    if (pads < 1)
      *out++ = (uint8_t)bits;
  }
  return count;
}
