#include "../common/number.h"
#include "schema_read.h"

#include <stddef.h>

#define NUMBERS (JSON_IS_INTEGER | JSON_IS_NUMBER)

// A keyword: how it is read, and into what part of the rule.
typedef struct keyword {
  const char *name;
  int (*read)(json_schema_reader *reader, json_document *document, json_rule *rule, const json_tree *value,
              const struct keyword *keyword);
  size_t offset;
  // Values that it is of, for what is not checked.
  uint32_t types;
  // The draft from which on, or up to which, it has this meaning; 0: all.
  int since, until;
} keyword;

static void *part_of(json_rule *rule, const keyword *keyword) { return (char *)rule + keyword->offset; }

static int read_number(json_schema_reader *reader, json_document *document, json_rule *rule,
                       const json_tree *value, const keyword *keyword) {
  (void)document;
  int is_boolean = value->kind == JSON_TREE_TRUE || value->kind == JSON_TREE_FALSE;
  if (is_boolean && strncmp(keyword->name, "exclusive", 9) == 0) // draft 4; see set_exclusive
    return 1;
  if (value->kind != JSON_TREE_NUMBER)
    return json_schema_fail(reader, value, "expected a number") != NULL;
  *(const json_tree **)part_of(rule, keyword) = value;
  rule->has_more = 1;
  return 1;
}

static int read_size(json_schema_reader *reader, json_document *document, json_rule *rule,
                     const json_tree *value, const keyword *keyword) {
  (void)document;
  int64_t size = 0;
  if (!json_tree_integer(value, &size) || size < 0)
    return json_schema_fail(reader, value, "expected a whole number from 0 on") != NULL;
  *(int64_t *)part_of(rule, keyword) = size;
  rule->has_more = 1;
  return 1;
}

static int read_text(json_schema_reader *reader, json_document *document, json_rule *rule,
                     const json_tree *value, const keyword *keyword) {
  (void)document;
  if (value->kind != JSON_TREE_STRING)
    return json_schema_fail(reader, value, "expected a string") != NULL;
  *(const char **)part_of(rule, keyword) = value->text;
  return 1;
}

static int read_rule(json_schema_reader *reader, json_document *document, json_rule *rule,
                     const json_tree *value, const keyword *keyword) {
  rule->has_more = 1;
  return (*(const json_rule **)part_of(rule, keyword) = json_rule_read(reader, document, value)) != NULL;
}

static int read_rules(json_schema_reader *reader, json_document *document, json_rule *rule,
                      const json_tree *value, const keyword *keyword) {
  json_rules *rules = part_of(rule, keyword);
  if (value->kind != JSON_TREE_ARRAY || value->count == 0)
    return json_schema_fail(reader, value, "expected an array of schemas, one at least") != NULL;
  rules->all = json_schema_get(reader, value->count * sizeof(json_rule *));
  for (const json_tree *item = value->first; item != NULL && rules->all != NULL; item = item->next) {
    const json_rule *inner = json_rule_read(reader, document, item);
    if (inner == NULL)
      return 0;
    rules->all[rules->count++] = inner;
  }
  rule->has_more = 1;
  return rules->all != NULL;
}

// `items`: of all items, or an array for the first ones, each with its own.
static int read_items(json_schema_reader *reader, json_document *document, json_rule *rule,
                      const json_tree *value, const keyword *own) {
  const keyword first = {"items", NULL, offsetof(json_rule, first_items), 0, 0, 0};
  if (value->kind != JSON_TREE_ARRAY)
    return read_rule(reader, document, rule, value, own);
  return value->count == 0 || read_rules(reader, document, rule, value, &first);
}

// `additionalItems` means nothing where `items` is of all.
static int read_more_items(json_schema_reader *reader, json_document *document, json_rule *rule,
                           const json_tree *value, const keyword *keyword) {
  const json_tree *items = json_tree_member(rule->text, "items");
  return items == NULL || items->kind != JSON_TREE_ARRAY || read_rule(reader, document, rule, value, keyword);
}

static uint32_t type_called(const json_tree *name) {
  static const char *const names[] = {"null", "boolean", "integer", "number", "string", "array", "object"};
  for (uint32_t i = 0; name->kind == JSON_TREE_STRING && i < 7; i++)
    if (strcmp(name->text, names[i]) == 0)
      return 1u << i == JSON_IS_NUMBER ? NUMBERS : 1u << i;
  return 0;
}

static int read_type(json_schema_reader *reader, json_document *document, json_rule *rule,
                     const json_tree *value, const keyword *keyword) {
  (void)document, (void)keyword;
  rule->types = value->kind == JSON_TREE_ARRAY ? 0 : type_called(value);
  for (const json_tree *item = value->first; value->kind == JSON_TREE_ARRAY && item != NULL;
       item = item->next) {
    uint32_t type = type_called(item);
    if (type == 0)
      return json_schema_fail(reader, item, "no type of JSON Schema") != NULL;
    rule->types |= type;
  }
  return rule->types != 0 || json_schema_fail(reader, value, "no type of JSON Schema") != NULL;
}

static int read_values(json_schema_reader *reader, json_document *document, json_rule *rule,
                       const json_tree *value, const keyword *keyword) {
  (void)document;
  if (keyword->offset == offsetof(json_rule, values) && value->kind != JSON_TREE_ARRAY)
    return json_schema_fail(reader, value, "expected an array") != NULL;
  *(const json_tree **)part_of(rule, keyword) = value;
  rule->has_more = 1;
  return 1;
}

static int read_pattern(json_schema_reader *reader, json_document *document, json_rule *rule,
                        const json_tree *value, const keyword *keyword) {
  (void)document, (void)keyword;
  return json_pattern_keyword_read(reader, rule, value);
}

static int read_matched(json_schema_reader *reader, json_document *document, json_rule *rule,
                        const json_tree *value, const keyword *keyword) {
  (void)keyword;
  return json_matched_read(reader, document, rule, value);
}

static int read_unique(json_schema_reader *reader, json_document *document, json_rule *rule,
                       const json_tree *value, const keyword *keyword) {
  (void)document, (void)keyword;
  if (value->kind != JSON_TREE_TRUE && value->kind != JSON_TREE_FALSE)
    return json_schema_fail(reader, value, "expected true or false") != NULL;
  rule->has_unique_items = value->kind == JSON_TREE_TRUE;
  rule->has_more |= rule->has_unique_items;
  return 1;
}

static int read_unchecked(json_schema_reader *reader, json_document *document, json_rule *rule,
                          const json_tree *value, const keyword *keyword) {
  (void)reader, (void)document, (void)value;
  rule->unchecked |= keyword->types;
  rule->has_more = 1;
  return 1;
}

#define AT(part) offsetof(json_rule, part)
static const keyword keywords[] = {
    {"type", read_type, 0, 0, 0, 0},
    {"enum", read_values, AT(values), 0, 0, 0},
    {"const", read_values, AT(constant), 0, 6, 0},
    {"minimum", read_number, AT(minimum), 0, 0, 0},
    {"maximum", read_number, AT(maximum), 0, 0, 0},
    {"exclusiveMinimum", read_number, AT(above), 0, 0, 0},
    {"exclusiveMaximum", read_number, AT(below), 0, 0, 0},
    {"multipleOf", read_number, AT(multiple_of), 0, 0, 0},
    {"minLength", read_size, AT(lengths.least), 0, 0, 0},
    {"maxLength", read_size, AT(lengths.most), 0, 0, 0},
    {"minItems", read_size, AT(items.least), 0, 0, 0},
    {"maxItems", read_size, AT(items.most), 0, 0, 0},
    {"minProperties", read_size, AT(members.least), 0, 0, 0},
    {"maxProperties", read_size, AT(members.most), 0, 0, 0},
    {"format", read_text, AT(format), 0, 0, 0},
    {"contentEncoding", read_text, AT(encoding), 0, 0, 0},
    {"items", read_items, AT(other_items), 0, 0, 0},
    {"prefixItems", read_rules, AT(first_items), 0, JSON_DRAFT_2020, 0},
    {"additionalItems", read_more_items, AT(other_items), 0, 0, JSON_DRAFT_2019},
    {"contains", read_rule, AT(contains), 0, 6, 0},
    {"minContains", read_size, AT(contained.least), 0, JSON_DRAFT_2019, 0},
    {"maxContains", read_size, AT(contained.most), 0, JSON_DRAFT_2019, 0},
    {"uniqueItems", read_unique, 0, 0, 0, 0},
    {"additionalProperties", read_rule, AT(additional), 0, 0, 0},
    {"propertyNames", read_rule, AT(each_name), 0, 6, 0},
    {"allOf", read_rules, AT(all_of), 0, 0, 0},
    {"anyOf", read_rules, AT(any_of), 0, 0, 0},
    {"oneOf", read_rules, AT(one_of), 0, 0, 0},
    {"not", read_rule, AT(negated), 0, 0, 0},
    {"if", read_rule, AT(condition), 0, 7, 0},
    {"then", read_rule, AT(consequence), 0, 7, 0},
    {"else", read_rule, AT(alternative), 0, 7, 0},
    {"patternProperties", read_matched, 0, 0, 0, 0},
    {"pattern", read_pattern, 0, 0, 0, 0},
    {"unevaluatedItems", read_unchecked, 0, JSON_IS_ARRAY, JSON_DRAFT_2019, 0},
    {"unevaluatedProperties", read_unchecked, 0, JSON_IS_OBJECT, JSON_DRAFT_2019, 0},
    {"$recursiveRef", read_unchecked, 0, JSON_IS_ANY, JSON_DRAFT_2019, 0},
    {"$dynamicRef", read_unchecked, 0, JSON_IS_ANY, JSON_DRAFT_2020, 0},
};

static const keyword *keyword_called(const char *name, int draft) {
  for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
    if (strcmp(keywords[i].name, name) == 0)
      return keywords[i].since <= draft && (keywords[i].until == 0 || keywords[i].until >= draft) ? &keywords[i]
                                                                                                  : NULL;
  return NULL;
}

// Draft 4 has `exclusiveMinimum: true` beside the bound.
static void set_exclusive(json_rule *rule) {
  const json_tree *above = json_tree_member(rule->text, "exclusiveMinimum"),
                  *below = json_tree_member(rule->text, "exclusiveMaximum");
  if (above != NULL && above->kind == JSON_TREE_TRUE)
    rule->above = rule->minimum;
  if (below != NULL && below->kind == JSON_TREE_TRUE)
    rule->below = rule->maximum;
}

// A bound as a whole number, `more` added, as far as 64 bits go; 0 if it is not whole.
static int whole_bound(const json_tree *bound, int more, int64_t *out) {
  int128 value;
  const uint8_t *text = (const uint8_t *)bound->text;
  if (number_scaled(text, text + bound->size, 0, &value) != 0)
    return 0;
  value += more;
  *out = value < INT64_MIN ? INT64_MIN : value > INT64_MAX ? INT64_MAX : (int64_t)value;
  return 1;
}

// Sets what whole numbers the bounds allow.
static void set_whole_bounds(json_rule *rule) {
  const json_tree *lower[] = {rule->minimum, rule->above}, *upper[] = {rule->maximum, rule->below};
  int64_t least = INT64_MIN, most = INT64_MAX, bound = 0;
  int is_known = 1;
  for (int i = 0; i < 2; i++) {
    if (lower[i] != NULL && (is_known &= whole_bound(lower[i], i, &bound)) && bound > least)
      least = bound;
    if (upper[i] != NULL && (is_known &= whole_bound(upper[i], -i, &bound)) && bound < most)
      most = bound;
  }
  rule->least = is_known ? least : 1;
  rule->most = is_known ? most : 0;
}

static int add_pending(json_schema_reader *reader, json_document *document, json_rule *rule) {
  json_pending *pending = json_schema_get(reader, sizeof *pending);
  if (pending == NULL)
    return 0;
  *pending = (json_pending){rule, document, reader->pending};
  reader->pending = pending;
  rule->has_more = 1;
  return 1;
}

static int read_keywords(json_schema_reader *reader, json_document *document, json_rule *rule) {
  if (json_reference_of(rule->text) != NULL) {
    if (!add_pending(reader, document, rule))
      return 0;
    if (document->draft < JSON_DRAFT_2019) // what is beside it is ignored
      return 1;
  }
  for (const json_tree *one = rule->text->first; one != NULL; one = one->next) {
    const keyword *found = keyword_called(one->key, document->draft);
    if (found != NULL && !found->read(reader, document, rule, one, found))
      return 0;
  }
  set_exclusive(rule);
  set_whole_bounds(rule);
  return json_members_read(reader, document, rule);
}

json_rule *json_rule_read(json_schema_reader *reader, json_document *document, const json_tree *text) {
  static const json_limits none = {-1, -1};
  json_rule **place = &document->rules[text->number];
  if (*place != NULL)
    return *place;
  if (text->kind != JSON_TREE_OBJECT && text->kind != JSON_TREE_TRUE && text->kind != JSON_TREE_FALSE)
    return json_schema_fail(reader, text, "expected a schema: an object, true or false");
  json_rule *rule = json_schema_get(reader, sizeof *rule);
  if (rule == NULL)
    return NULL;
  *place = rule;
  *rule = (json_rule){.text = text,
                      .types = text->kind == JSON_TREE_FALSE ? 0 : JSON_IS_ANY,
                      .lengths = none,
                      .items = none,
                      .contained = none,
                      .members = none};
  return text->kind != JSON_TREE_OBJECT || read_keywords(reader, document, rule) ? rule : NULL;
}
