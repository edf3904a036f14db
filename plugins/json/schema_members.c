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
    rule->named[*place - 1] = (json_member){name, size, NULL, -1, 0};
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

// The member of a name of which it is noted whether it is there; NULL, noted, if there are too many.
static json_member *noted_member(json_schema_reader *reader, json_rule *rule, const json_tree *at,
                                 const char *name, int64_t size) {
  json_member *member = member_for(rule, name, size);
  if (member->number < 0 && rule->noted_count == JSON_NOTED_MAX)
    return json_schema_fail(reader, at, "more than 512 members are required, or depend on one another");
  if (member->number < 0)
    member->number = rule->noted_count++;
  return member;
}

// The member whose name is an item of a list.
static json_member *listed_member(json_schema_reader *reader, json_rule *rule, const json_tree *item) {
  if (item->kind != JSON_TREE_STRING)
    return json_schema_fail(reader, item, "expected a member's name");
  return noted_member(reader, rule, item, item->text, item->size);
}

static int read_required(json_schema_reader *reader, json_rule *rule, const json_tree *required) {
  for (const json_tree *item = required == NULL ? NULL : required->first; item != NULL; item = item->next) {
    json_member *member = listed_member(reader, rule, item);
    if (member == NULL)
      return 0;
    rule->required_count += !member->is_required;
    member->is_required = 1;
  }
  return 1;
}

static int read_properties(json_schema_reader *reader, json_document *document, json_rule *rule,
                           const json_tree *properties) {
  for (const json_tree *one = properties == NULL ? NULL : properties->first; one != NULL; one = one->next) {
    const json_rule *inner = json_rule_read(reader, document, one);
    if (inner == NULL)
      return 0;
    member_for(rule, one->key, (int64_t)strlen(one->key))->rule = inner;
  }
  return 1;
}

// A keyword of what depends on members, and the drafts that have it.
typedef struct dependent {
  const char *name;
  int since, until, has_names, has_rules;
} dependent;

enum { DEPENDENT_COUNT = 3 };
static const dependent dependents[DEPENDENT_COUNT] = {{"dependencies", 4, 7, 1, 1},
                                                      {"dependentRequired", JSON_DRAFT_2019, 99, 1, 0},
                                                      {"dependentSchemas", JSON_DRAFT_2019, 99, 0, 1}};

// The value of such a keyword; NULL if there is none.
static const json_tree *dependent_of(const json_document *document, const json_rule *rule, int index) {
  const dependent *keyword = &dependents[index];
  return document->draft < keyword->since || document->draft > keyword->until
             ? NULL
             : json_tree_member(rule->text, keyword->name);
}

static int add_dependency(json_rule *rule, json_dependency dependency) {
  rule->dependencies[rule->dependency_count++] = dependency;
  return 1;
}

// Reads what depends on one member: names of others, or a rule.
static int read_dependent(json_schema_reader *reader, json_document *document, json_rule *rule,
                          const dependent *keyword, const json_tree *one) {
  const json_member *trigger = noted_member(reader, rule, one, one->key, (int64_t)strlen(one->key));
  if (trigger == NULL)
    return 0;
  if (one->kind != JSON_TREE_ARRAY || !keyword->has_names) {
    if (!keyword->has_rules)
      return json_schema_fail(reader, one, "expected an array of names") != NULL;
    const json_rule *inner = json_rule_read(reader, document, one);
    return inner != NULL && add_dependency(rule, (json_dependency){trigger, NULL, inner, keyword->name});
  }
  for (const json_tree *item = one->first; item != NULL; item = item->next) {
    const json_member *needed = listed_member(reader, rule, item);
    if (needed == NULL || !add_dependency(rule, (json_dependency){trigger, needed, NULL, keyword->name}))
      return 0;
  }
  return 1;
}

// How many names and rules the keywords have; -1, noted, if one is no object.
static int64_t count_dependents(json_schema_reader *reader, const json_document *document,
                                const json_rule *rule) {
  int64_t count = 0;
  for (int i = 0; i < DEPENDENT_COUNT; i++) {
    const json_tree *value = dependent_of(document, rule, i);
    if (value != NULL && value->kind != JSON_TREE_OBJECT) {
      json_schema_fail(reader, value, "expected an object");
      return -1;
    }
    for (const json_tree *one = value == NULL ? NULL : value->first; one != NULL; one = one->next)
      count += 1 + (one->kind == JSON_TREE_ARRAY ? one->count : 0);
  }
  return count;
}

static int read_dependents(json_schema_reader *reader, json_document *document, json_rule *rule,
                           int64_t count) {
  if (count == 0)
    return 1;
  rule->dependencies = json_schema_get(reader, (size_t)count * sizeof *rule->dependencies);
  if (rule->dependencies == NULL)
    return 0;
  for (int i = 0; i < DEPENDENT_COUNT; i++) {
    const json_tree *value = dependent_of(document, rule, i);
    for (const json_tree *one = value == NULL ? NULL : value->first; one != NULL; one = one->next)
      if (!read_dependent(reader, document, rule, &dependents[i], one))
        return 0;
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
  int64_t dependent_count = count_dependents(reader, document, rule);
  if (dependent_count < 0)
    return 0;
  uint32_t count = (properties == NULL ? 0 : properties->count) + (required == NULL ? 0 : required->count) +
                   (uint32_t)dependent_count;
  if (count == 0)
    return 1;
  return make_names(reader, rule, count) && read_properties(reader, document, rule, properties) &&
         read_required(reader, rule, required) && read_dependents(reader, document, rule, dependent_count);
}
