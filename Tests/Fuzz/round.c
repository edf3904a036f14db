#include "round.h"

#include "columns.h"

// Rows that were decoded, were good, and were decoded again after they had been written.
static unsigned long long all_rows, good_rows, written_rows;

static void print_rows(void) {
  fprintf(stderr, "rows: %llu decoded, %llu good, %llu written and read again\n", all_rows, good_rows,
          written_rows);
}

// Protobuf has no null lists: they are written, and read again, as empty ones.
static int has_null_lists;

const mill_serde_vtable *serde_of_plugin(void) {
  const mill_plugin *mill_plugin_v1(void);
  const mill_serdes *serdes = mill_plugin_v1()->get_extension(MILL_SERDES);
  has_null_lists = strcmp(serdes->types[0]->descriptor->id, "protobuf") != 0;
  atexit(print_rows);
  return serdes->types[0]->vtable;
}

int64_t piece_cut(const uint8_t **at, int64_t *left) {
  const uint8_t *start = *at;
  const int64_t width = sizeof SEPARATOR - 1;
  for (int64_t size = 0; size + width <= *left; size++) {
    if (memcmp(start + size, SEPARATOR, (size_t)width) != 0)
      continue;
    *at += size + width;
    *left -= size + width;
    return size;
  }
  int64_t size = *left;
  *left = -1;
  return size;
}

mill_schema *schema_make(uint32_t format, const char *name, const uint8_t *text, int64_t size) {
  static uint64_t number;
  mill_schema *schema = get_memory(sizeof *schema);
  char *copy = get_memory((size_t)size + 1);
  memcpy(copy, text, (size_t)size);
  *schema = (mill_schema){.struct_size = sizeof *schema,
                          .format = format,
                          .number = ++number,
                          .name = name,
                          .text = copy,
                          .text_size = size};
  return schema;
}

void schema_free(mill_schema *schema) {
  free((void *)(uintptr_t)schema->text);
  free(schema);
}

// What came of a batch: a hash and an error, by row.
typedef struct outcome {
  mill_batch batch;
  uint64_t *hashes;
  collected bad;
} outcome;

static outcome read_batch(run *own, const messages *all) {
  outcome out;
  mill_raw_batch *raw = raw_make(all, 0, all->count);
  out.batch = decode(own, raw, &out.bad);
  raw->release(raw); // views into it keep it
  columns_check(own->columns[0], &out.batch.columns);
  out.hashes = get_memory((size_t)all->count * sizeof *out.hashes);
  for (int64_t i = 0; i < all->count; i++)
    out.hashes[i] = columns_hash(own->columns[0], &out.batch.columns, i, has_null_lists);
  return out;
}

static void free_outcome(outcome *out) {
  out->batch.release(&out->batch);
  forget(&out->bad);
  free(out->hashes);
}

static void compare_rows(const outcome *one, int64_t row, const outcome *other, int64_t other_row,
                         const char *what) {
  const row_error *a = &one->bad.rows[row], *b = &other->bad.rows[other_row];
  if ((a->message == NULL) != (b->message == NULL))
    die(what, a->message == NULL ? b->message : a->message);
  if (a->message != NULL && (a->code != b->code || strcmp(a->message, b->message) != 0)) {
    fprintf(stderr, "%s: a row is bad for two reasons, %d %s\n", what, a->code, a->message);
    die(what, b->message);
  }
  if (a->message == NULL && one->hashes[row] != other->hashes[other_row])
    die(what, "a row has another value");
}

static messages reversed(const messages *all) {
  messages out = {.bytes = all->bytes, .count = all->count};
  out.spans = get_memory((size_t)all->count * sizeof *out.spans);
  out.schemas = all->schemas == NULL ? NULL : get_memory((size_t)all->count * sizeof *out.schemas);
  for (int64_t i = 0; i < all->count; i++) {
    out.spans[i] = all->spans[all->count - 1 - i];
    if (out.schemas != NULL)
      out.schemas[i] = all->schemas[all->count - 1 - i];
  }
  return out;
}

// Decodes the messages in both orders; what came of the second, whose columns lie where the first ones' did.
static outcome read_twice(run *own, const messages *backwards, const messages *all) {
  outcome first = read_batch(own, backwards);
  first.batch.release(&first.batch);
  outcome second = read_batch(own, all);
  for (int64_t i = 0; i < all->count; i++)
    compare_rows(&first, all->count - 1 - i, &second, i, "another order");
  forget(&first.bad);
  free(first.hashes);
  return second;
}

// The rows that are good and were written, as messages of a schema, which may be NULL; which rows they are is
// left in `rows`.
static messages written_messages(const writer *from, const outcome *read, const mill_schema *schema,
                                 int64_t *rows) {
  messages out = {.bytes = (uint8_t *)(uintptr_t)from->encoded.data};
  out.spans = get_memory((size_t)from->encoded.length * sizeof *out.spans);
  out.schemas = schema == NULL ? NULL : get_memory((size_t)from->encoded.length * sizeof *out.schemas);
  for (int64_t i = 0; i < from->encoded.length; i++) {
    if (read->bad.rows[i].message != NULL || from->errors.rows[i].message != NULL)
      continue;
    if (schema != NULL)
      out.schemas[out.count] = schema;
    rows[out.count] = i;
    out.spans[out.count++] = from->encoded.spans[i];
  }
  return out;
}

// Writes the rows, and decodes that.
static void write_and_read(round *of, const outcome *read) {
  int64_t *rows = get_memory((size_t)read->batch.columns.length * sizeof *rows);
  encode_layouts(&of->own, &read->batch);
  messages all = written_messages(&of->own.writers[0], read, of->written, rows);
  outcome second = read_batch(&of->again, &all);
  for (int64_t i = 0; i < all.count; i++)
    compare_rows(read, rows[i], &second, i, "what was written");
  written_rows += (unsigned long long)all.count;
  free_outcome(&second);
  free(all.spans);
  free(all.schemas);
  free(rows);
  writers_forget(&of->own);
}

// The schema that rows are written with, NULL if they have none. Messages begin with its index, as they do in
// the host, but for the registry's id.
static mill_schema *tell_schema(const run *own) {
  mill_error error = {.struct_size = sizeof error};
  mill_written_schema told = {.struct_size = sizeof told};
  if (own->serde->written_schema == NULL)
    return NULL;
  if (own->serde->written_schema(own->writers[0].self, &told, &error) != MILL_OK)
    die("written_schema", error.message);
  writers_lead(own, told.index, told.index_size);
  mill_schema *schema =
      schema_make(told.format, "written", (const uint8_t *)told.text, (int64_t)strlen(told.text));
  if (own->to_write_by != NULL) {
    schema->references = own->to_write_by->references;
    schema->reference_count = own->to_write_by->reference_count;
  }
  return schema;
}

int round_open(round *of) {
  run *own = &of->own;
  mill_error error;
  if (!reader_start(own, &error))
    return 0;
  if (!writers_start(own, LAYOUTS, &error)) {
    own->to_write_by = NULL; // which may not suit the columns; what is made from them does
    if (!writers_start(own, LAYOUTS, &error))
      return 1;
  }
  of->written = tell_schema(own);
  of->again =
      (run){.serde = own->serde, .config = own->config, .part = own->part, .columns = {own->columns[0]}};
  if (!reader_start(&of->again, &error))
    die("what was written", error.message);
  return 1;
}

void round_messages(round *of, const messages *all) {
  messages backwards = reversed(all);
  outcome read = read_twice(&of->own, &backwards, all);
  all_rows += (unsigned long long)all->count;
  for (int64_t i = 0; i < all->count; i++)
    good_rows += read.bad.rows[i].message == NULL;
  if (of->again.reader != NULL)
    write_and_read(of, &read);
  free_outcome(&read);
  free(backwards.spans);
  free(backwards.schemas);
  if (raw_alive != 0)
    die("decode", "raw batches were not released");
}

void round_close(round *of) {
  reader_end(&of->own);
  reader_end(&of->again);
  writers_end(&of->own);
  if (of->written != NULL)
    schema_free(of->written);
  of->written = NULL;
}
