#include "single_column.h"

#include "encoded.h"
#include "single_column_block.h"

typedef struct single_column {
  const single_column_kind *kind;
  uint32_t part;
  const mill_memory *memory; // the host's; NULL if it counts none
  int is_nullable;
  char *name;
  block_pool *pool;
  mill_column_ref column;
  encoded encoded;
} single_column;

static const char *part_name(uint32_t part) { return part == MILL_PART_KEY ? "key" : "value"; }

int32_t single_column_create(const single_column_kind *kind, const mill_host *host, uint32_t part,
                             void **out_self, mill_error *error) {
  single_column *self = calloc(1, sizeof *self);
  if (self == NULL)
    return mill_fail_memory(error, kind->id);
  self->kind = kind;
  self->part = part;
  self->memory = mill_memory_of(host);
  *out_self = self;
  return MILL_OK;
}

static int32_t check_schema(const single_column *self, const struct ArrowSchema *schema, const char *formats,
                            mill_error *error) {
  const single_column_kind *kind = self->kind;
  if (schema->n_children != 1)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "serde \"%s\" takes exactly one %s column as the %s, not %lld columns; declare one, or "
                     "choose another serde",
                     kind->id, kind->type_name, part_name(self->part), (long long)schema->n_children);
  const struct ArrowSchema *field = schema->children[0];
  if (field->dictionary != NULL || !mill_format_is(field->format, formats))
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "serde \"%s\": column \"%s\" has Arrow format \"%s\"; declare it as %s", kind->id,
                     field->name == NULL ? "" : field->name, field->format, kind->type_name);
  return MILL_OK;
}

static int32_t bind(single_column *self, const struct ArrowSchema *schema, const char *formats,
                    mill_error *error) {
  if (check_schema(self, schema, formats, error) != MILL_OK)
    return MILL_FAILED;
  const struct ArrowSchema *field = schema->children[0];
  const char *name = field->name == NULL ? "" : field->name;
  char *copy = malloc(strlen(name) + 1);
  if (copy == NULL)
    return mill_fail_memory(error, self->kind->id);
  strcpy(copy, name);
  free(self->name);
  self->name = copy;
  self->is_nullable = (field->flags & ARROW_FLAG_NULLABLE) != 0;
  self->column = (mill_column_ref){0, mill_layout_of(field->format)};
  return MILL_OK;
}

int32_t single_column_bind_decode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  single_column *self = raw_self;
  if (bind(self, schema, self->kind->decoded_format, error) != MILL_OK)
    return MILL_FAILED;
  block_pool_close(self->pool);
  self->pool = block_pool_new(NULL, NULL, self->memory);
  return self->pool == NULL ? mill_fail_memory(error, self->kind->id) : MILL_OK;
}

static void report(const mill_row_errors *errors, int64_t row, const char *message) {
  errors->report(errors, row, MILL_FAILED, message);
}

static void report_null(const single_column *self, int64_t row, const mill_row_errors *errors) {
  char message[MILL_ERROR_MESSAGE_SIZE];
  snprintf(message, sizeof message,
           "the %s is null, but field \"%.200s\" is required; make it nullable (\"?\")", part_name(self->part),
           self->name);
  report(errors, row, message);
}

// Whether the bytes are what the kind says; reports the row if they are not.
static int check_bytes(const single_column *self, const uint8_t *bytes, int64_t size, int64_t row,
                       const mill_row_errors *errors) {
  int64_t at = self->kind->is_utf8 ? mill_utf8_invalid_at(bytes, size) : -1;
  if (at < 0)
    return 1;
  char message[MILL_ERROR_MESSAGE_SIZE];
  snprintf(message, sizeof message, "field \"%.200s\": at byte %lld: 0x%02x is not UTF-8", self->name,
           (long long)at, bytes[at]);
  report(errors, row, message);
  return 0;
}

// Fills row `row`; 0 if it is null.
static int decode_row(const single_column *self, const mill_raw_batch *raw, int64_t row, mill_view *view,
                      const mill_row_errors *errors) {
  mill_span span = (self->part == MILL_PART_KEY ? raw->keys : raw->values)[row];
  if (span.length >= 0 && check_bytes(self, raw->data + span.offset, span.length, row, errors)) {
    column_block_view(view, raw->data, span);
    return 1;
  }
  if (span.length < 0 && !self->is_nullable)
    report_null(self, row, errors);
  memset(view, 0, sizeof *view);
  return !self->is_nullable;
}

int32_t single_column_decode(void *raw_self, const mill_raw_batch *raw, mill_batch *out,
                             const mill_row_errors *errors, mill_error *error) {
  single_column *self = raw_self;
  column_block *block = column_block_take(self->pool, raw->length);
  if (block == NULL)
    return mill_fail_memory(error, self->kind->id);
  int64_t null_count = 0;
  for (int64_t row = 0; row < raw->length; row++) {
    if (decode_row(self, raw, row, &block->views[row], errors))
      continue;
    block->validity[row >> 3] &= (uint8_t)~(1u << (row & 7));
    null_count++;
  }
  column_block_finish(block, raw, null_count, out);
  return MILL_OK;
}

int32_t single_column_bind_encode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  single_column *self = raw_self;
  return bind(self, schema, self->kind->encoded_formats, error);
}

int32_t single_column_encode(void *raw_self, const mill_batch *batch, mill_encoded *out,
                             const mill_row_errors *errors, mill_error *error) {
  single_column *self = raw_self;
  encoded *to = &self->encoded;
  int64_t rows = batch->columns.length;
  mill_column column = mill_column_open(batch, &self->column);
  if (!encoded_begin(to, rows))
    return encoded_fail(error);
  for (int64_t row = 0; row < rows; row++) {
    to->spans[row] = (mill_span){(int32_t)to->size, -1};
    if (mill_is_null(&column, row))
      continue;
    mill_text text = mill_text_at(&column, row);
    if (!check_bytes(self, (const uint8_t *)text.bytes, text.size, row, errors))
      continue;
    if (text.size > ENCODED_SIZE_MAX - to->size || !encoded_reserve(to, text.size))
      return encoded_fail(error);
    if (text.size > 0)
      memcpy(to->bytes + to->size, text.bytes, (size_t)text.size);
    to->spans[row].length = (int32_t)text.size;
    to->size += text.size;
  }
  encoded_finish(to, rows, out);
  return MILL_OK;
}

void single_column_destroy(void *raw_self) {
  single_column *self = raw_self;
  block_pool_close(self->pool);
  encoded_free(&self->encoded);
  free(self->name);
  free(self);
}
