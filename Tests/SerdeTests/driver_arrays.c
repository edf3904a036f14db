#include "driver.h"

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 unsigned_wide;

int64_t width_of(const char *format) {
  static const char formats[] = "cCsSiIlLfg", widths[] = "1122448848";
  const char *at = format[1] == '\0' ? strchr(formats, format[0]) : NULL;
  if (at != NULL)
    return widths[at - formats] - '0';
  if (mill_format_is(format, "tdD|tts|ttm"))
    return 4;
  return format[0] == 't' ? 8 : format[0] == 'd' || format[0] == 'v' ? 16 : 0;
}

static void print_hex(const void *bytes, int64_t size) {
  putchar('x');
  for (int64_t i = 0; i < size; i++)
    printf("%02x", ((const uint8_t *)bytes)[i]);
}

static void print_wide(wide value) {
  char text[48], *at = text + sizeof text - 1;
  unsigned_wide magnitude = value < 0 ? -(unsigned_wide)value : (unsigned_wide)value;
  *at = '\0';
  do
    *--at = (char)('0' + (int)(magnitude % 10));
  while ((magnitude /= 10) != 0);
  printf("%s%s", value < 0 ? "-" : "", at);
}

static void dump_number(const char *format, const void *values, int64_t at) {
  const char *bytes = values;
  uint64_t bits = 0;
  wide decimal;
  int64_t width = width_of(format);
  if (width == 16) {
    memcpy(&decimal, bytes + at * 16, 16);
    print_wide(decimal);
    return;
  }
  memcpy(&bits, bytes + at * width, (size_t)width);
  int64_t value = (int64_t)(bits << (64 - 8 * width)) >> (64 - 8 * width);
  if (strchr("CSILfg", format[0]) != NULL)
    printf("%s%llu", strchr("fg", format[0]) != NULL ? "f" : "", (unsigned long long)bits);
  else
    printf("%lld", (long long)value);
}

static void dump_items(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t at) {
  const int32_t *offsets = (const int32_t *)array->buffers[1] + at;
  putchar('[');
  for (int32_t i = offsets[0]; i < offsets[1]; i++) {
    if (i > offsets[0])
      putchar(',');
    dump_value(schema->children[0], array->children[0], i);
  }
  putchar(']');
}

void dump_value(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row) {
  mill_column column = {.validity = array->null_count == 0 ? NULL : array->buffers[0],
                        .values = array->n_buffers > 1 ? array->buffers[1] : NULL,
                        .data = array->n_buffers > 2 ? array->buffers + 2 : NULL,
                        .offset = array->offset,
                        .layout = mill_layout_of(schema->format)};
  if (row >= array->length)
    die("dump", "an array is too short");
  if (mill_is_null(&column, row)) {
    printf("null");
  } else if (strcmp(schema->format, "+s") == 0) {
    putchar('{');
    for (int64_t i = 0; i < schema->n_children; i++) {
      printf("%s", i > 0 ? "," : "");
      dump_value(schema->children[i], array->children[i], row);
    }
    putchar('}');
  } else if (schema->format[0] == '+') {
    dump_items(schema, array, row);
  } else if (strcmp(schema->format, "b") == 0) {
    printf(mill_bool(&column, row) ? "true" : "false");
  } else if (schema->format[0] == 'v') {
    mill_text text = mill_text_at(&column, row);
    print_hex(text.bytes, text.size);
  } else {
    dump_number(schema->format, column.values, row);
  }
}

typedef struct arena_node {
  struct arena_node *next;
  max_align_t bytes[];
} arena_node;
static arena_node *arena;

static void *arena_memory(size_t size) {
  arena_node *node = get_memory(sizeof *node + size);
  node->next = arena;
  arena = node;
  return node->bytes;
}

void relayouts_free(void) {
  while (arena != NULL) {
    arena_node *node = arena;
    arena = node->next;
    free(node);
  }
}

// Slots that copies have in front.
enum { JUNK = 3 };

struct ArrowSchema *relayout_schema(const struct ArrowSchema *schema, int is_large) {
  struct ArrowSchema *copy = get_memory(sizeof *copy);
  *copy = *schema;
  copy->children = get_memory((size_t)schema->n_children * sizeof *copy->children);
  for (int64_t i = 0; i < schema->n_children; i++)
    copy->children[i] = relayout_schema(schema->children[i], is_large);
  if (strcmp(schema->format, "vu") == 0)
    copy->format = is_large ? "U" : "u";
  if (strcmp(schema->format, "vz") == 0)
    copy->format = is_large ? "Z" : "z";
  return copy;
}

static void set_bit(uint8_t *bits, int64_t at, int bit) {
  bits[at >> 3] = (uint8_t)((bits[at >> 3] & ~(1u << (at & 7))) | (unsigned)bit << (at & 7));
}

static void relayout_text(const struct ArrowArray *from, struct ArrowArray *to, const void **buffers,
                          int is_large, int64_t skip) {
  mill_column column = {.values = from->buffers[1], .data = from->buffers + 2, .layout = MILL_LAYOUT_VIEWS};
  int64_t size = 0, used = 0;
  for (int64_t i = 0; i < from->length; i++)
    size += mill_text_at(&column, i).size;
  char *data = arena_memory((size_t)size);
  int64_t *large = arena_memory((size_t)(skip + from->length + 1) * 8);
  int32_t *small = (int32_t *)large;
  for (int64_t i = 0; i < from->length; i++) {
    mill_text text = mill_text_at(&column, i);
    if (text.size > 0)
      memcpy(data + used, text.bytes, (size_t)text.size);
    used += text.size;
    if (is_large)
      large[skip + i + 1] = used;
    else
      small[skip + i + 1] = (int32_t)used;
  }
  buffers[1] = large;
  buffers[2] = data;
  to->n_buffers = 3;
}

static void relayout_children(const struct ArrowSchema *schema, const struct ArrowArray *from,
                              struct ArrowArray *to, int is_large, int64_t lead) {
  to->n_children = schema->n_children;
  to->children = arena_memory((size_t)schema->n_children * sizeof *to->children);
  for (int64_t i = 0; i < schema->n_children; i++)
    to->children[i] = relayout(schema->children[i], from->children[i], is_large, lead);
}

static void relayout_validity(const struct ArrowArray *from, struct ArrowArray *to, const void **buffers,
                              int64_t skip) {
  to->null_count = from->null_count == 0 ? 0 : -1;
  if (from->null_count == 0)
    return;
  uint8_t *bits = arena_memory((size_t)(skip + from->length) / 8 + 1);
  for (int64_t i = 0; i < from->length; i++)
    set_bit(bits, skip + i, mill_bit(from->buffers[0], i));
  buffers[0] = bits;
}

struct ArrowArray *relayout(const struct ArrowSchema *schema, const struct ArrowArray *from, int is_large,
                            int64_t lead) {
  struct ArrowArray *to = arena_memory(sizeof *to);
  const void **buffers = arena_memory(4 * sizeof *buffers);
  const char *format = schema->format;
  int64_t skip = JUNK + lead, total = skip + from->length, width = width_of(format);
  *to = (struct ArrowArray){.length = lead + from->length, .offset = JUNK, .n_buffers = 2, .buffers = buffers};
  relayout_validity(from, to, buffers, skip);
  if (strcmp(format, "+s") == 0) {
    to->n_buffers = 1;
    relayout_children(schema, from, to, is_large, skip);
  } else if (format[0] == '+') {
    int32_t *offsets = arena_memory((size_t)(total + 1) * 4);
    memcpy(offsets + skip, from->buffers[1], (size_t)(from->length + 1) * 4);
    buffers[1] = offsets;
    relayout_children(schema, from, to, is_large, 0);
  } else if (format[0] == 'v') {
    relayout_text(from, to, buffers, is_large, skip);
  } else if (strcmp(format, "b") == 0) {
    uint8_t *bits = arena_memory((size_t)total / 8 + 1);
    for (int64_t i = 0; i < from->length; i++)
      set_bit(bits, skip + i, mill_bit(from->buffers[1], i));
    buffers[1] = bits;
  } else {
    uint8_t *values = arena_memory((size_t)(total * width));
    memset(values, 0x5A, (size_t)(skip * width));
    memcpy(values + skip * width, from->buffers[1], (size_t)(from->length * width));
    buffers[1] = values;
  }
  return to;
}

static void release_nothing(mill_batch *batch) { batch->release = NULL; }

// A view of a message.
static mill_view view_of(const messages *from, int64_t index) {
  mill_span span = from->spans[index];
  const uint8_t *bytes = from->bytes + span.offset;
  mill_view view = {.size = span.length};
  if (span.length <= MILL_VIEW_INLINE) {
    memcpy(view.as.inlined, bytes, (size_t)span.length);
    return view;
  }
  memcpy(view.as.ref.prefix, bytes, sizeof view.as.ref.prefix);
  view.as.ref.offset = span.offset;
  return view;
}

mill_batch batch_of_values(const struct ArrowSchema *schema, const messages *from) {
  struct ArrowArray *array = get_memory(sizeof *array);
  const void **buffers = get_memory(4 * sizeof *buffers);
  const char *format = schema->children[0]->format;
  size_t width = (size_t)width_of(format);
  char *values = get_memory((size_t)from->count * width);
  for (int64_t i = 0; i < from->count; i++) {
    mill_view view = view_of(from, i);
    const void *value = format[0] == 'v' ? (const void *)&view : from->bytes + from->spans[i].offset;
    memcpy(values + (size_t)i * width, value, format[0] == 'v' ? sizeof view : (size_t)from->spans[i].length);
  }
  buffers[1] = values;
  buffers[2] = from->bytes;
  *array =
      (struct ArrowArray){.length = from->count, .n_buffers = format[0] == 'v' ? 3 : 2, .buffers = buffers};
  struct ArrowArray **children = get_memory(sizeof *children);
  children[0] = array;
  return (mill_batch){.struct_size = sizeof(mill_batch),
                      .columns = {.length = from->count,
                                  .n_buffers = 1,
                                  .buffers = get_memory(sizeof(void *)),
                                  .n_children = 1,
                                  .children = children},
                      .release = release_nothing};
}
