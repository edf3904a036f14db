/// JSON Schemas (drafts 4 to 2020-12, https://json-schema.org/specification): their text, and what it means.
/// Constant once read.
#ifndef JSON_SCHEMA_H
#define JSON_SCHEMA_H

#include "../common/json_tree.h"
#include "millrace_sdk.h"

/// Bytes of a schema's text at most, and of each that it refers to.
#define JSON_SCHEMA_TEXT_MAX (INT64_C(1) << 20)
/// Rules on one value at most that lie within one another, through `$ref`, `allOf` and such.
#define JSON_SCHEMA_RULES_MAX 64
/// Members that one rule may require at most.
#define JSON_REQUIRED_MAX 512

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
  /// Its number among the required ones; -1: it need not be there.
  int64_t required;
} json_member;

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
  uint32_t required_count;
  /// Not 0: `patternProperties` say something of members, too.
  int has_patterns;
  /// Of the other members; of members' names.
  const struct json_rule *additional, *each_name;
  /// Of the first items, of the others, and of one at least.
  json_rules first_items;
  const struct json_rule *other_items, *contains;
  /// `enum` and `const`.
  const json_tree *values, *constant;
  const char *format, *encoding;
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
} json_schema;

/// Reads a schema and those it refers to. NULL, with `error` filled, if a text is no JSON Schema, or refers to
/// what is not there. [any]
json_schema *json_schema_read(const mill_schema *from, mill_error *error);

/// Frees a schema; NULL is ignored. [any]
void json_schema_free(json_schema *schema);

/// What is said of the member of a name; NULL if it is neither a property nor required. [any]
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
