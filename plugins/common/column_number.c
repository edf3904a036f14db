#include "column_number.h"

const uint8_t *column_integer_read_slow(const column_type *type, const uint8_t *at, uint64_t *value,
                                        int *failure) {
  const uint8_t *end = number_end(at);
  int128 wide = 0;
  *failure = end == NULL ? NUMBER_MALFORMED : number_scaled(at, end, 0, &wide);
  uint128 magnitude = wide < 0 ? -(uint128)wide : (uint128)wide;
  if (*failure == 0 && (magnitude > UINT64_MAX || !column_integer_fits(type, wide < 0, (uint64_t)magnitude)))
    *failure = NUMBER_OVERFLOW;
  *value = (uint64_t)wide;
  return *failure == 0 ? end : NULL;
}

void column_number_problem(const column_type *type, const uint8_t *at, const uint8_t *end, int failure,
                           char *out, size_t size) {
  int shown = end - at > 40 ? 40 : (int)(end - at);
  const char *what = failure == NUMBER_OVERFLOW     ? "is out of range for"
                     : type->kind == COLUMN_DECIMAL ? "has more digits after the point than"
                                                    : "is no whole number, needed for";
  snprintf(out, size, "%.*s%s %s %s", shown, (const char *)at, end - at > 40 ? "…" : "", what, type->title);
}
