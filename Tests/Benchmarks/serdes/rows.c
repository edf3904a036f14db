#include "rows.h"

const mill_field flight_fields[FLIGHT_FIELDS] = {{"tailnum", "vu", ARROW_FLAG_NULLABLE},
                                                 {"carrier", "vu", 0},
                                                 {"flight", "i", 0},
                                                 {"origin", "vu", 0},
                                                 {"dest", "vu", 0},
                                                 {"scheduled_departure", "tsu:UTC", 0},
                                                 {"departure_delay", "i", ARROW_FLAG_NULLABLE},
                                                 {"arrival_delay", "i", ARROW_FLAG_NULLABLE}};
static const mill_field record_fields[] = {{"id", "l", 0},
                                           {"name", "vu", 0},
                                           {"amount", "g", 0},
                                           {"is_paid", "b", 0},
                                           {"note", "vu", ARROW_FLAG_NULLABLE},
                                           {"at", "tsu:UTC", 0}};

static int write_flight(const form *form, char *out, int row) {
  static const char *const airports[] = {"EWR", "JFK", "LGA", "IAH", "MIA", "BQN", "ATL", "ORD"};
  static const char *const carriers[] = {"UA", "AA", "B6", "DL"};
  char delays[2][16];
  for (int i = 0; i < 2; i++)
    if ((row + i) % 9 == 0)
      strcpy(delays[i], form->null);
    else
      snprintf(delays[i], sizeof delays[i], "%d", (row * 7 + i) % 90 - 12);
  return snprintf(out, ROW_MAX, form->row, 100 + row * 31 % 900, carriers[row % 4], 1 + row * 37 % 5000,
                  airports[row % 3], airports[3 + row % 5], 1 + row % 12, 1 + row % 28, row % 24, row % 12 * 5,
                  delays[0], delays[1]);
}

static char *put_varint(char *out, uint64_t bits) {
  for (; bits >= 0x80; bits >>= 7)
    *out++ = (char)(bits | 0x80);
  *out++ = (char)bits;
  return out;
}

static char *put_long(char *out, int64_t value) {
  return put_varint(out, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

static char *put_text(char *out, const char *text) {
  size_t size = strlen(text);
  out = put_long(out, (int64_t)size);
  memcpy(out, text, size);
  return out + size;
}

// A row of the record.
typedef struct record {
  int64_t id, at_us;
  const char *name, *note; // NULL: no note
  double amount;
  int is_paid;
} record;

static record record_of(int row) {
  static const char *const names[] = {"Ada", "Grace Hopper", "Barbara Jane Liskov", "Edsger"};
  return (record){.id = INT64_C(1000000) + row * 31,
                  .at_us = INT64_C(1357035300000000) + row * INT64_C(1234567),
                  .name = names[row % 4],
                  .note = row % 5 == 0   ? NULL
                          : row % 2 == 0 ? "leave it at the door"
                                         : "ring",
                  .amount = row * 7 % 1000 / 4.0,
                  .is_paid = row % 3 == 0};
}

static int write_record(const form *form, char *out, int row) {
  (void)form;
  record from = record_of(row);
  char *at = put_text(put_long(out, from.id), from.name);
  memcpy(at, &from.amount, sizeof from.amount);
  at += sizeof from.amount;
  *at++ = (char)from.is_paid;
  *at++ = from.note == NULL ? 0 : 2;
  if (from.note != NULL)
    at = put_text(at, from.note);
  return (int)(put_long(at, from.at_us) - out);
}

static char *put_sized(char *out, int field, const char *bytes, size_t size) {
  out = put_varint(put_varint(out, (uint64_t)field << 3 | 2), size);
  memcpy(out, bytes, size);
  return out + size;
}

// As the serde writes it: what is as good as not set is left out.
static int write_message(const form *form, char *out, int row) {
  (void)form;
  record from = record_of(row);
  char *at = put_varint(put_varint(out, 1 << 3), (uint64_t)from.id), time[32];
  at = put_sized(at, 2, from.name, strlen(from.name));
  if (from.amount != 0) {
    *at++ = 3 << 3 | 1;
    memcpy(at, &from.amount, sizeof from.amount);
    at += sizeof from.amount;
  }
  if (from.is_paid)
    at = put_varint(put_varint(at, 4 << 3), 1);
  if (from.note != NULL)
    at = put_sized(at, 5, from.note, strlen(from.note));
  char *end = put_varint(put_varint(time, 1 << 3), (uint64_t)(from.at_us / 1000000));
  if (from.at_us % 1000000 != 0)
    end = put_varint(put_varint(end, 2 << 3), (uint64_t)(from.at_us % 1000000 * 1000));
  return (int)(put_sized(at, 6, time, (size_t)(end - time)) - out);
}

#define JSON_ROW                                                                                               \
  "{\"tailnum\":\"N%dUA\",\"carrier\":\"%s\",\"flight\":%d,\"origin\":\"%s\",\"dest\":\"%s\","                 \
  "\"scheduled_departure\":\"2013-%02d-%02dT%02d:%02d:00Z\",\"departure_delay\":%s,\"arrival_delay\":%s}"
static const form forms[] = {
    {"json", flight_fields, 8, write_flight, JSON_ROW, "null", 0, 0},
    {"json_schema", flight_fields, 8, write_flight, JSON_ROW, "null", 1, 1},
    {"csv", flight_fields, 8, write_flight, "N%dUA,%s,%d,%s,%s,2013-%02d-%02dT%02d:%02d:00Z,%s,%s", "", 0, 0},
    {"avro", record_fields, 6, write_record, NULL, NULL, 1, 0},
    {"protobuf", record_fields, 6, write_message, NULL, NULL, 1, 0},
};

const form *form_called(const char *name) {
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
    if (strcmp(forms[i].name, name) == 0)
      return &forms[i];
  return NULL;
}
