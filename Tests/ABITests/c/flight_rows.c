#include "flight_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// A small generator of our own, so that the rows are the same everywhere.
static uint32_t pick(uint64_t *state, uint32_t below) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33) % below;
}

/// Makes a row the next flight of the aircraft before it, both late, `apart_us` later.
static int64_t follow(flight_row *row, int64_t apart_us) {
  memcpy(row->texts[0], "N99", 4);
  memcpy(row[-1].texts[0], "N99", 4);
  strcpy(row->texts[2], "JFK");
  strcpy(row[-1].texts[2], "LGA");
  row[-1].departure_delay = row[-1].arrival_delay = row->departure_delay = 30;
  return row->scheduled_us = row[-1].scheduled_us + apart_us;
}

void flight_rows_make(flight_row *rows, size_t count) {
  static const char *const origins[] = {
      "JFK", "LGA", "EWR", "exactly 12 b", "fifteen bytes..", "", "sixteen bytes..."};
  static const char *const dests[] = {"ORD", "a destination of more than twelve bytes", "MSP", "\xC3\x85l", ""};
  uint64_t state = 2013;
  int64_t now_us = INT64_C(1356998400) * 1000000;
  memset(rows, 0, count * sizeof *rows);
  for (size_t i = 0; i < count; i++) {
    flight_row *row = &rows[i];
    now_us += (int64_t)pick(&state, 40) * 60000000;
    if (pick(&state, 60) == 0) // a gap of about a day, also of exactly one
      now_us += INT64_C(86400000000) + ((int64_t)pick(&state, 3) - 1) * 60000000;
    row->scheduled_us = now_us;
    if (pick(&state, 50) != 0)
      snprintf(row->texts[0], FLIGHT_TEXT, pick(&state, 2) ? "N%u" : "tail number N%u", 100 + pick(&state, 8));
    snprintf(row->texts[1], FLIGHT_TEXT, "%c%c", 'A' + (int)pick(&state, 4), 'A' + (int)pick(&state, 4));
    strcpy(row->texts[2], origins[pick(&state, 100) == 0 ? 6 : pick(&state, 6)]);
    strcpy(row->texts[3], dests[pick(&state, 5)]);
    row->flight = (int32_t)pick(&state, 9000);
    row->departure_delay = pick(&state, 20) == 0 ? FLIGHT_NULL : (int32_t)pick(&state, 60) - 10;
    row->arrival_delay = pick(&state, 20) == 0 ? FLIGHT_NULL : (int32_t)pick(&state, 60) - 10;
    if (i % 100 == 50) // a day to the microsecond is too far apart, a minute less is not
      now_us = follow(row, INT64_C(86400000000) - (int64_t)pick(&state, 2) * 60000000);
  }
}

static void print_delay(int32_t delay, char end) {
  if (delay == FLIGHT_NULL)
    printf("\\N%c", end);
  else
    printf("%d%c", delay, end);
}

void flight_rows_print(const flight_row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    printf("%s\t%s\t%s\t%s\t%d\t%lld\t", rows[i].texts[0][0] ? rows[i].texts[0] : "\\N", rows[i].texts[1],
           rows[i].texts[2], rows[i].texts[3], rows[i].flight, (long long)rows[i].scheduled_us);
    print_delay(rows[i].departure_delay, '\t');
    print_delay(rows[i].arrival_delay, '\n');
  }
}

/// Cuts the next field off a line.
static const char *next_field(char **at) {
  char *field = *at;
  field[strcspn(field, "\n")] = '\0';
  size_t length = strcspn(field, "\t");
  *at = field + length + (field[length] == '\t');
  field[length] = '\0';
  return field;
}

static int parse_row(char *line, flight_row *row) {
  memset(row, 0, sizeof *row);
  for (int i = 0; i < 4; i++) {
    const char *text = next_field(&line);
    if (strlen(text) >= FLIGHT_TEXT)
      return 0;
    strcpy(row->texts[i], strcmp(text, "\\N") == 0 ? "" : text);
  }
  row->flight = atoi(next_field(&line));
  row->scheduled_us = atoll(next_field(&line));
  const char *departure = next_field(&line), *arrival = next_field(&line);
  row->departure_delay = *departure == '\\' ? FLIGHT_NULL : atoi(departure);
  row->arrival_delay = *arrival == '\\' ? FLIGHT_NULL : atoi(arrival);
  return *departure != '\0' && *arrival != '\0';
}

int flight_rows_read(const char *path, flight_row **rows, size_t *count) {
  FILE *file = fopen(path, "r");
  char line[1024];
  size_t capacity = 0;
  *rows = NULL;
  *count = 0;
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (*count == capacity)
      *rows = realloc(*rows, (capacity = capacity * 2 + 1024) * sizeof **rows);
    if (*rows == NULL || !parse_row(line, &(*rows)[*count])) {
      fclose(file);
      return 0;
    }
    ++*count;
  }
  return file != NULL && fclose(file) == 0;
}
