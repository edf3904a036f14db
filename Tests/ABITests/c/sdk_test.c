/// The C SDK's helpers, one by one. Compiled as C11 and as C++17.
#include "checks.h"
#include "millrace_sdk.h"

static mill_error error;

static void test_errors(void) {
  error.error_class = 0;
  CHECK(mill_fail(NULL, MILL_CLASS_ROW, 1, "%s", "nowhere") == MILL_FAILED);
  CHECK(mill_fail(&error, MILL_CLASS_ROW, 7, "row %d", 3) == MILL_FAILED);
  CHECK(error.code == 7 && error.error_class == MILL_CLASS_ROW && strcmp(error.message, "row 3") == 0);
  char text[1024];
  for (size_t i = 0; i + 1 < sizeof text; i += 2)
    memcpy(text + i, "\xC3\xA9", 2); // é: two bytes, so 511 would end inside one
  text[sizeof text - 2] = '\0';
  mill_fail_text(&error, MILL_CLASS_FATAL, 0, text);
  CHECK(strlen(error.message) == 510 && (unsigned char)error.message[509] == 0xA9);
}

static uint64_t counted;

static void *counting_allocate(uint64_t size, uint64_t alignment) {
  void *memory = aligned_alloc((size_t)alignment, (size_t)((size + alignment - 1) / alignment * alignment));
  counted += memory == NULL ? 0 : size;
  return memory;
}
static void counting_release(void *memory, uint64_t size) {
  counted -= memory == NULL ? 0 : size;
  free(memory);
}
static void counting_charge(uint64_t bytes) { counted += bytes; }
static void counting_discharge(uint64_t bytes) { counted -= bytes; }

static const mill_memory counting = {
    sizeof(mill_memory), 0, counting_allocate, counting_release, counting_charge, counting_discharge};
static const mill_memory too_old = {sizeof(mill_memory) - 1, 0, NULL, NULL, NULL, NULL};
static const mill_memory *offered;

static const void *memory_extension(const mill_host *host, const char *id) {
  (void)host;
  return strcmp(id, MILL_MEMORY) == 0 ? offered : NULL;
}

static void test_memory(void) {
  const mill_host host = {sizeof(mill_host), MILL_ABI_MINOR, "0.0.0", memory_extension};
  CHECK(mill_memory_of(NULL) == NULL && mill_memory_of(&host) == NULL);
  offered = &too_old;
  CHECK(mill_memory_of(&host) == NULL);
  offered = &counting;
  const mill_memory *memory = mill_memory_of(&host);
  CHECK(memory == &counting);
  const mill_memory *both[] = {NULL, memory};
  for (int i = 0; i < 2; i++) {
    void *block = mill_allocate(both[i], 100, 64);
    CHECK(block != NULL && (uintptr_t)block % 64 == 0 && counted == (i == 0 ? 0u : 100u));
    memset(block, 1, 100);
    mill_release(both[i], block, 100);
    mill_release(both[i], NULL, 100);
    CHECK(counted == 0);
  }
  CHECK(mill_allocate(NULL, SIZE_MAX, 64) == NULL);
  size_t own = 0;
  mill_recount(NULL, &own, 50);
  CHECK(own == 50 && counted == 0);
  own = 0;
  mill_recount(memory, &own, 50);
  mill_recount(memory, &own, 20);
  CHECK(own == 20 && counted == 20);
  mill_recount(memory, &own, 0);
  CHECK(counted == 0);
}

static void test_counted_batches(void) {
  const mill_field fields[] = {{"n", "l", 0}, {"s", "vu", ARROW_FLAG_NULLABLE}, {"b", "b", 0}};
  mill_builder builder;
  CHECK(mill_builder_init(&builder, fields, 3, &error) == MILL_OK);
  CHECK(builder.memory == NULL);
  builder.memory = &counting;
  char text[1000];
  memset(text, 'x', sizeof text);
  for (int i = 0; i < 100; i++) {
    mill_builder_add_row(&builder, i);
    mill_put_int64(&builder, 0, i);
    mill_put_text(&builder, 1, text, sizeof text);
  }
  CHECK(counted == 0);
  mill_batch batch;
  CHECK(mill_builder_finish(&builder, &batch, &error) == MILL_OK);
  CHECK(counted >= 100 * (8 + 8 + 16 + sizeof text) && counted <= 300 * (8 + 8 + 16 + 2 + sizeof text));
  mill_builder_free(&builder);
  CHECK(counted > 0);
  batch.release(&batch);
  CHECK(counted == 0);
}

static void test_json(void) {
  const char *json = " { \"skip\" : {\"late\": [1, \"}\", {}]}, \"late\":30 , \"ratio\": -2.5e1,\"on\":true,"
                     "\"name\":\"a\\\"b\\u00e9\\ud83d\\ude00\\n\", \"big\": 99999999999999999999, \"f\": 1.5 }";
  int64_t integer = -1;
  CHECK(mill_json_integer(json, "late", 0, 100, &integer, &error) == MILL_OK && integer == 30);
  integer = 15;
  CHECK(mill_json_integer(json, "absent", 0, 100, &integer, &error) == MILL_OK && integer == 15);
  CHECK(mill_json_integer(json, "late", 0, 29, &integer, &error) == MILL_FAILED);
  CHECK(strstr(error.message, "\"late\" must be an integer from 0 to 29") != NULL);
  CHECK(mill_json_integer(json, "big", INT64_MIN, INT64_MAX, &integer, &error) == MILL_FAILED);
  CHECK(mill_json_integer(json, "f", 0, 9, &integer, &error) == MILL_FAILED);
  CHECK(mill_json_integer(json, "name", 0, 9, &integer, &error) == MILL_FAILED);
  double number = 0;
  CHECK(mill_json_number(json, "ratio", &number, &error) == MILL_OK && number == -25);
  CHECK(mill_json_number(json, "on", &number, &error) == MILL_FAILED);
  int on = 0;
  CHECK(mill_json_bool(json, "on", &on, &error) == MILL_OK && on == 1);
  CHECK(mill_json_bool(json, "late", &on, &error) == MILL_FAILED);
  char text[16] = "default";
  CHECK(mill_json_string(json, "absent", text, sizeof text, &error) == MILL_OK && !strcmp(text, "default"));
  CHECK(mill_json_string(json, "name", text, sizeof text, &error) == MILL_OK);
  CHECK(strcmp(text, "a\"b\xC3\xA9\xF0\x9F\x98\x80\n") == 0);
  CHECK(mill_json_string(json, "name", text, 5, &error) == MILL_FAILED);
  CHECK(mill_json_string(json, "late", text, sizeof text, &error) == MILL_FAILED);
  const char *broken[] = {
      "", "{", "{\"a", "{\"late\"", "{\"late\":", "{\"a\":[1", "[]", "{\"a\\", "{\"a\":\"\\", "{\"a\":}"};
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    integer = 15;
    mill_json_integer(broken[i], "late", 0, 100, &integer, &error);
    CHECK(integer == 15);
  }
}

MILL_STATIC_STRUCT(pair_schema, MILL_STATIC_FIELD("a", "l"), MILL_STATIC_FIELD("b", "i"));

static void test_schemas(void) {
  CHECK(pair_schema.n_children == 2 && pair_schema.release == NULL);
  CHECK(strcmp(pair_schema.children[1]->name, "b") == 0 && strcmp(pair_schema.children[1]->format, "i") == 0);
  const mill_field fields[] = {{"id", "l", 0}, {"name", "vu", ARROW_FLAG_NULLABLE}};
  struct ArrowSchema schema, moved;
  CHECK(mill_schema_make(&schema, fields, 2, &error) == MILL_OK);
  CHECK(strcmp(schema.format, "+s") == 0 && schema.children[1]->flags == ARROW_FLAG_NULLABLE);
  CHECK(mill_schema_find(&schema, "name") == 1 && mill_schema_find(&schema, "nam") == -1);
  mill_column_ref ref;
  CHECK(mill_column_find(&schema, "name", MILL_FORMATS_UTF8, &ref, &error) == MILL_OK);
  CHECK(ref.index == 1 && ref.layout == MILL_LAYOUT_VIEWS);
  CHECK(mill_column_find(&schema, "other", "l", &ref, &error) == MILL_FAILED);
  CHECK(mill_column_find(&schema, "id", "i|g", &ref, &error) == MILL_FAILED);
  CHECK(strstr(error.message, "\"l\", expected i|g") != NULL);
  moved = *schema.children[0]; // a child may be moved out and outlive its parent
  schema.children[0]->release = NULL;
  schema.release(&schema);
  CHECK(schema.release == NULL && strcmp(moved.name, "id") == 0);
  moved.release(&moved);
  CHECK(mill_schema_make(&schema, NULL, 0, &error) == MILL_OK && schema.n_children == 0);
  schema.release(&schema);
}

static const mill_field row_fields[] = {{"i", "i", 0}, {"l", "l", 0},  {"g", "g", 0},
                                        {"b", "b", 0}, {"u", "vu", 0}, {"n", "vu", ARROW_FLAG_NULLABLE}};

static void put_rows(mill_builder *builder, int32_t rows) {
  char text[64];
  for (int32_t i = 0; i < rows; i++) {
    mill_builder_add_row(builder, i * 10);
    mill_put_int32(builder, 0, i);
    mill_put_int64(builder, 1, -(int64_t)i);
    mill_put_float64(builder, 2, i / 2.0);
    mill_put_bool(builder, 3, i % 3 == 0);
    mill_put_text(builder, 4, text, snprintf(text, sizeof text, i % 2 ? "%d" : "a longer text, number %d", i));
    if (i % 5 == 2)
      mill_put_null(builder, 5);
    else
      mill_put_text(builder, 5, "twelve bytes", 12);
  }
}

static int rows_are_right(const mill_batch *batch, int32_t rows) {
  mill_column columns[6];
  char text[64];
  int right = batch->columns.length == rows;
  for (int64_t i = 0; i < 6; i++) {
    mill_column_ref ref = {i, mill_layout_of(row_fields[i].format)};
    columns[i] = mill_column_open(batch, &ref);
  }
  for (int32_t i = 0; i < rows; i++) {
    int size = snprintf(text, sizeof text, i % 2 ? "%d" : "a longer text, number %d", i);
    mill_text u = mill_text_at(&columns[4], i), n = mill_text_at(&columns[5], i);
    right = right && mill_int32(&columns[0], i) == i && mill_int64(&columns[1], i) == -i &&
            mill_float64(&columns[2], i) == i / 2.0 && mill_bool(&columns[3], i) == (i % 3 == 0) &&
            u.size == size && memcmp(u.bytes, text, (size_t)size) == 0 &&
            mill_is_null(&columns[5], i) == (i % 5 == 2) && batch->event_time_us[i] == i * 10 &&
            (mill_is_null(&columns[5], i) ? n.size == 0 : memcmp(n.bytes, "twelve bytes", 12) == 0);
  }
  return right;
}

static void test_builder(void) {
  mill_builder builder;
  CHECK(mill_builder_init(&builder, row_fields, 6, &error) == MILL_OK);
  for (int32_t rows = 0; rows <= 1000; rows += 250) {
    mill_batch batch;
    put_rows(&builder, rows);
    CHECK(mill_builder_finish(&builder, &batch, &error) == MILL_OK);
    CHECK(rows_are_right(&batch, rows));
    CHECK(batch.columns.children[5]->null_count == rows / 5 && builder.length == 0);
    batch.release(&batch);
    CHECK(batch.release == NULL && batch.columns.release == NULL);
  }
  put_rows(&builder, 3); // freed without being finished
  mill_builder_free(&builder);
  const mill_field nested = {"x", "+l", 0};
  CHECK(mill_builder_init(&builder, &nested, 1, &error) == MILL_FAILED);
}

static void test_offsets(void) {
  const int32_t offsets[] = {0, 1, 3, 3, 6};
  const int64_t wide[] = {0, 1, 3, 3, 6};
  const uint8_t validity[] = {0x0B}; // the third is null
  const void *buffers[] = {validity, offsets, "abbccc"};
  struct ArrowArray child, *children = &child;
  memset(&child, 0, sizeof child);
  child.length = 3;
  child.offset = 1;
  child.null_count = -1;
  child.n_buffers = 3;
  child.buffers = buffers;
  mill_batch batch;
  memset(&batch, 0, sizeof batch);
  batch.columns.children = &children;
  mill_column_ref ref = {0, MILL_LAYOUT_OFFSETS_32};
  for (int pass = 0; pass < 2; pass++) {
    mill_column column = mill_column_open(&batch, &ref);
    mill_text first = mill_text_at(&column, 0), last = mill_text_at(&column, 2);
    CHECK(first.size == 2 && memcmp(first.bytes, "bb", 2) == 0);
    CHECK(last.size == 3 && memcmp(last.bytes, "ccc", 3) == 0);
    CHECK(!mill_is_null(&column, 0) && mill_is_null(&column, 1) && !mill_is_null(&column, 2));
    buffers[1] = wide;
    ref.layout = MILL_LAYOUT_OFFSETS_64;
  }
}

/// A map of big-endian numbers 0, 1, 2, …, as many as `slot` says; to every state.
static uint64_t map_range(mill_state *state, uint32_t slot, const uint8_t *from, uint64_t from_size,
                          const uint8_t *to, uint64_t to_size, mill_map_entry *entries, uint64_t capacity) {
  static uint8_t keys[256];
  uint64_t count = 0;
  (void)state, (void)from_size, (void)to_size;
  for (uint32_t i = from == NULL ? 0 : *from; i < slot && (to == NULL || i < *to) && count < capacity; i++) {
    keys[i] = (uint8_t)i;
    entries[count].struct_size = entries[0].struct_size;
    entries[count].key = entries[count].value = &keys[i];
    entries[count].key_size = entries[count].value_size = 1;
    count++;
  }
  return entries[0].struct_size == sizeof(mill_map_entry) ? count : 0;
}

static void test_map_cursor(void) {
  mill_keyed_state keyed_state;
  memset(&keyed_state, 0, sizeof keyed_state);
  keyed_state.struct_size = sizeof keyed_state;
  keyed_state.map_range = map_range;
  mill_map_cursor cursor;
  const uint8_t from = 3, to = 90;
  for (uint32_t count = 0; count < 140; count++) {
    CHECK(mill_map_cursor_open(&cursor, &keyed_state, NULL, count, NULL, 0, NULL, 0, &error) == MILL_OK);
    uint32_t found = 0;
    for (const mill_map_entry *entry; (entry = mill_map_cursor_next(&cursor)) != NULL; found++)
      if (entry->key[0] != found)
        break;
    CHECK(found == count && mill_map_cursor_next(&cursor) == NULL);
    CHECK(mill_map_cursor_open(&cursor, &keyed_state, NULL, count, &from, 1, &to, 1, &error) == MILL_OK);
    for (found = 3; mill_map_cursor_next(&cursor) != NULL; found++)
      ;
    CHECK(found == (count < 3 ? 3 : count > 90 ? 90 : count));
  }
  keyed_state.struct_size = (uint32_t)offsetof(mill_keyed_state, map_range);
  CHECK(mill_map_cursor_open(&cursor, &keyed_state, NULL, 9, NULL, 0, NULL, 0, &error) == MILL_FAILED);
  CHECK(strstr(error.message, "ABI 1.1") != NULL && mill_map_cursor_next(&cursor) == NULL);
}

int main(void) {
  test_errors();
  test_memory();
  test_counted_batches();
  test_map_cursor();
  test_json();
  test_schemas();
  test_builder();
  test_offsets();
  return checks_end();
}
