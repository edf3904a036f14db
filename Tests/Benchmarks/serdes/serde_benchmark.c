/// Measures a serde on one core: decodes batches of rows, and encodes what that gave. Usage:
///   serde_benchmark FORM PLUGIN                       rows that are made up (rows.h)
///   serde_benchmark FORM PLUGIN JSON_PLUGIN < LINES   flights, a JSON object a line
///   serde_benchmark FORM                              prints the rows that are made up: text a line each,
///                                                     others behind their sizes (4 bytes)
/// FORM: json, json_schema, csv, avro or protobuf. Avro and Protobuf go by the schema that rows are written
/// with; json_schema is JSON that is held against it, both ways. Prints the median and the best of many short
/// runs, by processor time.
#include "rows.h"

#include <dlfcn.h>
#include <time.h>

enum { ROUNDS = 101, BATCHES = 20, PADDING = 64 };

// A serde's instances, and the batches that it is measured with.
typedef struct bench {
  const mill_serde_vtable *serde;
  void *reader, *writer;
  mill_raw_batch raw[BATCHES];
} bench;

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

static const mill_row_errors errors = {.struct_size = sizeof errors, .report = report};

// A batch of ROWS rows whose bytes are copied, with the padding that the header promises.
static mill_raw_batch make_raw(const void *bytes, int64_t size, const mill_span *from) {
  char *data = calloc(1, (size_t)size + PADDING);
  mill_span *spans = malloc(ROWS * sizeof *spans);
  if (data == NULL || spans == NULL)
    die("making rows", "out of memory");
  memcpy(data, bytes, (size_t)size);
  memcpy(spans, from, ROWS * sizeof *spans);
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

static void free_raw(const mill_raw_batch *raw) {
  free((void *)(uintptr_t)raw->data);
  free((void *)(uintptr_t)raw->values);
}

// The batches whose rows are made up: all are the same.
static void make_up(bench *own, const form *form) {
  static char data[ROWS * ROW_MAX];
  static mill_span spans[ROWS];
  int32_t size = 0;
  for (int row = 0; row < ROWS; row++) {
    spans[row] = (mill_span){size, form->write(form, data + size, row)};
    size += spans[row].length;
  }
  for (int i = 0; i < BATCHES; i++)
    own->raw[i] = make_raw(data, size, spans);
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

static void print_rates(const char *name, double *seconds, const bench *own) {
  int64_t bytes = 0;
  for (int i = 0; i < BATCHES; i++)
    bytes += own->raw[i].data_size;
  double rows = (double)ROWS * BATCHES, size = (double)bytes / rows;
  qsort(seconds, ROUNDS, sizeof *seconds, by_value);
  double rate = rows / seconds[ROUNDS / 2];
  printf("%s: %.2f million rows per core-second, %.0f MB/s (%.0f bytes a row), at best %.2f\n", name,
         rate / 1e6, rate * size / 1e6, size, rows / seconds[0] / 1e6);
}

static mill_batch decode(const mill_serde_vtable *serde, void *reader, const mill_raw_batch *raw) {
  mill_error error = {.struct_size = sizeof error};
  mill_batch batch;
  check(serde->decode(reader, raw, &batch, &errors, &error), "decode", &error);
  return batch;
}

static mill_encoded encode(const bench *own, const mill_batch *batch) {
  mill_error error = {.struct_size = sizeof error};
  mill_encoded encoded = {.struct_size = sizeof encoded};
  check(own->serde->encode(own->writer, batch, &encoded, &errors, &error), "encode", &error);
  return encoded;
}

static void measure_decode(const bench *own) {
  double seconds[ROUNDS];
  for (int round = 0; round < ROUNDS; round++) {
    double start = cpu_s();
    for (int i = 0; i < BATCHES; i++) {
      mill_batch batch = decode(own->serde, own->reader, &own->raw[i]);
      batch.release(&batch);
    }
    seconds[round] = cpu_s() - start;
  }
  print_rates("decode", seconds, own);
}

static void check_same(const mill_encoded *encoded, const mill_raw_batch *raw) {
  for (int row = 0; row < ROWS; row++)
    if (encoded->spans[row].length != raw->values[row].length ||
        memcmp(encoded->data + encoded->spans[row].offset, raw->data + raw->values[row].offset,
               (size_t)raw->values[row].length) != 0)
      die("encode", "gave other bytes than were decoded");
}

static void measure_encode(const bench *own) {
  double seconds[ROUNDS];
  mill_batch batches[BATCHES];
  for (int i = 0; i < BATCHES; i++)
    batches[i] = decode(own->serde, own->reader, &own->raw[i]);
  for (int round = 0; round < ROUNDS; round++) {
    double start = cpu_s();
    for (int i = 0; i < BATCHES; i++)
      encode(own, &batches[i]);
    seconds[round] = cpu_s() - start;
  }
  print_rates("encode", seconds, own);
  for (int i = 0; i < BATCHES; i++) {
    mill_encoded encoded = encode(own, &batches[i]);
    check_same(&encoded, &own->raw[i]);
    batches[i].release(&batches[i]);
  }
}

// Has the reader, and the writer if the form says so, go by the schema that the writer writes with.
static void use_written_schema(const bench *own, const form *form) {
  if (!form->is_read_by_schema)
    return;
  mill_error error = {.struct_size = sizeof error};
  mill_written_schema written = {.struct_size = sizeof written};
  check(own->serde->written_schema(own->writer, &written, &error), "written_schema", &error);
  mill_schema schema = {.struct_size = sizeof schema,
                        .format = written.format,
                        .number = 1,
                        .name = "the writer's",
                        .text = written.text,
                        .text_size = (int64_t)strlen(written.text)};
  check(own->serde->use_schema(own->reader, &schema, &error), "use_schema", &error);
  if (form->is_written_by_schema)
    check(own->serde->use_schema(own->writer, &schema, &error), "use_schema", &error);
}

static void *make_reader(const mill_serde_vtable *serde) {
  mill_error error = {.struct_size = sizeof error};
  void *reader;
  check(serde->create(NULL, "{}", MILL_PART_VALUE, &reader, &error), "create", &error);
  return reader;
}

static void bind(bench *own, const form *form, const struct ArrowSchema *schema) {
  mill_error error = {.struct_size = sizeof error};
  own->reader = make_reader(own->serde);
  own->writer = make_reader(own->serde);
  check(own->serde->bind_encode(own->writer, schema, &error), "bind_encode", &error);
  use_written_schema(own, form);
  check(own->serde->bind_encode(own->writer, schema, &error), "bind_encode", &error);
  check(own->serde->bind_decode(own->reader, schema, &error), "bind_decode", &error);
}

// Reads a batch of lines; 0 if there are not enough left.
static int read_lines(mill_raw_batch *out) {
  static char data[ROWS * ROW_MAX];
  static mill_span spans[ROWS];
  int32_t size = 0;
  for (int row = 0; row < ROWS; row++) {
    if (fgets(data + size, ROW_MAX, stdin) == NULL)
      return 0;
    spans[row] = (mill_span){size, (int32_t)strlen(data + size)};
    size += spans[row].length;
  }
  *out = make_raw(data, size, spans);
  return 1;
}

// The batches whose rows are lines of JSON, as the serde encodes them.
static void take_lines(bench *own, const mill_serde_vtable *json, const struct ArrowSchema *schema) {
  mill_error error = {.struct_size = sizeof error};
  void *reader = make_reader(json);
  check(json->bind_decode(reader, schema, &error), "bind_decode", &error);
  for (int i = 0; i < BATCHES; i++) {
    mill_raw_batch lines;
    if (!read_lines(&lines))
      die("reading lines", "there are too few");
    mill_batch batch = decode(json, reader, &lines);
    mill_encoded encoded = encode(own, &batch);
    mill_span last = encoded.spans[ROWS - 1];
    own->raw[i] = make_raw(encoded.data, last.offset + last.length, encoded.spans);
    batch.release(&batch);
    free_raw(&lines);
  }
  json->destroy(reader);
}

static int print_rows(const form *form) {
  char row[ROW_MAX];
  for (int i = 0; i < ROWS; i++) {
    int32_t size = form->write(form, row, i);
    if (form->row == NULL)
      fwrite(&size, sizeof size, 1, stdout);
    fwrite(row, 1, (size_t)size, stdout);
    if (form->row != NULL)
      putchar('\n');
  }
  return 0;
}

int main(int count, char **arguments) {
  const form *form = count < 2 ? NULL : form_called(arguments[1]);
  if (form == NULL || count > 4)
    die("usage", "serde_benchmark json|json_schema|csv|avro|protobuf [PLUGIN [JSON_PLUGIN < LINES]]");
  if (count == 2)
    return print_rows(form);
  static bench own;
  own.serde = load(arguments[2]);
  mill_error error = {.struct_size = sizeof error};
  struct ArrowSchema schema;
  int is_flights = count == 4;
  check(mill_schema_make(&schema, is_flights ? flight_fields : form->fields,
                         is_flights ? FLIGHT_FIELDS : form->field_count, &error),
        "schema", &error);
  bind(&own, form, &schema);
  if (is_flights)
    take_lines(&own, load(arguments[3]), &schema);
  else
    make_up(&own, form);
  measure_decode(&own);
  measure_encode(&own);
  own.serde->destroy(own.reader);
  own.serde->destroy(own.writer);
  for (int i = 0; i < BATCHES; i++)
    free_raw(&own.raw[i]);
  schema.release(&schema);
  return 0;
}
