/// JSON Schemas (drafts 4 to 2020-12, https://json-schema.org/specification): their text, and what it means.
/// Constant once read.
#ifndef JSON_SCHEMA_H
#define JSON_SCHEMA_H

#include "../common/json_tree.h"
#include "millrace_sdk.h"
#include "pattern.h"

/// Bytes of a schema's text at most, and of each that it refers to.
#define JSON_SCHEMA_TEXT_MAX (INT64_C(1) << 20)
/// Rules on one value at most that lie within one another, through `$ref`, `allOf` and such.
#define JSON_SCHEMA_RULES_MAX 64
/// Members at most that one rule requires, that others depend on, or that depend on others.
#define JSON_NOTED_MAX 512

/// Types of values, for sets. A whole number has both bits of numbers.
#define JSON_IS_NULL 1u
#define JSON_IS_BOOLEAN 2u
#define JSON_IS_INTEGER 4u
#define JSON_IS_NUMBER 8u
#define JSON_IS_STRING 16u
#define JSON_IS_ARRAY 32u
#define JSON_IS_OBJECT 64u
#define JSON_IS_ANY 127u

struct json_rule;

/// Some rules.
typedef struct json_rules {
  uint32_t count;
  const struct json_rule **all;
} json_rules;

/// What is said of members whose names a pattern matches.
typedef struct json_matched {
  const json_pattern *name;
  const struct json_rule *rule;
} json_matched;

/// How many there may be; -1 where nothing is said.
typedef struct json_limits {
  int64_t least, most;
} json_limits;

/// What is said of the member of a name.
typedef struct json_member {
  const char *name;
  int64_t name_size;
  /// NULL: it is no property.
  const struct json_rule *rule;
  /// Its number among those of which it is noted whether they are there; -1: it is none of them.
  int64_t number;
  int is_required;
} json_member;

/// What an object must be where a member is there: `needed` is there, too, or the object holds by `rule`. One
/// of the two is NULL.
typedef struct json_dependency {
  const json_member *trigger, *needed;
  const struct json_rule *rule;
  const char *keyword;
} json_dependency;

/// What a schema, or a part of one, says of a value. NULL: nothing.
typedef struct json_rule {
  /// Where it is written.
  const json_tree *text;
  /// JSON_IS_*: what a value may be; 0: there is none that is allowed.
  uint32_t types;
  /// JSON_IS_*: what is left of them by all the other rules for the same value.
  uint32_t possible;
  /// JSON_IS_*: values of which something is said that is not understood.
  uint32_t unchecked;
  /// Not 0: values have to be scanned for more than their types.
  int has_more;
  /// `above` and `below` are the exclusive bounds.
  const json_tree *minimum, *maximum, *above, *below, *multiple_of;
  /// Whole numbers that all four bounds allow, so that most need not be held against each; `least` is above
  /// `most` if there are none that are known.
  int64_t least, most;
  /// Code points, items and members.
  json_limits lengths, items, members;
  /// Members that something is said of, and an open-addressed table of their index + 1, 0 is free; a power of
  /// two of them.
  json_member *named;
  uint32_t named_count, names_mask, *names;
  uint32_t noted_count, required_count;
  json_dependency *dependencies;
  uint32_t dependency_count;
  /// `patternProperties`.
  json_matched *matched;
  uint32_t matched_count;
  /// Of members that are no property and that no pattern matches; of members' names.
  const struct json_rule *additional, *each_name;
  /// Of the first items, of the others, and of one at least.
  json_rules first_items;
  const struct json_rule *other_items, *contains;
  /// Items that `contains` holds for.
  json_limits contained;
  int has_unique_items;
  /// `enum` and `const`.
  const json_tree *values, *constant;
  const char *format, *encoding;
  const json_pattern *pattern;
  const struct json_rule *reference;
  json_rules all_of, any_of, one_of;
  const struct json_rule *negated, *condition, *consequence, *alternative;
  /// While the schema is read: how many rules lie within one another from here on; 0: not known.
  int height;
} json_rule;

/// A schema with all that it refers to.
typedef struct json_schema {
  arena arena;
  const json_rule *root;
  /// What people know it by, as messages show it.
  const char *title;
  /// The text, NUL-terminated.
  const char *text;
  /// Its `title`, "" if it has none.
  const char *record_name;
  /// Its patterns, as they were read.
  const json_pattern *patterns;
} json_schema;

/// Reads a schema and those it refers to. NULL, with `error` filled, if a text is no JSON Schema, or refers to
/// what is not there. [any]
json_schema *json_schema_read(const mill_schema *from, mill_error *error);

/// Frees a schema; NULL is ignored. [any]
void json_schema_free(json_schema *schema);

/// What is said of the member of a name; NULL if it is no property, not required, and no other depends on it.
/// [any]
const json_member *json_rule_member(const json_rule *rule, const uint8_t *name, int64_t size);

/// JSON_IS_*: the type of a value. [any]
uint32_t json_type_of(const json_tree *value);

/// Names of the types of a set, for messages, e.g. "null or string". [any]
void json_types_name(uint32_t types, char *out, size_t size);

/// Makes a text that was cut, or came from elsewhere, fit for a message: it ends where it is not UTF-8, and
/// control characters become spaces. [any]
static inline void json_text_show(char *text) {
  int64_t cut = mill_utf8_invalid_at((const uint8_t *)text, (int64_t)strlen(text));
  if (cut >= 0)
    text[cut] = '\0';
  for (; *text != '\0'; text++)
    *text = (unsigned char)*text < 0x20 ? ' ' : *text;
}

#endif
