#include "rows.h"

#include <inttypes.h>

static void add(text *out, const char *bytes, size_t size) {
  if (out->size + size > out->capacity) {
    out->capacity = (out->size + size) * 2;
    out->bytes = realloc(out->bytes, out->capacity);
    if (out->bytes == NULL)
      abort();
  }
  memcpy(out->bytes + out->size, bytes, size);
  out->size += size;
}

static void add_int64(text *out, int64_t value) {
  char digits[32];
  add(out, digits, (size_t)snprintf(digits, sizeof digits, "%" PRId64, value));
}

static void add_value(text *out, const char *format, const mill_column *column, int64_t row) {
  if (strcmp(format, "vu") != 0) {
    add_int64(out, mill_int64(column, row));
    return;
  }
  mill_text value = mill_text_at(column, row);
  add(out, value.bytes, (size_t)value.size);
}

void text_add_rows(text *out, const struct ArrowSchema *schema, const mill_batch *batch) {
  mill_column columns[NEXMARK_COLUMNS_MAX];
  for (int64_t i = 0; i < schema->n_children; i++) {
    mill_column_ref ref = {i, mill_layout_of(schema->children[i]->format)};
    columns[i] = mill_column_open(batch, &ref);
  }
  for (int64_t row = 0; row < batch->columns.length; row++) {
    add_int64(out, batch->event_time_us[row]);
    for (int64_t i = 0; i < schema->n_children; i++) {
      add(out, "\t", 1);
      add_value(out, schema->children[i]->format, &columns[i], row);
    }
    add(out, "\n", 1);
  }
}

static void must(int32_t status, const mill_error *error) {
  if (status == MILL_OK)
    return;
  fprintf(stderr, "%s\n", error->message);
  abort();
}

text source_text(const char *config, uint32_t index, uint32_t count, int64_t position, int64_t max_rows) {
  const mill_source_vtable *table = nexmark_source.vtable;
  mill_error error = {.struct_size = sizeof error};
  text out = {NULL, 0, 0};
  void *self;
  struct ArrowSchema schema;
  must(table->create(NULL, config, index, count, &self, &error), &error);
  must(table->schema(self, &schema, &error), &error);
  must(table->seek(self, position, &error), &error);
  for (int32_t ended = 0; !ended;) {
    mill_batch batch = {0};
    must(table->poll(self, max_rows, &batch, &ended, &error), &error);
    if (batch.release == NULL)
      continue;
    text_add_rows(&out, &schema, &batch);
    batch.release(&batch);
  }
  schema.release(&schema);
  table->destroy(self);
  return out;
}

uint64_t fingerprint(const char *bytes, size_t size) {
  uint64_t hash = UINT64_C(0xCBF29CE484222325);
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001B3);
  return hash;
}
