/// The state of reading a schema's text. Functions return NULL or 0 after noting what is wrong.
#ifndef JSON_SCHEMA_READ_H
#define JSON_SCHEMA_READ_H

#include "schema.h"

/// Drafts: 4, 6, 7, and for 2019-09 and 2020-12 these.
#define JSON_DRAFT_2019 8
#define JSON_DRAFT_2020 9

/// A name that a document has for a part of it.
typedef struct json_identity {
  /// An absolute `$id`, or an anchor.
  const char *name;
  const json_tree *text;
  struct json_identity *next;
} json_identity;

/// A text: the schema itself, or one that it refers to.
typedef struct json_document {
  const mill_schema *from;
  const json_tree *root;
  int draft;
  /// By the number of a value.
  json_rule **rules;
  json_identity *ids, *anchors;
  struct json_document *next;
} json_document;

/// A `$ref` that is yet to be followed.
typedef struct json_pending {
  json_rule *rule;
  json_document *document;
  struct json_pending *next;
} json_pending;

/// One thread at a time.
typedef struct json_schema_reader {
  json_schema *schema;
  json_document *documents;
  json_pending *pending;
  /// Bytes that are left for patterns, and where the next one belongs.
  int64_t pattern_memory_left;
  const json_pattern **pattern_place;
  char problem[MILL_ERROR_MESSAGE_SIZE];
} json_schema_reader;

/// Notes what is wrong at a place; the first thing stays. Returns NULL. [any]
__attribute__((format(printf, 3, 4))) void *json_schema_fail(json_schema_reader *reader, const json_tree *at,
                                                             const char *format, ...);

/// Zeroed memory, the schema's; NULL, noted, without memory. [any]
void *json_schema_get(json_schema_reader *reader, size_t size);

/// The document of a schema; read if it has not been. [any]
json_document *json_document_get(json_schema_reader *reader, const mill_schema *from);

/// The rule that stands at a place; what it refers to is pending. [any]
json_rule *json_rule_read(json_schema_reader *reader, json_document *document, const json_tree *text);

/// Reads `properties`, `required` and what depends on members of a rule, as one table. [any]
int json_members_read(json_schema_reader *reader, json_document *document, json_rule *rule);

/// Reads `pattern`, and `patternProperties`, of a rule. [any]
int json_pattern_keyword_read(json_schema_reader *reader, json_rule *rule, const json_tree *value);
int json_matched_read(json_schema_reader *reader, json_document *document, json_rule *rule,
                      const json_tree *value);

/// Follows the `$ref` of a pending rule. [any]
int json_reference_follow(json_schema_reader *reader, const json_pending *pending);

/// Notes the names that parts of a document have. [any]
int json_identities_note(json_schema_reader *reader, json_document *document);

/// A `$ref` of a schema; NULL if it has none. [any]
static inline const json_tree *json_reference_of(const json_tree *text) {
  const json_tree *reference = json_tree_member(text, "$ref");
  return reference != NULL && reference->kind == JSON_TREE_STRING ? reference : NULL;
}

#endif
