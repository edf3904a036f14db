#include "../common/number.h"
#include "schema_read.h"

enum { SHOWN_MAX = 80 };

void *json_schema_fail(json_schema_reader *reader, const json_tree *at, const char *format, ...) {
  if (reader->problem[0] != '\0')
    return NULL;
  char path[128] = "";
  if (at != NULL)
    json_tree_path(at, path, sizeof path);
  int used = at == NULL ? 0 : snprintf(reader->problem, sizeof reader->problem, "at %s: ", path);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reader->problem + used, sizeof reader->problem - (size_t)used, format, arguments);
  va_end(arguments);
  json_text_show(reader->problem);
  return NULL;
}

void *json_schema_get(json_schema_reader *reader, size_t size) {
  void *memory = arena_get(&reader->schema->arena, size);
  return memory == NULL ? json_schema_fail(reader, NULL, "out of memory") : memory;
}

static uint32_t count_of(const json_tree *text) {
  uint32_t last = text->number;
  for (const json_tree *item = text->first; item != NULL; item = item->next)
    last = count_of(item) - 1;
  return last + 1;
}

static int draft_of(const json_tree *root) {
  static const struct {
    const char *name;
    int draft;
  } all[] = {{"draft-04", 4}, {"draft-06", 6}, {"2019-09", JSON_DRAFT_2019}, {"2020-12", JSON_DRAFT_2020}};
  const char *schema = json_tree_text(root, "$schema");
  for (size_t i = 0; schema != NULL && i < sizeof all / sizeof all[0]; i++)
    if (strstr(schema, all[i].name) != NULL)
      return all[i].draft;
  return 7;
}

static json_document *read_document(json_schema_reader *reader, const mill_schema *from) {
  char problem[320];
  json_document *document = json_schema_get(reader, sizeof *document);
  if (document == NULL)
    return NULL;
  if (from->format != MILL_SCHEMA_JSON)
    return json_schema_fail(reader, NULL, "no JSON Schema; give it one, or choose another serde");
  if (from->text_size > JSON_SCHEMA_TEXT_MAX)
    return json_schema_fail(reader, NULL, "longer than 1 MiB");
  document->from = from;
  document->root = json_tree_read(&reader->schema->arena, from->text, from->text_size, problem, sizeof problem);
  if (document->root == NULL)
    return json_schema_fail(reader, NULL, "%s", problem);
  document->draft = draft_of(document->root);
  document->rules = json_schema_get(reader, count_of(document->root) * sizeof(json_rule *));
  document->next = reader->documents;
  reader->documents = document;
  return document->rules != NULL && json_identities_note(reader, document) ? document : NULL;
}

json_document *json_document_get(json_schema_reader *reader, const mill_schema *from) {
  json_document *document = reader->documents;
  while (document != NULL && document->from->number != from->number)
    document = document->next;
  return document != NULL ? document : read_document(reader, from);
}

static int measure(json_schema_reader *reader, const json_rule *rule, int depth);

static int measure_one(json_schema_reader *reader, const json_rule *rule, int depth, int *height) {
  int inner = rule == NULL ? 0 : measure(reader, rule, depth + 1);
  *height = inner > *height ? inner : *height;
  return inner >= 0;
}

static int measure_all(json_schema_reader *reader, const json_rules *rules, int depth, int *height) {
  for (uint32_t i = 0; i < rules->count; i++)
    if (!measure_one(reader, rules->all[i], depth, height))
      return 0;
  return 1;
}

static int measure_dependencies(json_schema_reader *reader, const json_rule *rule, int depth, int *height) {
  for (uint32_t i = 0; i < rule->dependency_count; i++)
    if (!measure_one(reader, rule->dependencies[i].rule, depth, height))
      return 0;
  return 1;
}

static uint32_t possible_of(const json_rules *rules) {
  uint32_t types = rules->count == 0 ? JSON_IS_ANY : 0;
  for (uint32_t i = 0; i < rules->count; i++)
    types |= rules->all[i]->possible;
  return types;
}

// What a value may be by a rule and by those within it, which know already.
static uint32_t types_left(const json_rule *rule) {
  uint32_t types = rule->types & possible_of(&rule->any_of) & possible_of(&rule->one_of), listed = 0;
  for (uint32_t i = 0; i < rule->all_of.count; i++)
    types &= rule->all_of.all[i]->possible;
  if (rule->reference != NULL)
    types &= rule->reference->possible;
  if (rule->constant != NULL)
    types &= json_type_of(rule->constant);
  for (const json_tree *one = rule->values == NULL ? NULL : rule->values->first; one != NULL; one = one->next)
    listed |= json_type_of(one);
  return rule->values == NULL ? types : types & listed;
}

// How many rules lie within one another on the same value, from this one on; -1, noted, if they are too many.
static int measure(json_schema_reader *reader, const json_rule *rule, int depth) {
  int height = 0;
  if (rule->height == 0) {
    if (depth == JSON_SCHEMA_RULES_MAX || !(measure_one(reader, rule->reference, depth, &height) &&
                                            measure_one(reader, rule->negated, depth, &height) &&
                                            measure_one(reader, rule->condition, depth, &height) &&
                                            measure_one(reader, rule->consequence, depth, &height) &&
                                            measure_one(reader, rule->alternative, depth, &height) &&
                                            measure_all(reader, &rule->all_of, depth, &height) &&
                                            measure_all(reader, &rule->any_of, depth, &height) &&
                                            measure_all(reader, &rule->one_of, depth, &height) &&
                                            measure_dependencies(reader, rule, depth, &height)))
      height = JSON_SCHEMA_RULES_MAX;
    json_rule *own = (json_rule *)(uintptr_t)rule;
    own->height = height + 1;
    own->possible = types_left(rule);
  }
  if (rule->height <= JSON_SCHEMA_RULES_MAX)
    return rule->height;
  json_schema_fail(reader, rule->text,
                   "it refers to itself, or more than 64 schemas lie within one another by $ref, allOf, anyOf, "
                   "oneOf, not, if or dependencies");
  return -1;
}

// Rules that apply to one value must come to an end, whatever the value is.
static int check_ends(json_schema_reader *reader) {
  for (const json_document *document = reader->documents; document != NULL; document = document->next)
    for (uint32_t i = 0, count = count_of(document->root); i < count; i++)
      if (document->rules[i] != NULL && measure(reader, document->rules[i], 0) < 0)
        return 0;
  return 1;
}

static int read_all(json_schema_reader *reader, const mill_schema *from) {
  json_document *document = json_document_get(reader, from);
  if (document == NULL || (reader->schema->root = json_rule_read(reader, document, document->root)) == NULL)
    return 0;
  while (reader->pending != NULL) {
    json_pending *pending = reader->pending;
    reader->pending = pending->next;
    if (!json_reference_follow(reader, pending))
      return 0;
  }
  const char *title = json_tree_text(document->root, "title");
  reader->schema->record_name = title == NULL ? "" : title;
  return check_ends(reader);
}

static int shown(const char *text) {
  size_t size = strlen(text);
  int64_t count = size > SHOWN_MAX ? SHOWN_MAX : (int64_t)size;
  int64_t cut = mill_utf8_invalid_at((const uint8_t *)text, count);
  return (int)(cut >= 0 ? cut : count);
}

json_schema *json_schema_read(const mill_schema *from, mill_error *error) {
  json_schema *schema = calloc(1, sizeof *schema);
  if (schema == NULL) {
    mill_fail_memory(error, "serde \"json\": reading a schema");
    return NULL;
  }
  json_schema_reader reader = {
      .schema = schema, .pattern_memory_left = JSON_PATTERNS_MEMORY_MAX, .pattern_place = &schema->patterns};
  int size = shown(from->name), is_read = read_all(&reader, from);
  schema->title = arena_copy(&schema->arena, from->name, (size_t)size);
  schema->text = arena_copy(&schema->arena, from->text, (size_t)from->text_size);
  if (is_read && schema->title != NULL && schema->text != NULL)
    return schema;
  mill_fail(error, MILL_CLASS_FATAL, 0, "serde \"json\": schema \"%.*s\": %.800s", size, from->name,
            reader.problem[0] == '\0' ? "out of memory" : reader.problem);
  json_schema_free(schema);
  return NULL;
}

void json_schema_free(json_schema *schema) {
  if (schema != NULL)
    arena_free(&schema->arena);
  free(schema);
}

uint32_t json_type_of(const json_tree *value) {
  static const uint32_t types[] = {JSON_IS_NULL,   JSON_IS_BOOLEAN, JSON_IS_BOOLEAN, JSON_IS_NUMBER,
                                   JSON_IS_STRING, JSON_IS_ARRAY,   JSON_IS_OBJECT};
  int128 whole;
  const uint8_t *text = (const uint8_t *)value->text;
  int is_whole =
      value->kind == JSON_TREE_NUMBER && number_scaled(text, text + value->size, 0, &whole) != NUMBER_INEXACT;
  return types[value->kind] | (is_whole ? JSON_IS_INTEGER : 0);
}

void json_types_name(uint32_t types, char *out, size_t size) {
  static const char *const names[] = {"null", "boolean", "integer", "number", "string", "array", "object"};
  if ((types & JSON_IS_NUMBER) != 0)
    types &= ~JSON_IS_INTEGER; // it is one
  size_t used = (size_t)snprintf(out, size, types == 0 ? "no value" : "");
  for (int i = 0; i < 7; i++) {
    if ((types >> i & 1) == 0 || used >= size)
      continue;
    const char *between = used == 0 ? "" : types >> i == 1 ? " or " : ", ";
    used += (size_t)snprintf(out + used, size - used, "%s%s", between, names[i]);
  }
}
