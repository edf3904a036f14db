/// Readers and writers of a serde, as the host has them.
#include "driver.h"

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

void forget(collected *all) {
  for (int64_t i = 0; i < all->count; i++)
    free(all->rows[i].message);
  free(all->rows);
  *all = (collected){.count = 0};
}

// An instance that works by `schema`, which may be NULL, and is bound to columns.
static void *make(const run *own, const mill_schema *schema,
                  int32_t (*binder)(void *, const struct ArrowSchema *, mill_error *),
                  const struct ArrowSchema *columns, mill_error *error) {
  void *self = NULL;
  *error = (mill_error){.struct_size = sizeof *error};
  if (own->serde->create(own->host, own->config, own->part, &self, error) != MILL_OK)
    return NULL;
  if (schema != NULL && own->serde->use_schema == NULL)
    die("use_schema", "the serde uses no schemas");
  if ((schema == NULL || own->serde->use_schema(self, schema, error) == MILL_OK) &&
      binder(self, columns, error) == MILL_OK)
    return self;
  own->serde->destroy(self);
  return NULL;
}

int reader_start(run *own, mill_error *error) {
  own->reader = make(own, own->to_read_by, own->serde->bind_decode, own->columns[0], error);
  return own->reader != NULL;
}

void writers_lead(const run *own, const uint8_t *bytes, int64_t size) {
  mill_error error = {.struct_size = sizeof error};
  uint8_t *copy = get_memory((size_t)size);
  if (size > 0)
    memcpy(copy, bytes, (size_t)size);
  for (int i = 0; i < own->writer_count; i++)
    if (own->serde->set_lead(own->writers[i].self, copy, size, &error) != MILL_OK)
      die("set_lead", error.message);
  memset(copy, 0xEE, (size_t)size); // it has to be copied
  free(copy);
}

int writers_start(run *own, int count, mill_error *error) {
  for (own->writer_count = 0; own->writer_count < count; own->writer_count++) {
    writer *one = &own->writers[own->writer_count];
    one->self = make(own, own->to_write_by, own->serde->bind_encode, own->columns[own->writer_count], error);
    if (one->self == NULL && own->writer_count > 0)
      die("bind_encode", "another layout is refused");
    if (one->self == NULL)
      return 0;
  }
  return 1;
}

void reader_end(run *own) {
  if (own->reader != NULL)
    own->serde->destroy(own->reader);
  own->reader = NULL;
}

void writers_end(run *own) {
  for (int i = 0; i < own->writer_count; i++)
    own->serde->destroy(own->writers[i].self);
  own->writer_count = 0;
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

mill_batch decode(run *own, const mill_raw_batch *raw, collected *bad) {
  mill_error error = {.struct_size = sizeof error};
  mill_row_errors errors = collector(bad, raw->length);
  mill_batch batch;
  memset(&batch, 0, sizeof batch);
  if (own->serde->decode(own->reader, raw, &batch, &errors, &error) != MILL_OK)
    die("decode", error.message);
  check_shape(own->columns[0], &batch.columns, raw->length);
  return batch;
}

void encode(const run *own, writer *to, const mill_batch *batch) {
  mill_error error = {.struct_size = sizeof error};
  mill_row_errors errors = collector(&to->errors, batch->columns.length);
  to->encoded.struct_size = sizeof to->encoded;
  if (own->serde->encode(to->self, batch, &to->encoded, &errors, &error) != MILL_OK)
    die("encode", error.message);
  if (to->encoded.length != batch->columns.length)
    die("encode", "gave another number of rows");
  for (int64_t i = 0; i < to->encoded.length; i++)
    if (to->errors.rows[i].message != NULL && to->encoded.spans[i].length != -1)
      die("encode", "a bad row has bytes");
}

static void compare(const writer *one, const writer *other) {
  for (int64_t i = 0; i < one->encoded.length; i++) {
    mill_span a = one->encoded.spans[i], b = other->encoded.spans[i];
    if (a.length != b.length || (a.length > 0 && memcmp(one->encoded.data + a.offset,
                                                        other->encoded.data + b.offset, (size_t)a.length) != 0))
      die("encode", "another layout gave other bytes");
  }
}

void encode_layouts(run *own, const mill_batch *batch) {
  for (int i = 0; i < own->writer_count; i++) {
    mill_batch copy = *batch;
    if (i > 0) {
      struct ArrowArray *columns = relayout(own->columns[0], &batch->columns, i == 2, 0);
      // A batch's own offset is 0; its columns' are not.
      columns->length = batch->columns.length;
      for (int64_t c = 0; c < columns->n_children; c++) {
        columns->children[c]->offset += columns->offset;
        columns->children[c]->length -= columns->offset;
      }
      columns->offset = 0;
      copy.columns = *columns;
    }
    encode(own, &own->writers[i], &copy);
    if (i > 0)
      compare(&own->writers[0], &own->writers[i]);
  }
}

void writers_forget(run *own) {
  for (int i = 0; i < own->writer_count; i++)
    forget(&own->writers[i].errors);
  relayouts_free();
}
