#include "match.h"

#include "../common/number.h"

// The state of comparing. Functions return 0 after noting the first difference.
typedef struct matcher {
  int is_written, steps;
  char *problem;
  size_t size;
  json_matcher *patterns;
  int64_t pattern_steps_left;
} matcher;

static int match(matcher *own, const json_rule *rule, column_type *column);

__attribute__((format(printf, 3, 4))) static int fail(matcher *own, const column_type *column,
                                                      const char *format, ...) {
  char path[128];
  if (own->problem[0] != '\0')
    return 0;
  column_type_path(column, path, sizeof path);
  int used = path[0] == '\0' ? 0 : snprintf(own->problem, own->size, "field \"%s\": ", path);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(own->problem + used, own->size - (size_t)used, format, arguments);
  va_end(arguments);
  json_text_show(own->problem);
  return 0;
}

// JSON_IS_*: what a column can be read from, or what it is written as.
static uint32_t types_of(const column_type *column, int is_written) {
  switch (column->kind) {
  case COLUMN_BOOL:
    return JSON_IS_BOOLEAN;
  case COLUMN_INTEGER:
    return JSON_IS_INTEGER;
  case COLUMN_FLOAT32:
  case COLUMN_FLOAT64:
    return JSON_IS_NUMBER | (is_written ? 0 : JSON_IS_INTEGER);
  case COLUMN_DECIMAL:
    return JSON_IS_STRING | (is_written && column->scale == 0 ? JSON_IS_INTEGER : JSON_IS_NUMBER) |
           (is_written ? 0 : JSON_IS_INTEGER);
  case COLUMN_TIMESTAMP:
    return JSON_IS_STRING | (is_written ? 0 : JSON_IS_INTEGER);
  case COLUMN_LIST:
    return JSON_IS_ARRAY;
  case COLUMN_STRUCT:
  case COLUMN_MAP:
    return JSON_IS_OBJECT;
  default:
    return JSON_IS_STRING;
  }
}

// How a bound compares to a limit of a column: negative, 0, positive. 0 if there is none.
static int order_of(const json_tree *bound, const char *limit) {
  const uint8_t *text = bound == NULL ? NULL : (const uint8_t *)bound->text;
  return bound == NULL ? 0
                       : number_order(text, text + bound->size, (const uint8_t *)limit,
                                      (const uint8_t *)limit + strlen(limit));
}

// Fails for bounds that leave out all values of an integer column.
static int match_bounds(matcher *own, const json_rule *rule, const column_type *column) {
  char least[32], largest[32];
  snprintf(least, sizeof least, "%s%llu", column->least == 0 ? "" : "-", (unsigned long long)column->least);
  snprintf(largest, sizeof largest, "%llu", (unsigned long long)column->largest);
  if (order_of(rule->minimum, largest) > 0 || order_of(rule->above, largest) > 0)
    return fail(own, column, "the schema's values are above those of %s", column->title);
  if (order_of(rule->maximum, least) < 0 || order_of(rule->below, least) < 0)
    return fail(own, column, "the schema's values are below those of %s", column->title);
  return 1;
}

static int is_format_of(const char *format, column_kind kind) {
  static const struct {
    const char *name;
    column_kind kind;
  } all[] = {{"date", COLUMN_DATE}, {"time", COLUMN_TIME}, {"date-time", COLUMN_TIMESTAMP}};
  for (size_t i = 0; format != NULL && i < sizeof all / sizeof all[0]; i++)
    if (strcmp(format, all[i].name) == 0)
      return kind == all[i].kind;
  return 1; // it says nothing of these
}

// RFC 3339's times and timestamps have an offset.
static int lacks_offset(const json_rule *rule, const column_type *column) {
  return rule->format != NULL &&
         ((column->kind == COLUMN_TIME && strcmp(rule->format, "time") == 0) ||
          (column->kind == COLUMN_TIMESTAMP && !column->has_zone && strcmp(rule->format, "date-time") == 0));
}

static int match_text(matcher *own, const json_rule *rule, column_type *column) {
  int has_time = column->kind == COLUMN_DATE || column->kind == COLUMN_TIME || column->kind == COLUMN_TIMESTAMP;
  if (has_time && (rule->possible & JSON_IS_INTEGER) == 0 && !is_format_of(rule->format, column->kind))
    return fail(own, column, "the schema has strings of format %.40s, expected %s", rule->format,
                column->title);
  if (own->is_written && lacks_offset(rule, column))
    return fail(own, column, "format %s has an offset, which %s lacks", rule->format, column->title);
  if (column->kind == COLUMN_BINARY && rule->encoding != NULL && strcmp(rule->encoding, "base64") != 0)
    return fail(own, column, "the schema has strings with contentEncoding %.40s, expected base64",
                rule->encoding);
  if (own->is_written && column->kind == COLUMN_DECIMAL &&
      (rule->possible & (JSON_IS_INTEGER | JSON_IS_NUMBER)) == 0)
    column->flags |= JSON_AS_TEXT;
  return 1;
}

static void note_null(const matcher *own, const json_rule *rule, column_type *column) {
  if (own->is_written && rule != NULL && (rule->possible & JSON_IS_NULL) == 0)
    column->flags |= JSON_NO_NULL;
}

// A column by a rule that is there for its name.
static int match_named(matcher *own, const json_rule *rule, column_type *column) {
  note_null(own, rule, column);
  int is_never = rule->possible == 0 && column->is_nullable && !own->is_written;
  return is_never || match(own, rule, column);
}

// A column that no property is called like, and whose name no pattern matches.
static int match_other(matcher *own, const json_rule *rule, column_type *column) {
  note_null(own, rule->additional, column);
  if (rule->additional == NULL)
    return 1;
  if (rule->additional->possible != 0)
    return match(own, rule->additional, column);
  if (own->is_written)
    return fail(own, column, "the schema has no such member; add it, or drop the column");
  return column->is_nullable || fail(own, column, "the schema has no such member");
}

// A column by `patternProperties`; `*is_named` becomes 1 if one of them is, or might be, of its name.
static int match_patterns(matcher *own, const json_rule *rule, column_type *column, int *is_named) {
  for (uint32_t i = 0; i < rule->matched_count; i++) {
    json_match_result result =
        json_pattern_match(rule->matched[i].name, &own->patterns, (const uint8_t *)column->name,
                           column->name_size, &own->pattern_steps_left);
    *is_named |= result != JSON_MATCHES_NOT;
    if (result == JSON_MATCHES && !match_named(own, rule->matched[i].rule, column))
      return 0;
  }
  return 1;
}

static int match_field(matcher *own, const json_rule *rule, column_type *field) {
  const json_member *member = json_rule_member(rule, (const uint8_t *)field->name, field->name_size);
  int is_named = member != NULL && member->rule != NULL;
  if (own->is_written && member != NULL && member->is_required)
    field->flags |= JSON_REQUIRED;
  if (is_named && !match_named(own, member->rule, field))
    return 0;
  return match_patterns(own, rule, field, &is_named) && (is_named || match_other(own, rule, field));
}

static int match_struct(matcher *own, const json_rule *rule, column_type *column) {
  for (uint32_t i = 0; i < column->child_count; i++)
    if (!match_field(own, rule, &column->children[i]))
      return 0;
  for (uint32_t i = 0; own->is_written && i < rule->named_count; i++) {
    const json_member *member = &rule->named[i];
    if (member->is_required && column_type_field(column, (const uint8_t *)member->name, member->name_size) < 0)
      return fail(own, column, "the schema requires the member \"%.100s\", which has no column", member->name);
  }
  return 1;
}

static int match_list(matcher *own, const json_rule *rule, column_type *column) {
  // Items that an array need not have can be left out; so can all of them, but then it is no list.
  uint32_t first = rule->first_items.count;
  int64_t least = rule->items.least < 1 ? 1 : rule->items.least;
  for (uint32_t i = 0; i < first && i < least; i++)
    if (!match(own, rule->first_items.all[i], column->children))
      return 0;
  return first > 0 || rule->other_items == NULL || match(own, rule->other_items, column->children);
}

static int match_map(matcher *own, const json_rule *rule, column_type *column) {
  column_type *value = &column->children[1];
  int has_properties = rule->matched_count > 0;
  for (uint32_t i = 0; i < rule->named_count; i++) {
    const json_member *member = &rule->named[i];
    has_properties |= member->rule != NULL;
    if (member->is_required && member->rule != NULL && !match(own, member->rule, value))
      return 0;
  }
  return has_properties || rule->additional == NULL || match(own, rule->additional, value);
}

static int match_own(matcher *own, const json_rule *rule, column_type *column) {
  switch (column->kind) {
  case COLUMN_INTEGER:
    return match_bounds(own, rule, column);
  case COLUMN_BINARY:
  case COLUMN_DATE:
  case COLUMN_TIME:
  case COLUMN_TIMESTAMP:
  case COLUMN_DECIMAL:
    return match_text(own, rule, column);
  case COLUMN_LIST:
    return match_list(own, rule, column);
  case COLUMN_MAP:
    return match_map(own, rule, column);
  case COLUMN_STRUCT:
    return match_struct(own, rule, column);
  default:
    return 1;
  }
}

// Whether one of some rules, those for null aside, suits a column; the first difference is that of the first.
static int match_any(matcher *own, const json_rules *rules, column_type *column) {
  for (uint32_t i = 0; i < rules->count; i++) {
    if ((rules->all[i]->possible & types_of(column, own->is_written)) == 0)
      continue;
    if (match(own, rules->all[i], column)) {
      own->problem[0] = '\0';
      return 1;
    }
  }
  return rules->count == 0 || fail(own, column, "no branch of anyOf or oneOf suits %s", column->title);
}

static int match_types(matcher *own, const json_rule *rule, const column_type *column) {
  char has[96], wants[96];
  uint32_t wanted = types_of(column, own->is_written);
  if ((rule->possible & wanted) != 0)
    return 1;
  json_types_name(rule->possible, has, sizeof has);
  json_types_name(wanted, wants, sizeof wants);
  return fail(own, column, "the schema has %s, expected %s for %s", has, wants, column->title);
}

static int match(matcher *own, const json_rule *rule, column_type *column) {
  if (++own->steps > JSON_MATCH_STEPS_MAX)
    return fail(own, column, "it takes too many steps to compare");
  if (rule->possible == JSON_IS_NULL && column->is_nullable)
    return 1;
  if (!match_types(own, rule, column))
    return 0;
  if (rule->reference != NULL && !match(own, rule->reference, column))
    return 0;
  for (uint32_t i = 0; i < rule->all_of.count; i++)
    if (!match(own, rule->all_of.all[i], column))
      return 0;
  return match_any(own, &rule->any_of, column) && match_any(own, &rule->one_of, column) &&
         match_own(own, rule, column);
}

static void clear_flags(column_type *column) {
  column->flags = 0;
  for (uint32_t i = 0; i < column->child_count; i++)
    clear_flags(&column->children[i]);
}

int json_match(const json_schema *schema, const column_type *row, int is_written, char *problem, size_t size) {
  matcher own = {
      .is_written = is_written, .problem = problem, .size = size, .pattern_steps_left = JSON_MATCH_STEPS_MAX};
  problem[0] = '\0';
  column_type *columns = (column_type *)(uintptr_t)row; // whose flags are set if it is written from
  if (is_written)
    clear_flags(columns);
  int is_suitable = match(&own, schema->root, columns);
  json_matcher_free(own.patterns);
  return is_suitable;
}
