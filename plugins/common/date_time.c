#include "date_time.h"

#include "column_type.h"

#define DAY_S INT64_C(86400)

static const char not_a_date[] = "expected a date such as 2013-01-31";
static const char not_a_time[] = "expected a time such as 10:15:00";
static const char not_a_timestamp[] = "expected a timestamp such as 2013-01-31T10:15:00Z";
static const char no_offset[] = "expected the timestamp to end in an offset, Z or such as +01:00";
static const char too_fine[] = "its fraction of a second is finer than the column's unit";
static const char out_of_range[] = "out of the column's range";

// Two digits; 100 or more if they are none.
static inline unsigned two(const uint8_t *at) {
  unsigned tens = (unsigned)at[0] - '0', ones = (unsigned)at[1] - '0';
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

static inline int64_t days_before_year(int64_t year) {
  year--; // floor divisions: year 0 makes it -1
  return year * 365 + (year >= 0 ? year / 4 - year / 100 + year / 400 : -1);
}

static inline int is_leap(unsigned year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static inline int read_date(const uint8_t *at, int64_t *days) {
  static const uint8_t lengths[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  static const uint16_t before[] = {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  unsigned century = two(at), rest = two(at + 2), month = two(at + 5), day = two(at + 8);
  if (century > 99 || rest > 99 || month < 1 || month > 12 || day < 1 || at[4] != '-' || at[7] != '-')
    return 0;
  unsigned year = century * 100 + rest, leap = (unsigned)is_leap(year);
  if (day > lengths[month] + (month == 2 ? leap : 0))
    return 0;
  *days = days_before_year(year) - 719162 + before[month] + (month > 2 ? leap : 0) + day - 1;
  return 1;
}

static inline int read_clock(const uint8_t *at, int64_t *seconds) {
  unsigned hour = two(at), minute = two(at + 3), second = two(at + 6);
  if (hour > 23 || minute > 59 || second > 59 || at[2] != ':' || at[5] != ':')
    return 0;
  *seconds = hour * 3600 + minute * 60 + second;
  return 1;
}

// Bytes of the fraction ('.' and 1 to 9 digits) that begins at `at`; 0 if there is none.
static int64_t read_fraction(const uint8_t *at, const uint8_t *end, int64_t *nanoseconds) {
  *nanoseconds = 0;
  int64_t scale = 100000000;
  const uint8_t *digit = at + 1;
  if (at == end || *at != '.')
    return 0;
  for (; digit < end && (unsigned)*digit - '0' <= 9 && scale > 0; digit++, scale /= 10)
    *nanoseconds += (*digit - '0') * scale;
  return digit == at + 1 ? 0 : digit - at;
}

// Reads Z or ±HH:MM, which must be all that is left. 0 if it is neither.
static inline int read_offset(const uint8_t *at, const uint8_t *end, int64_t *seconds) {
  *seconds = 0;
  if (end - at == 1)
    return *at == 'Z' || *at == 'z';
  if (end - at != 6 || (*at != '+' && *at != '-') || at[3] != ':')
    return 0;
  unsigned hours = two(at + 1), minutes = two(at + 4);
  if (hours > 23 || minutes > 59)
    return 0;
  int64_t ahead = hours * 3600 + minutes * 60;
  *seconds = *at == '-' ? -ahead : ahead;
  return 1;
}

static const char *join(int64_t seconds, int64_t nanoseconds, int64_t per_second, int64_t *value) {
  int64_t grain = 1000000000 / per_second;
  if (nanoseconds % grain != 0)
    return too_fine;
  int128 exact = (int128)seconds * per_second + nanoseconds / grain;
  if (exact < INT64_MIN || exact > INT64_MAX)
    return out_of_range;
  *value = (int64_t)exact;
  return NULL;
}

const char *date_read(const uint8_t *text, int64_t size, int64_t *days) {
  return size == 10 && read_date(text, days) ? NULL : not_a_date;
}

const char *time_read(const uint8_t *text, int64_t size, int64_t per_second, int64_t *value) {
  const uint8_t *end = text + size;
  int64_t seconds, nanoseconds;
  if (size < 8 || !read_clock(text, &seconds) || text + 8 + read_fraction(text + 8, end, &nanoseconds) != end)
    return not_a_time;
  return join(seconds, nanoseconds, per_second, value);
}

const char *timestamp_read(const uint8_t *text, int64_t size, int64_t per_second, int has_zone,
                           int64_t *value) {
  const uint8_t *end = text + size, *at = text + 19;
  int64_t days, seconds, nanoseconds, offset = 0;
  if (size < 19 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || !read_date(text, &days) ||
      !read_clock(text + 11, &seconds))
    return not_a_timestamp;
  at += read_fraction(at, end, &nanoseconds);
  if (at == end && has_zone)
    return no_offset;
  if (at != end && !read_offset(at, end, &offset))
    return not_a_timestamp;
  return join(days * DAY_S + seconds - offset, nanoseconds, per_second, value);
}

static uint8_t *write_digits(uint8_t *out, uint32_t value, int count) {
  for (int i = count - 1; i >= 0; i--, value /= 10)
    out[i] = (uint8_t)('0' + value % 10);
  return out + count;
}

static inline uint8_t *write_two(uint8_t *out, uint32_t value) {
  out[0] = (uint8_t)('0' + value / 10);
  out[1] = (uint8_t)('0' + value % 10);
  return out + 2;
}

uint8_t *date_write(int64_t days, uint8_t *out) {
  // Years from March on in eras of 400 years, so that the leap day comes last.
  if (days < -719528 || days > 2932896)
    return NULL;
  uint32_t shifted = (uint32_t)(days + 719468 + 146097); // days since -0400-03-01
  uint32_t era = shifted / 146097, day_of_era = shifted % 146097;
  uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  uint32_t shifted_month = (5 * day_of_year + 2) / 153;
  uint32_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  uint32_t year = year_of_era + era * 400 + (month <= 2) - 400;
  out = write_two(write_two(out, year / 100), year % 100);
  *out++ = '-';
  out = write_two(out, month);
  *out++ = '-';
  return write_two(out, day_of_year - (153 * shifted_month + 2) / 5 + 1);
}

static uint8_t *write_clock(uint32_t seconds, int64_t fraction, int64_t per_second, uint8_t *out) {
  out = write_two(out, seconds / 3600);
  *out++ = ':';
  out = write_two(out, seconds / 60 % 60);
  *out++ = ':';
  out = write_two(out, seconds % 60);
  if (fraction == 0)
    return out;
  *out++ = '.';
  return write_digits(out, (uint32_t)fraction, per_second == 1000 ? 3 : per_second == 1000000 ? 6 : 9);
}

uint8_t *time_write(int64_t value, int64_t per_second, uint8_t *out) {
  if (value < 0 || value / per_second >= DAY_S)
    return NULL;
  return write_clock((uint32_t)(value / per_second), value % per_second, per_second, out);
}

uint8_t *timestamp_write(int64_t value, int64_t per_second, int has_zone, uint8_t *out) {
  int64_t seconds = value / per_second, fraction = value % per_second;
  if (fraction < 0) {
    fraction += per_second;
    seconds--;
  }
  int64_t days = seconds / DAY_S, of_day = seconds % DAY_S;
  if (of_day < 0) {
    of_day += DAY_S;
    days--;
  }
  if ((out = date_write(days, out)) == NULL)
    return NULL;
  *out++ = 'T';
  out = write_clock((uint32_t)of_day, fraction, per_second, out);
  if (has_zone)
    *out++ = 'Z';
  return out;
}
