/// The first byte of an input chooses the case, from 'A' on; the second one is flags, FLAG_*, whose others are
/// free, so that it may be a letter. Messages follow, with SEPARATOR between.
#include "decode.h"

#include "columns.h"

// Which of the written schemas the first message has, one more meaning none; the next have it or the ones
// behind it.
enum { FLAG_FIRST = 3, FLAG_IN_TURN = 4, FLAG_KEYS = 8, FLAG_NULL_FIRST = 16, FLAG_WRITE_BY_COLUMNS = 32 };

// What is made of a case once: it costs more than most inputs do. Instances, by FLAG_KEYS and
// FLAG_WRITE_BY_COLUMNS, live on as they do in the engine.
typedef struct made_case {
  struct ArrowSchema *columns[LAYOUTS];
  mill_schema *written[WRITTEN_MAX + 1]; // NULL behind the last
  int written_count;
  mill_schema *read; // NULL: none
  round rounds[2][2];
} made_case;

static mill_schema *make_schema(const char *name, const char *text) {
  if (text == NULL)
    return NULL;
  mill_schema *schema = schema_make(cases.format, name, (const uint8_t *)text, (int64_t)strlen(text));
  for (char *at = (char *)(uintptr_t)schema->text; *at != '\0'; at++)
    *at = *at == '\'' ? '"' : *at;
  return schema;
}

static void make_case(const decode_case *from, made_case *out) {
  static const char *const names[] = {"id 1", "id 2", "id 3", "id 4"};
  out->columns[0] = columns_make(from->columns);
  for (int i = 1; i < LAYOUTS; i++)
    out->columns[i] = relayout_schema(out->columns[0], i == 2);
  while (out->written_count < WRITTEN_MAX && from->written[out->written_count] != NULL) {
    out->written[out->written_count] =
        make_schema(names[out->written_count], from->written[out->written_count]);
    out->written_count++;
  }
  out->read = make_schema("the topic's", from->read != NULL ? from->read : from->written[0]);
}

enum { CASES_MAX = 32 };

static made_case made[CASES_MAX];

static void close_all(void) {
  for (int i = 0; i < CASES_MAX * 4; i++)
    round_close(&made[i / 4].rounds[i / 2 % 2][i % 2]);
}

static made_case *case_of(int index) {
  if (made[index].columns[0] == NULL)
    make_case(&cases.all[index], &made[index]);
  return &made[index];
}

static messages take_messages(const made_case *of, unsigned flags, const uint8_t *bytes, int64_t size) {
  messages all = {.bytes = (uint8_t *)(uintptr_t)bytes};
  const uint8_t *at = bytes;
  int count = of->written_count + 1, schema = (int)(flags & FLAG_FIRST) % count;
  all.spans = get_memory(MESSAGES_MAX * sizeof *all.spans);
  if (count > 1)
    all.schemas = get_memory(MESSAGES_MAX * sizeof *all.schemas);
  if ((flags & FLAG_NULL_FIRST) != 0)
    all.spans[all.count++] = (mill_span){0, -1}; // a null message has no schema
  while (size >= 0 && all.count < MESSAGES_MAX) {
    int32_t offset = (int32_t)(at - bytes);
    if (count > 1)
      all.schemas[all.count] = of->written[schema];
    all.spans[all.count++] = (mill_span){offset, (int32_t)piece_cut(&at, &size)};
    if ((flags & FLAG_IN_TURN) != 0)
      schema = (schema + 1) % count;
  }
  return all;
}

static round *round_of(int index, unsigned flags) {
  static const mill_serde_vtable *serde;
  if (serde == NULL) {
    serde = serde_of_plugin();
    atexit(close_all);
  }
  const decode_case *from = &cases.all[index];
  made_case *of = case_of(index);
  int is_of_keys = (flags & FLAG_KEYS) != 0, is_by_columns = (flags & FLAG_WRITE_BY_COLUMNS) != 0;
  round *own = &of->rounds[is_of_keys][is_by_columns];
  if (own->own.serde != NULL)
    return own;
  own->own = (run){.serde = serde,
                   .config = from->config == NULL ? "{}" : from->config,
                   .part = is_of_keys ? MILL_PART_KEY : MILL_PART_VALUE,
                   .columns = {of->columns[0], of->columns[1], of->columns[2]},
                   .to_read_by = from->read == NULL ? NULL : of->read,
                   .to_write_by = is_by_columns ? NULL : of->read};
  if (!round_open(own))
    die("case", from->columns);
  return own;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2)
    return 0;
  int index = (data[0] - 'A' + cases.count * 256) % cases.count;
  messages all = take_messages(case_of(index), data[1], data + 2, (int64_t)size - 2);
  round_messages(round_of(index, data[1]), &all);
  free(all.spans);
  free(all.schemas);
  return 0;
}
