#include "driver.h"

void die(const char *what, const char *detail) {
  fprintf(stderr, "driver: %s: %s\n", what, detail);
  exit(1);
}

void *get_memory(size_t size) {
  void *memory = calloc(1, size == 0 ? 1 : size);
  if (memory == NULL)
    die("memory", "none left");
  return memory;
}

static char *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    die("can't open", path);
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  char *bytes = get_memory(*size + 1);
  if (fread(bytes, 1, *size, file) != *size)
    die("can't read", path);
  fclose(file);
  return bytes;
}

static struct ArrowSchema *read_node(char **at) {
  struct ArrowSchema *schema = get_memory(sizeof *schema);
  char *line = *at, *end = strchr(line, '\n');
  if (end == NULL)
    die("schema", "too few lines");
  *end = '\0';
  *at = end + 1;
  schema->n_children = strtol(line, &line, 10);
  schema->flags = strtol(line, &line, 10);
  char *format = line + 1, *tab = strchr(format, '\t');
  *tab = '\0';
  schema->format = format;
  schema->name = tab + 1;
  schema->children = get_memory((size_t)schema->n_children * sizeof *schema->children);
  for (int64_t i = 0; i < schema->n_children; i++)
    schema->children[i] = read_node(at);
  return schema;
}

struct ArrowSchema *schema_read(const char *path) {
  size_t size;
  static char *text; // names and formats point into it
  char *at = text = read_file(path, &size);
  return read_node(&at);
}

static mill_schema *schemas[1000]; // they point into each other, so that they count as reachable
static int64_t schema_count;

const mill_schema *schema_numbered(int64_t number) {
  if (number < 0 || number > schema_count)
    die("schema", "there is none of this number");
  return number == 0 ? NULL : schemas[number - 1];
}

static char *up_to(char **at, const char *ends) {
  char *start = *at, *end = start + strcspn(start, ends);
  *at = *end == '\0' ? end : end + 1;
  *end = '\0';
  return start;
}

static mill_schema_reference *read_references(char *text, int64_t *count) {
  mill_schema_reference *all = get_memory(100 * sizeof *all);
  for (*count = 0; *text != '\0'; (*count)++) {
    all[*count].name = up_to(&text, "=");
    all[*count].schema = schema_numbered(atoll(up_to(&text, " ")));
  }
  return all;
}

void schemas_read(const char *path) {
  size_t size;
  static char *text; // names point into it
  char *at = text = read_file(path, &size);
  while (*at != '\0') {
    char *line = up_to(&at, "\n");
    mill_schema *own = get_memory(sizeof *own);
    own->struct_size = sizeof *own;
    own->format = (uint32_t)atoi(up_to(&line, "\t"));
    own->name = up_to(&line, "\t");
    own->text = read_file(up_to(&line, "\t"), &size);
    own->text_size = (int64_t)size;
    own->references = read_references(line, &own->reference_count);
    schemas[schema_count] = own;
    own->number = (uint64_t)++schema_count;
  }
}

static int32_t read_int32(const uint8_t *bytes, size_t *at) {
  int32_t number;
  memcpy(&number, bytes + *at, 4);
  *at += 4;
  return number;
}

messages messages_read(const char *path, int have_schemas) {
  size_t size;
  int is_said = 0;
  messages all = {(uint8_t *)read_file(path, &size), NULL, NULL, 0};
  all.spans = get_memory((size / 4 + 1) * sizeof *all.spans);
  if (have_schemas)
    all.schemas = get_memory((size / 4 + 1) * sizeof *all.schemas);
  for (size_t at = 0; at + 4 <= size;) {
    if (have_schemas) {
      all.schemas[all.count] = schema_numbered(read_int32(all.bytes, &at));
      is_said |= all.schemas[all.count] != NULL;
    }
    int32_t length = read_int32(all.bytes, &at);
    all.spans[all.count++] = (mill_span){(int32_t)at, length};
    at += length < 0 ? 0 : (size_t)length;
  }
  if (!is_said) {
    free(all.schemas);
    all.schemas = NULL;
  }
  return all;
}

int raw_alive;

static void raw_retain(const mill_raw_batch *raw) {
  __atomic_add_fetch((int *)raw->private_data, 1, __ATOMIC_SEQ_CST);
}

static void raw_release(const mill_raw_batch *raw) {
  if (__atomic_sub_fetch((int *)raw->private_data, 1, __ATOMIC_SEQ_CST) > 0)
    return;
  __atomic_sub_fetch(&raw_alive, 1, __ATOMIC_SEQ_CST);
  free((void *)(uintptr_t)raw->data);
  free((void *)(uintptr_t)raw->values);
  free((void *)(uintptr_t)raw->value_schemas);
  free(raw->private_data);
  free((void *)(uintptr_t)raw);
}

mill_raw_batch *raw_make(const messages *from, int64_t first, int64_t count) {
  int64_t size = 0;
  mill_span *spans = get_memory((size_t)count * sizeof *spans);
  for (int64_t i = 0; i < count; i++) {
    int32_t length = from->spans[first + i].length;
    spans[i] = (mill_span){length < 0 ? 0 : (int32_t)size, length};
    size += length < 0 ? 0 : length;
  }
  uint8_t *data = get_memory((size_t)size + 64);
  for (int64_t i = 0; i < count; i++)
    if (spans[i].length > 0)
      memcpy(data + spans[i].offset, from->bytes + from->spans[first + i].offset, (size_t)spans[i].length);
  mill_raw_batch *raw = get_memory(sizeof *raw);
  int *references = get_memory(sizeof *references);
  *references = 1;
  __atomic_add_fetch(&raw_alive, 1, __ATOMIC_SEQ_CST);
  *raw = (mill_raw_batch){.struct_size = sizeof *raw,
                          .topic = "test",
                          .length = count,
                          .data = data,
                          .data_size = size,
                          .keys = spans,
                          .values = spans,
                          .private_data = references,
                          .retain = raw_retain,
                          .release = raw_release};
  if (from->schemas != NULL) {
    const mill_schema **schemas = get_memory((size_t)count * sizeof *schemas);
    memcpy(schemas, from->schemas + first, (size_t)count * sizeof *schemas);
    raw->key_schemas = raw->value_schemas = schemas;
  }
  return raw;
}
