/// Measures what everybody uses on the rows that serde_benchmark makes up, read from standard input: avro-c's
/// generic values (one value and one reader for all rows), protobuf-c's unpacking and packing of a message.
/// Each row becomes a value in memory, and no column: less than the serdes do. Usage: library_benchmark
/// avro|protobuf. Prints the median of many short runs, by processor time.
#include "record.pb-c.h"

#include <avro.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS = 4096, ROW_MAX = 256, ROUNDS = 101 };

// The rows, and values that were made of them.
typedef struct rows {
  uint8_t *bytes[ROWS];
  int32_t sizes[ROWS];
  avro_value_t values[ROWS];
  Record *records[ROWS];
  avro_reader_t reader;
  avro_writer_t writer;
  avro_value_t value;
} rows;

// Decodes or encodes a row; the bytes that it has.
typedef int64_t (*step)(rows *own, int row);

static const char schema_text[] =
    "{\"type\":\"record\",\"name\":\"value\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"},"
    "{\"name\":\"name\",\"type\":\"string\"},{\"name\":\"amount\",\"type\":\"double\"},"
    "{\"name\":\"is_paid\",\"type\":\"boolean\"},{\"name\":\"note\",\"type\":[\"null\",\"string\"]},"
    "{\"name\":\"at\",\"type\":\"long\"}]}";
static char written[ROW_MAX];

static void die(const char *what) {
  fprintf(stderr, "library_benchmark: %s\n", what);
  exit(1);
}

static void read_rows(rows *own) {
  for (int row = 0; row < ROWS; row++) {
    if (fread(&own->sizes[row], sizeof own->sizes[row], 1, stdin) != 1 || own->sizes[row] > ROW_MAX)
      die("there are too few rows");
    own->bytes[row] = malloc(ROW_MAX);
    if (own->bytes[row] == NULL || fread(own->bytes[row], (size_t)own->sizes[row], 1, stdin) != 1)
      die("there are too few rows");
  }
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

static void measure(const char *name, rows *own, step one) {
  double seconds[ROUNDS];
  for (int round = 0; round < ROUNDS; round++) {
    double start = cpu_s();
    for (int row = 0; row < ROWS; row++)
      if (one(own, row) != own->sizes[row])
        die("a row has other bytes");
    seconds[round] = cpu_s() - start;
  }
  qsort(seconds, ROUNDS, sizeof *seconds, by_value);
  printf("%s: %.2f million rows per core-second\n", name, ROWS / seconds[ROUNDS / 2] / 1e6);
}

static int64_t avro_decode(rows *own, int row) {
  avro_reader_memory_set_source(own->reader, (const char *)own->bytes[row], own->sizes[row]);
  return avro_value_read(own->reader, &own->value) == 0 ? own->sizes[row] : -1;
}

static int64_t avro_encode(rows *own, int row) {
  avro_writer_reset(own->writer);
  return avro_value_write(own->writer, &own->values[row]) == 0 ? avro_writer_tell(own->writer) : -1;
}

static void run_avro(rows *own) {
  avro_schema_t schema;
  if (avro_schema_from_json_length(schema_text, sizeof schema_text - 1, &schema) != 0)
    die(avro_strerror());
  avro_value_iface_t *kind = avro_generic_class_from_schema(schema);
  own->reader = avro_reader_memory("", 0);
  own->writer = avro_writer_memory(written, sizeof written);
  avro_generic_value_new(kind, &own->value);
  measure("decode", own, avro_decode);
  for (int row = 0; row < ROWS; row++) {
    avro_generic_value_new(kind, &own->values[row]);
    avro_reader_memory_set_source(own->reader, (const char *)own->bytes[row], own->sizes[row]);
    avro_value_read(own->reader, &own->values[row]);
  }
  measure("encode", own, avro_encode);
}

static int64_t protobuf_decode(rows *own, int row) {
  Record *record = record__unpack(NULL, (size_t)own->sizes[row], own->bytes[row]);
  if (record == NULL)
    return -1;
  record__free_unpacked(record, NULL);
  return own->sizes[row];
}

static int64_t protobuf_encode(rows *own, int row) {
  return (int64_t)record__pack(own->records[row], (uint8_t *)written);
}

static void run_protobuf(rows *own) {
  measure("decode", own, protobuf_decode);
  for (int row = 0; row < ROWS; row++)
    own->records[row] = record__unpack(NULL, (size_t)own->sizes[row], own->bytes[row]);
  measure("encode", own, protobuf_encode);
}

int main(int count, char **arguments) {
  static rows own;
  int is_avro = count == 2 && strcmp(arguments[1], "avro") == 0;
  if (!is_avro && (count != 2 || strcmp(arguments[1], "protobuf") != 0))
    die("usage: library_benchmark avro|protobuf");
  read_rows(&own);
  if (is_avro)
    run_avro(&own);
  else
    run_protobuf(&own);
  return 0;
}
