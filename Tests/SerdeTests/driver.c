/// Usage: driver decode|values PLUGIN SCHEMA MESSAGES BATCH value|key CONFIG [SCHEMAS READER WRITER]
///        driver written PLUGIN SCHEMA - 0 value|key CONFIG [SCHEMAS 0 WRITER]
///        driver options PLUGIN
///
/// `decode`: decodes the messages in batches of BATCH rows, and encodes what came of it, from the columns as
/// they are and from copies in other layouts. `values`: encodes one column that consists of the messages'
/// bytes. Prints, per message, `E code TAB message` or `V value`, then `J hex` of the encoding, `N` for null,
/// or `X message`. A serde that can't be made with CONFIG, or bound, gives `BIND message` instead.
/// `SCHEMAS`: a file of schemas, by whose numbers messages say what they were written with; READER and WRITER
/// are those to be used by the readers and writers, 0 for none. `written`: prints format, record name, index in
/// hex and text of the schema that rows are written with. `options`: prints the serde's JSON Schema of its
/// options, `{}` if it has none. LEAD in the environment, in hex, is what messages that are written begin with.
#include "driver.h"

#include <dlfcn.h>
#include <pthread.h>

typedef struct row_error {
  int32_t code;
  char *message;
} row_error;

typedef struct collected {
  int64_t count;
  int64_t last;
  row_error *rows;
} collected;

static void collect(const mill_row_errors *errors, int64_t row, int32_t code, const char *message) {
  collected *all = errors->context;
  if (row <= all->last || row >= all->count)
    die("report", "rows are out of order, reported twice, or not there");
  if (mill_utf8_invalid_at((const uint8_t *)message, (int64_t)strlen(message)) >= 0)
    die("report", "the message is not UTF-8");
  all->last = row;
  all->rows[row].code = code;
  all->rows[row].message = strdup(message);
}

static mill_row_errors collector(collected *all, int64_t count) {
  *all = (collected){count, -1, get_memory((size_t)count * sizeof *all->rows)};
  return (mill_row_errors){sizeof(mill_row_errors), 0, all, collect};
}

static void forget(collected *all) {
  for (int64_t i = 0; i < all->count; i++)
    free(all->rows[i].message);
  free(all->rows);
}

static const mill_serde_type *load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    die("dlopen", dlerror());
  const mill_plugin *(*entry)(void);
  *(void **)&entry = dlsym(library, MILL_ENTRY_SYMBOL);
  const mill_serdes *serdes = entry()->get_extension(MILL_SERDES);
  return serdes->types[0];
}

static const char *config;

enum { LEAD_MAX = 1024 };

static void *make(const mill_serde_vtable *serde, uint32_t part) {
  mill_error error = {.struct_size = sizeof error};
  void *self = NULL;
  if (serde->create(NULL, config, part, &self, &error) == MILL_OK)
    return self;
  printf("BIND %s\n", error.message);
  exit(0);
}

static void bind(int32_t (*binder)(void *, const struct ArrowSchema *, mill_error *), void *self,
                 const struct ArrowSchema *schema) {
  mill_error error = {.struct_size = sizeof error};
  if (binder(self, schema, &error) == MILL_OK)
    return;
  printf("BIND %s\n", error.message);
  exit(0);
}

// Schemas that readers and writers are to use.
static const mill_schema *to_read_by, *to_write_by;

static void use(const mill_serde_vtable *serde, void *self, const mill_schema *schema) {
  if (schema == NULL)
    return;
  mill_error error = {.struct_size = sizeof error};
  if (serde->use_schema == NULL)
    die("use_schema", "the serde uses no schemas");
  if (serde->use_schema(self, schema, &error) == MILL_OK)
    return;
  printf("BIND %s\n", error.message);
  exit(0);
}

// The bytes that LEAD has in hex: what messages are to begin with.
static void set_lead(const mill_serde_vtable *serde, void *self) {
  const char *hex = getenv("LEAD");
  if (hex == NULL)
    return;
  static uint8_t lead[LEAD_MAX];
  int64_t size = 0;
  for (unsigned byte; sscanf(hex + 2 * size, "%2x", &byte) == 1; size++)
    lead[size] = (uint8_t)byte;
  mill_error error = {.struct_size = sizeof error};
  if (serde->set_lead(self, lead, size, &error) != MILL_OK)
    die("set_lead", error.message);
  memset(lead, 0xEE, sizeof lead); // it has to be copied
}

static void *make_writer(const mill_serde_vtable *serde, uint32_t part, const struct ArrowSchema *schema) {
  void *self = make(serde, part);
  use(serde, self, to_write_by);
  bind(serde->bind_encode, self, schema);
  set_lead(serde, self);
  return self;
}

static void print_written(const mill_serde_vtable *serde, uint32_t part, const struct ArrowSchema *schema) {
  void *self = make_writer(serde, part, schema);
  mill_error error = {.struct_size = sizeof error};
  mill_written_schema written = {.struct_size = sizeof written};
  if (serde->written_schema(self, &written, &error) != MILL_OK)
    die("written_schema", error.message);
  printf("%u\n%s\n", written.format, written.record_name);
  for (int64_t i = 0; i < written.index_size; i++)
    printf("%02x", written.index[i]);
  printf("\n%s\n", written.text);
  serde->destroy(self);
}

// A writer and what it gave last.
typedef struct writer {
  void *self;
  mill_encoded encoded;
  collected errors;
} writer;

static void encode(const mill_serde_vtable *serde, writer *to, const mill_batch *batch) {
  mill_error error = {.struct_size = sizeof error};
  mill_row_errors errors = collector(&to->errors, batch->columns.length);
  to->encoded.struct_size = sizeof to->encoded;
  if (serde->encode(to->self, batch, &to->encoded, &errors, &error) != MILL_OK)
    die("encode", error.message);
  if (to->encoded.length != batch->columns.length)
    die("encode", "gave another number of rows");
}

static void print_encoded(const writer *from, int64_t row) {
  mill_span span = from->encoded.spans[row];
  if (from->errors.rows[row].message != NULL) {
    printf("X %s\n", from->errors.rows[row].message);
    if (span.length != -1)
      die("encode", "a bad row has bytes");
    return;
  }
  printf(span.length < 0 ? "N" : "J ");
  for (int32_t i = 0; i < span.length; i++)
    printf("%02x", from->encoded.data[span.offset + i]);
  putchar('\n');
}

static void compare(const writer *one, const writer *other) {
  for (int64_t i = 0; i < one->encoded.length; i++) {
    mill_span a = one->encoded.spans[i], b = other->encoded.spans[i];
    if (a.length != b.length || (a.length > 0 && memcmp(one->encoded.data + a.offset,
                                                        other->encoded.data + b.offset, (size_t)a.length) != 0))
      die("encode", "another layout gave other bytes");
  }
}

// What the host checks of a batch.
static void check_shape(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t length) {
  if (array->length != length)
    die("decode", "an array has another length");
  if ((schema->flags & ARROW_FLAG_NULLABLE) == 0 && array->null_count != 0)
    die("decode", "a required column has nulls");
  if (strcmp(schema->format, "+s") != 0 && length > 0 && array->buffers[1] == NULL)
    die("decode", "a column lacks its values");
  for (int64_t i = 0; i < schema->n_children && strcmp(schema->format, "+s") == 0; i++)
    check_shape(schema->children[i], array->children[i], length);
}

static void *release_batch(void *batch) {
  ((mill_batch *)batch)->release(batch);
  return NULL;
}

static pthread_t releasing;
static int is_releasing;

static void join_release(void) {
  if (is_releasing && pthread_join(releasing, NULL) != 0)
    die("threads", "can't wait for one");
  is_releasing = 0;
}

// The host may release on any thread: this one does while the next batch is decoded.
static void release_elsewhere(const mill_batch *batch) {
  static mill_batch moved;
  join_release();
  moved = *batch;
  if (pthread_create(&releasing, NULL, release_batch, &moved) != 0)
    die("threads", "none to be had");
  is_releasing = 1;
}

enum { LAYOUTS = 3 };

typedef struct run {
  const mill_serde_vtable *serde;
  const struct ArrowSchema *schemas[LAYOUTS];
  void *reader;
  writer writers[LAYOUTS];
} run;

static void start(run *own, uint32_t part, const struct ArrowSchema *schema) {
  own->schemas[0] = schema;
  own->reader = make(own->serde, part);
  use(own->serde, own->reader, to_read_by);
  bind(own->serde->bind_decode, own->reader, schema);
  for (int i = 0; i < LAYOUTS; i++) {
    if (i > 0)
      own->schemas[i] = relayout_schema(schema, i == 2);
    own->writers[i].self = make_writer(own->serde, part, own->schemas[i]);
  }
}

static void encode_layouts(run *own, const mill_batch *batch) {
  for (int i = 0; i < LAYOUTS; i++) {
    mill_batch copy = *batch;
    if (i > 0) {
      struct ArrowArray *columns = relayout(own->schemas[0], &batch->columns, i == 2, 0);
      // A batch's own offset is 0; its columns' are not.
      columns->length = batch->columns.length;
      for (int64_t c = 0; c < columns->n_children; c++) {
        columns->children[c]->offset += columns->offset;
        columns->children[c]->length -= columns->offset;
      }
      columns->offset = 0;
      copy.columns = *columns;
    }
    encode(own->serde, &own->writers[i], &copy);
    if (i > 0)
      compare(&own->writers[0], &own->writers[i]);
  }
}

static void print_rows(const run *own, const mill_batch *batch, const collected *bad) {
  for (int64_t row = 0; row < batch->columns.length; row++) {
    if (bad->rows[row].message != NULL) {
      printf("E %d\t%s\n", bad->rows[row].code, bad->rows[row].message);
      continue;
    }
    printf("V ");
    dump_value(own->schemas[0], &batch->columns, row);
    putchar('\n');
    print_encoded(&own->writers[0], row);
  }
}

static mill_batch decode(run *own, const mill_raw_batch *raw, collected *bad) {
  mill_error error = {.struct_size = sizeof error};
  mill_row_errors errors = collector(bad, raw->length);
  mill_batch batch;
  memset(&batch, 0, sizeof batch);
  if (own->serde->decode(own->reader, raw, &batch, &errors, &error) != MILL_OK)
    die("decode", error.message);
  check_shape(own->schemas[0], &batch.columns, raw->length);
  return batch;
}

static void decode_all(run *own, const messages *all, int64_t batch_size) {
  mill_batch kept[3];
  int kept_count = 0;
  for (int64_t first = 0; first < all->count; first += batch_size) {
    int64_t count = all->count - first < batch_size ? all->count - first : batch_size;
    mill_raw_batch *raw = raw_make(all, first, count);
    collected bad;
    mill_batch batch = decode(own, raw, &bad);
    raw->release(raw);
    encode_layouts(own, &batch);
    print_rows(own, &batch, &bad);
    forget(&bad);
    for (int i = 0; i < LAYOUTS; i++)
      forget(&own->writers[i].errors);
    arena_free();
    if (kept_count < 3)
      kept[kept_count++] = batch;
    else
      release_elsewhere(&batch);
  }
  own->serde->destroy(own->reader);
  while (kept_count > 0)
    release_elsewhere(&kept[--kept_count]);
  join_release();
  for (int i = 0; i < LAYOUTS; i++)
    own->serde->destroy(own->writers[i].self);
  if (raw_alive != 0)
    die("decode", "raw batches were not released");
}

static void encode_values(run *own, const struct ArrowSchema *schema, const messages *all) {
  own->writers[0].self = make_writer(own->serde, MILL_PART_VALUE, schema);
  static mill_batch batch;
  batch = batch_of_values(schema, all);
  encode(own->serde, &own->writers[0], &batch);
  for (int64_t i = 0; i < all->count; i++)
    print_encoded(&own->writers[0], i);
  own->serde->destroy(own->writers[0].self);
}

int main(int count, char **arguments) {
  if (count == 3 && strcmp(arguments[1], "options") == 0) {
    const char *schema = load(arguments[2])->descriptor->config_schema;
    puts(schema == NULL ? "{}" : schema);
    return 0;
  }
  if (count != 8 && count != 11)
    die("usage", "driver decode|values|written PLUGIN SCHEMA MESSAGES BATCH value|key CONFIG [SCHEMAS READER "
                 "WRITER], or "
                 "options PLUGIN");
  static run own; // reachable at the end, so that only what is lost counts as a leak
  own.serde = load(arguments[2])->vtable;
  config = arguments[7];
  static const struct ArrowSchema *schema;
  static messages all;
  schema = schema_read(arguments[3]);
  if (count == 11) {
    schemas_read(arguments[8]);
    to_read_by = schema_numbered(atoll(arguments[9]));
    to_write_by = schema_numbered(atoll(arguments[10]));
  }
  uint32_t part = strcmp(arguments[6], "key") == 0 ? MILL_PART_KEY : MILL_PART_VALUE;
  if (strcmp(arguments[1], "written") == 0) {
    print_written(own.serde, part, schema);
    return 0;
  }
  all = messages_read(arguments[4], count == 11);
  if (strcmp(arguments[1], "values") == 0) {
    encode_values(&own, schema, &all);
    return 0;
  }
  start(&own, part, schema);
  decode_all(&own, &all, atoll(arguments[5]));
  return 0;
}
