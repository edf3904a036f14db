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
/// options, `{}` if it has none. What the serde logs goes to the standard error. LEAD in the environment, in
/// hex, is what messages that are written begin with.
#include "driver.h"

#include "millrace/log.h"

#include <dlfcn.h>
#include <pthread.h>

static const mill_serde_type *load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    die("dlopen", dlerror());
  const mill_plugin *(*entry)(void);
  *(void **)&entry = dlsym(library, MILL_ENTRY_SYMBOL);
  const mill_serdes *serdes = entry()->get_extension(MILL_SERDES);
  return serdes->types[0];
}

enum { LEAD_MAX = 1024 };

// Says why a reader or writer can't be made, and ends, if it can't.
static void need(int is_made, const mill_error *error) {
  if (is_made)
    return;
  printf("BIND %s\n", error->message);
  exit(0);
}

// Makes the writers of the first `count` layouts; their messages begin with the bytes that LEAD has in hex.
static void start_writers(run *own, int count) {
  const char *hex = getenv("LEAD");
  uint8_t lead[LEAD_MAX];
  int64_t size = 0;
  mill_error error;
  need(writers_start(own, count, &error), &error);
  if (hex == NULL)
    return;
  for (unsigned byte; sscanf(hex + 2 * size, "%2x", &byte) == 1; size++)
    lead[size] = (uint8_t)byte;
  writers_lead(own, lead, size);
}

static void print_written(run *own) {
  mill_error error = {.struct_size = sizeof error};
  start_writers(own, 1);
  mill_written_schema written = {.struct_size = sizeof written};
  if (own->serde->written_schema(own->writers[0].self, &written, &error) != MILL_OK)
    die("written_schema", error.message);
  printf("%u\n%s\n", written.format, written.record_name);
  for (int64_t i = 0; i < written.index_size; i++)
    printf("%02x", written.index[i]);
  printf("\n%s\n", written.text);
  writers_end(own);
}

static void print_encoded(const writer *from, int64_t row) {
  mill_span span = from->encoded.spans[row];
  if (from->errors.rows[row].message != NULL) {
    printf("X %s\n", from->errors.rows[row].message);
    return;
  }
  printf(span.length < 0 ? "N" : "J ");
  for (int32_t i = 0; i < span.length; i++)
    printf("%02x", from->encoded.data[span.offset + i]);
  putchar('\n');
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

static void print_rows(const run *own, const mill_batch *batch, const collected *bad) {
  for (int64_t row = 0; row < batch->columns.length; row++) {
    if (bad->rows[row].message != NULL) {
      printf("E %d\t%s\n", bad->rows[row].code, bad->rows[row].message);
      continue;
    }
    printf("V ");
    dump_value(own->columns[0], &batch->columns, row);
    putchar('\n');
    print_encoded(&own->writers[0], row);
  }
}

static void decode_all(run *own, const messages *all, int64_t batch_size) {
  mill_error error;
  need(reader_start(own, &error), &error);
  start_writers(own, LAYOUTS);
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
    writers_forget(own);
    if (kept_count < 3)
      kept[kept_count++] = batch;
    else
      release_elsewhere(&batch);
  }
  reader_end(own);
  while (kept_count > 0)
    release_elsewhere(&kept[--kept_count]);
  join_release();
  writers_end(own);
  if (raw_alive != 0)
    die("decode", "raw batches were not released");
}

static void encode_values(run *own, const messages *all) {
  start_writers(own, 1);
  static mill_batch batch;
  batch = batch_of_values(own->columns[0], all);
  encode(own, &own->writers[0], &batch);
  for (int64_t i = 0; i < all->count; i++)
    print_encoded(&own->writers[0], i);
  writers_end(own);
}

// Fills in what is to be run from the arguments behind the mode.
static void read_arguments(run *own, int count, char **arguments) {
  own->serde = load(arguments[2])->vtable;
  for (int i = 0; i < LAYOUTS; i++)
    own->columns[i] = i == 0 ? schema_read(arguments[3]) : relayout_schema(own->columns[0], i == 2);
  own->part = strcmp(arguments[6], "key") == 0 ? MILL_PART_KEY : MILL_PART_VALUE;
  own->config = arguments[7];
  if (count < 11)
    return;
  schemas_read(arguments[8]);
  own->to_read_by = schema_numbered(atoll(arguments[9]));
  own->to_write_by = schema_numbered(atoll(arguments[10]));
}

// What is logged goes to the standard error, a line each.
static void write_log(int32_t level, const char *component, const char *message) {
  fprintf(stderr, "%d %s: %s\n", level, component, message);
}

static const void *extension(const mill_host *host, const char *id) {
  static const mill_log log = {sizeof log, 0, write_log};
  (void)host;
  return strcmp(id, MILL_LOG) == 0 ? &log : NULL;
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
  static messages all;
  static const mill_host host = {sizeof host, MILL_ABI_MINOR, "1.0.0", extension};
  read_arguments(&own, count, arguments);
  own.host = &host;
  if (strcmp(arguments[1], "written") == 0) {
    print_written(&own);
    return 0;
  }
  all = messages_read(arguments[4], count == 11);
  if (strcmp(arguments[1], "values") == 0)
    encode_values(&own, &all);
  else
    decode_all(&own, &all, atoll(arguments[5]));
  return 0;
}
