/// Measures a serde on one core: decodes batches of rows, and encodes what that gave. Text has flights, Avro
/// and Protobuf a record of a long, a string, a double, a boolean, a nullable string and a timestamp. Usage:
/// serde_benchmark json|csv|avro|protobuf PLUGIN. Prints the median and the best of many short runs,
/// by processor time. Without
/// PLUGIN it prints the rows of a text instead, a line each.
#include "millrace_sdk.h"

#include <dlfcn.h>
#include <time.h>

enum { ROWS = 4096, ROUNDS = 101, BATCHES = 20, ROW_MAX = 256, PADDING = 64 };

static const mill_field flight_fields[] = {{"tailnum", "vu", ARROW_FLAG_NULLABLE},
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

static void die(const char *what, const char *detail) {
  fprintf(stderr, "serde_benchmark: %s: %s\n", what, detail);
  exit(1);
}

static void check(int32_t status, const char *what, const mill_error *error) {
  if (status != MILL_OK)
    die(what, error->message);
}

static const mill_serde_vtable *load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    die("loading the plugin", dlerror());
  const mill_plugin *(*entry)(void);
  *(void **)&entry = dlsym(library, MILL_ENTRY_SYMBOL);
  const mill_serdes *serdes = entry()->get_extension(MILL_SERDES);
  return serdes->types[0]->vtable;
}

static void keep(const mill_raw_batch *raw) { (void)raw; }

static void report(const mill_row_errors *errors, int64_t row, int32_t code, const char *message) {
  (void)errors, (void)row, (void)code;
  die("a row was refused", message);
}

struct form;
static int write_flight(const struct form *form, char *out, int row);
static int write_record(const struct form *form, char *out, int row);
static int write_message(const struct form *form, char *out, int row);

// A way to write rows. Text: the format of a row's values, and what null is.
typedef struct form {
  const char *name;
  const mill_field *fields;
  size_t field_count;
  int (*write)(const struct form *form, char *out, int row);
  const char *row, *null;
} form;
static const form forms[] = {
    {"json", flight_fields, 8, write_flight,
     "{\"tailnum\":\"N%dUA\",\"carrier\":\"%s\",\"flight\":%d,\"origin\":\"%s\",\"dest\":\"%s\","
     "\"scheduled_departure\":\"2013-%02d-%02dT%02d:%02d:00Z\",\"departure_delay\":%s,\"arrival_delay\":%s}",
     "null"},
    {"csv", flight_fields, 8, write_flight, "N%dUA,%s,%d,%s,%s,2013-%02d-%02dT%02d:%02d:00Z,%s,%s", ""},
    {"avro", record_fields, 6, write_record, NULL, NULL},
    {"protobuf", record_fields, 6, write_message, NULL, NULL},
};

static const form *form_called(const char *name) {
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
    if (strcmp(forms[i].name, name) == 0)
      return &forms[i];
  die("unknown form", name);
  return NULL;
}

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

static mill_raw_batch make_rows(const form *form) {
  char *data = calloc(1, (size_t)ROWS * ROW_MAX + PADDING);
  mill_span *spans = malloc(ROWS * sizeof *spans);
  if (data == NULL || spans == NULL)
    die("making rows", "out of memory");
  int32_t size = 0;
  for (int row = 0; row < ROWS; row++) {
    int length = form->write(form, data + size, row);
    spans[row] = (mill_span){size, length};
    size += length;
  }
  memset(data + size, 0, PADDING);
  return (mill_raw_batch){.struct_size = sizeof(mill_raw_batch),
                          .topic = "rows",
                          .length = ROWS,
                          .data = (const uint8_t *)data,
                          .data_size = size,
                          .keys = spans,
                          .values = spans,
                          .retain = keep,
                          .release = keep};
}

static double cpu_s(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int by_value(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static void print_median(const char *name, double *seconds, int64_t bytes) {
  qsort(seconds, ROUNDS, sizeof *seconds, by_value);
  double rows = (double)ROWS * BATCHES / seconds[ROUNDS / 2];
  printf("%s: %.2f million rows per core-second, %.0f MB/s (%.0f bytes a row)\n", name, rows / 1e6,
         rows * (double)bytes / ROWS / 1e6, (double)bytes / ROWS);
}

static void measure_decode(const mill_serde_vtable *serde, void *self, const mill_raw_batch *raw,
                           const mill_row_errors *errors) {
  double seconds[ROUNDS];
  mill_error error = {.struct_size = sizeof error};
  for (int round = 0; round < ROUNDS; round++) {
    double start = cpu_s();
    for (int i = 0; i < BATCHES; i++) {
      mill_batch batch;
      check(serde->decode(self, raw, &batch, errors, &error), "decode", &error);
      batch.release(&batch);
    }
    seconds[round] = cpu_s() - start;
  }
  print_median("decode", seconds, raw->data_size);
}

static void measure_encode(const mill_serde_vtable *serde, void *self, const mill_batch *batch,
                           const mill_row_errors *errors, const mill_raw_batch *raw) {
  double seconds[ROUNDS];
  mill_error error = {.struct_size = sizeof error};
  mill_encoded encoded = {.struct_size = sizeof encoded};
  for (int round = 0; round < ROUNDS; round++) {
    double start = cpu_s();
    for (int i = 0; i < BATCHES; i++)
      check(serde->encode(self, batch, &encoded, errors, &error), "encode", &error);
    seconds[round] = cpu_s() - start;
  }
  int64_t size = encoded.spans[ROWS - 1].offset + encoded.spans[ROWS - 1].length;
  if (size != raw->data_size || memcmp(encoded.data, raw->data, (size_t)size) != 0)
    die("encode", "gave other bytes than were decoded");
  print_median("encode", seconds, size);
}

// Has the reader read by the schema that the writer writes with, if the serde goes by schemas.
static void use_written_schema(const mill_serde_vtable *serde, void *reader, void *writer) {
  if (serde->use_schema == NULL)
    return;
  mill_error error = {.struct_size = sizeof error};
  mill_written_schema written = {.struct_size = sizeof written};
  check(serde->written_schema(writer, &written, &error), "written_schema", &error);
  mill_schema schema = {.struct_size = sizeof schema,
                        .format = written.format,
                        .number = 1,
                        .name = "the writer's",
                        .text = written.text,
                        .text_size = (int64_t)strlen(written.text)};
  check(serde->use_schema(reader, &schema, &error), "use_schema", &error);
}

static int print_rows(const form *form) {
  char row[ROW_MAX];
  for (int i = 0; i < ROWS; i++)
    printf("%.*s\n", form->write(form, row, i), row);
  return 0;
}

int main(int count, char **arguments) {
  if (count < 2 || count > 3)
    die("usage", "serde_benchmark json|csv|avro|protobuf [PLUGIN]");
  const form *form = form_called(arguments[1]);
  if (count == 2)
    return print_rows(form);
  const mill_serde_vtable *serde = load(arguments[2]);
  mill_error error = {.struct_size = sizeof error};
  mill_row_errors errors = {.struct_size = sizeof errors, .report = report};
  struct ArrowSchema schema;
  check(mill_schema_make(&schema, form->fields, form->field_count, &error), "schema", &error);
  void *reader, *writer;
  check(serde->create(NULL, "{}", MILL_PART_VALUE, &reader, &error), "create", &error);
  check(serde->create(NULL, "{}", MILL_PART_VALUE, &writer, &error), "create", &error);
  check(serde->bind_encode(writer, &schema, &error), "bind_encode", &error);
  use_written_schema(serde, reader, writer);
  check(serde->bind_decode(reader, &schema, &error), "bind_decode", &error);
  mill_raw_batch raw = make_rows(form);
  measure_decode(serde, reader, &raw, &errors);
  mill_batch batch;
  check(serde->decode(reader, &raw, &batch, &errors, &error), "decode", &error);
  measure_encode(serde, writer, &batch, &errors, &raw);
  batch.release(&batch);
  serde->destroy(reader);
  serde->destroy(writer);
  schema.release(&schema);
  free((void *)(uintptr_t)raw.data);
  free((void *)(uintptr_t)raw.values);
  return 0;
}
