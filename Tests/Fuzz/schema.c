/// The first byte of an input chooses the columns, from 'A' on; the second one is flags, FLAG_*, whose others
/// are free, so that it may be a letter. A schema's text follows, and behind a SEPARATOR each of up to three
/// that it refers to.
#include "schema.h"

#include "columns.h"

#include "../../plugins/common/base64.h"

// FLAG_BASE64: the first schema's text is the bytes in base64. FLAG_MESSAGE: the last piece is a message
// instead.
enum { FLAG_READ_BY = 1, FLAG_BASE64 = 2, FLAG_MESSAGE = 4, FLAG_KEYS = 8, FLAG_WRITE_BY_COLUMNS = 32 };

enum { REFERENCES_MAX = 3 };

// An input's schemas and messages.
typedef struct input {
  mill_schema *schema;
  mill_schema_reference references[REFERENCES_MAX];
  uint8_t *bytes;
  messages all;
} input;

static mill_schema *make_schema(unsigned flags, const uint8_t *bytes, int64_t size) {
  if ((flags & FLAG_BASE64) == 0)
    return schema_make(target.format, "id 1", bytes, size);
  uint8_t *text = get_memory((size_t)base64_size(size));
  base64_encode(bytes, size, text);
  mill_schema *schema = schema_make(target.format, "id 1", text, base64_size(size));
  free(text);
  return schema;
}

static void add_message(input *to, const uint8_t *bytes, int64_t size, int64_t *used) {
  if (to->all.count == MESSAGES_MAX)
    return;
  memcpy(to->bytes + *used, bytes, (size_t)size);
  to->all.spans[to->all.count] = (mill_span){(int32_t)*used, (int32_t)size};
  to->all.schemas[to->all.count++] = to->schema;
  *used += size;
}

static void take_messages(input *to, const uint8_t *last, int64_t last_size) {
  const uint8_t *at = (const uint8_t *)target.messages;
  int64_t left = target.messages_size, used = 0;
  to->bytes = get_memory((size_t)(left + (last_size < 0 ? 0 : last_size)));
  to->all = (messages){.bytes = to->bytes,
                       .spans = get_memory(MESSAGES_MAX * sizeof *to->all.spans),
                       .schemas = get_memory(MESSAGES_MAX * sizeof *to->all.schemas)};
  while (left >= 0) {
    const uint8_t *start = at;
    add_message(to, start, piece_cut(&at, &left), &used);
  }
  if (last_size >= 0)
    add_message(to, last, last_size, &used);
}

static void take(input *to, unsigned flags, const uint8_t *at, int64_t left) {
  const uint8_t *start = at, *last = NULL;
  int64_t size = piece_cut(&at, &left), last_size = -1;
  to->schema = make_schema(flags, start, size);
  to->schema->references = to->references;
  while (left >= 0 && to->schema->reference_count < REFERENCES_MAX) {
    int64_t index = to->schema->reference_count;
    start = at;
    size = piece_cut(&at, &left);
    if (left < 0 && (flags & FLAG_MESSAGE) != 0) {
      last = start;
      last_size = size;
      break;
    }
    to->references[index] =
        (mill_schema_reference){target.names[index], schema_make(target.format, "id 2", start, size)};
    to->schema->reference_count++;
  }
  take_messages(to, last, last_size);
}

static void give_back(input *from) {
  for (int64_t i = 0; i < from->schema->reference_count; i++)
    schema_free((mill_schema *)(uintptr_t)from->references[i].schema);
  schema_free(from->schema);
  free(from->bytes);
  free(from->all.spans);
  free(from->all.schemas);
}

static void set_columns(run *own, int index) {
  enum { COLUMNS_MAX = 16 };
  static struct ArrowSchema *made[COLUMNS_MAX][LAYOUTS];
  for (int i = 0; i < LAYOUTS; i++) {
    if (made[index][i] == NULL)
      made[index][i] = i == 0 ? columns_make(target.columns[index]) : relayout_schema(made[index][0], i == 2);
    own->columns[i] = made[index][i];
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const mill_serde_vtable *serde;
  if (size < 2)
    return 0;
  serde = serde == NULL ? serde_of_plugin() : serde;
  unsigned flags = data[1];
  input taken = {.schema = NULL};
  take(&taken, flags, data + 2, (int64_t)size - 2);
  round of = {.own = {.serde = serde,
                      .config = "{}",
                      .part = (flags & FLAG_KEYS) != 0 ? MILL_PART_KEY : MILL_PART_VALUE,
                      .to_read_by = (flags & FLAG_READ_BY) != 0 ? taken.schema : NULL,
                      .to_write_by = (flags & FLAG_WRITE_BY_COLUMNS) != 0 ? NULL : taken.schema}};
  set_columns(&of.own, (data[0] - 'A' + target.columns_count * 256) % target.columns_count);
  if (round_open(&of))
    round_messages(&of, &taken.all);
  round_close(&of);
  give_back(&taken);
  return 0;
}
