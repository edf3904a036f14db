#include "schema_read.h"

static uint32_t hash_of(const uint8_t *bytes, int64_t size) {
  uint32_t hash = 2166136261u; // FNV-1a
  for (int64_t i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * 16777619u;
  return hash ^ hash >> 15;
}

// The place of a name in the table: its own, or the free one where it belongs.
static uint32_t *place_of(const json_rule *rule, const uint8_t *name, int64_t size) {
  for (uint32_t at = hash_of(name, size);; at++) {
    uint32_t *place = &rule->names[at & rule->names_mask];
    const json_member *member = *place == 0 ? NULL : &rule->named[*place - 1];
    if (member == NULL || (member->name_size == size && memcmp(member->name, name, (size_t)size) == 0))
      return place;
  }
}

const json_member *json_rule_member(const json_rule *rule, const uint8_t *name, int64_t size) {
  uint32_t index = rule->named_count == 0 ? 0 : *place_of(rule, name, size);
  return index == 0 ? NULL : &rule->named[index - 1];
}

// The member of a name; added if it is not there.
static json_member *member_for(json_rule *rule, const char *name, int64_t size) {
  uint32_t *place = place_of(rule, (const uint8_t *)name, size);
  if (*place == 0) {
    *place = ++rule->named_count;
    rule->named[*place - 1] = (json_member){name, size, NULL, -1};
  }
  return &rule->named[*place - 1];
}

static int make_names(json_schema_reader *reader, json_rule *rule, uint32_t count) {
  uint32_t size = 4;
  while (size < count * 2)
    size *= 2;
  rule->names_mask = size - 1;
  rule->names = json_schema_get(reader, size * sizeof *rule->names);
  rule->named = json_schema_get(reader, (count + 1) * sizeof *rule->named);
  rule->has_more = 1;
  return rule->names != NULL && rule->named != NULL;
}

static int read_required(json_schema_reader *reader, json_rule *rule, const json_tree *required) {
  for (const json_tree *item = required == NULL ? NULL : required->first; item != NULL; item = item->next) {
    if (item->kind != JSON_TREE_STRING)
      return json_schema_fail(reader, item, "expected a member's name") != NULL;
    json_member *member = member_for(rule, item->text, item->size);
    if (member->required < 0 && rule->required_count == JSON_REQUIRED_MAX)
      return json_schema_fail(reader, item, "more than 512 members are required") != NULL;
    if (member->required < 0)
      member->required = rule->required_count++;
  }
  return 1;
}

int json_members_read(json_schema_reader *reader, json_document *document, json_rule *rule) {
  const json_tree *properties = json_tree_member(rule->text, "properties"),
                  *required = json_tree_member(rule->text, "required");
  if (properties != NULL && properties->kind != JSON_TREE_OBJECT)
    return json_schema_fail(reader, properties, "expected an object") != NULL;
  if (required != NULL && required->kind != JSON_TREE_ARRAY)
    return json_schema_fail(reader, required, "expected an array of names") != NULL;
  uint32_t count = (properties == NULL ? 0 : properties->count) + (required == NULL ? 0 : required->count);
  if (count == 0)
    return 1;
  if (!make_names(reader, rule, count))
    return 0;
  for (const json_tree *one = properties == NULL ? NULL : properties->first; one != NULL; one = one->next) {
    const json_rule *inner = json_rule_read(reader, document, one);
    if (inner == NULL)
      return 0;
    member_for(rule, one->key, (int64_t)strlen(one->key))->rule = inner;
  }
  return read_required(reader, rule, required);
}
