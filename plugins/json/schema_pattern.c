#include "schema_read.h"

// Reads a pattern. One that PCRE2 does not take is left unchecked: ECMA-262 knows more of them, and a topic
// should not stop for that.
static const json_pattern *read_pattern(json_schema_reader *reader, const json_tree *at, const char *text,
                                        int64_t size) {
  json_pattern *pattern = json_schema_get(reader, sizeof *pattern);
  if (pattern == NULL)
    return NULL;
  *pattern = (json_pattern){.at = at, .text = text, .size = size};
  if (!json_pattern_read(&reader->schema->arena, &reader->pattern_memory_left, pattern))
    return json_schema_fail(reader, NULL, "out of memory");
  *reader->pattern_place = pattern;
  reader->pattern_place = &pattern->next;
  return pattern;
}

int json_pattern_keyword_read(json_schema_reader *reader, json_rule *rule, const json_tree *value) {
  if (value->kind != JSON_TREE_STRING)
    return json_schema_fail(reader, value, "expected a string") != NULL;
  rule->pattern = read_pattern(reader, value, value->text, value->size);
  rule->has_more = 1;
  return rule->pattern != NULL;
}

int json_matched_read(json_schema_reader *reader, json_document *document, json_rule *rule,
                      const json_tree *value) {
  if (value->kind != JSON_TREE_OBJECT)
    return json_schema_fail(reader, value, "expected an object") != NULL;
  rule->matched = json_schema_get(reader, (value->count + 1) * sizeof *rule->matched);
  for (const json_tree *one = value->first; one != NULL && rule->matched != NULL; one = one->next) {
    json_matched *to = &rule->matched[rule->matched_count];
    to->name = read_pattern(reader, one, one->key, (int64_t)strlen(one->key));
    to->rule = to->name == NULL ? NULL : json_rule_read(reader, document, one);
    if (to->rule == NULL)
      return 0;
    rule->matched_count++;
  }
  rule->has_more |= rule->matched_count > 0;
  return rule->matched != NULL;
}
