#include "check.h"

#include "../common/number.h"

enum { SHOWN_MAX = 40 };

// Writes where a value is, e.g. `legs[].origin`; how many bytes that takes.
static size_t write_place(const json_place *place, char *out, size_t size) {
  const json_place *chain[JSON_CHECK_DEPTH_MAX + 1];
  int count = 0;
  size_t used = 0;
  for (; place != NULL && count <= JSON_CHECK_DEPTH_MAX; place = place->up)
    chain[count++] = place;
  while (count-- > 0 && used + 8 < size) {
    const json_place *step = chain[count];
    int written = step->name == NULL ? snprintf(out + used, size - used, "[]")
                                     : snprintf(out + used, size - used, "%s%.*s", used == 0 ? "" : ".",
                                                (int)(step->size > 100 ? 100 : step->size), step->name);
    used += (size_t)written;
  }
  return used < size ? used : size - 1;
}

static void note(json_checker *own, const json_place *place, const uint8_t *at, const char *problem) {
  json_decoder *decoder = own->decoder;
  if (own->is_stopped) // for a reason that is noted
    return;
  char path[160] = "", byte[32] = "";
  decoder->code = JSON_NOT_ALLOWED;
  size_t size = write_place(place, path, sizeof path);
  path[size] = '\0';
  json_text_show(path);
  if (!own->is_written)
    snprintf(byte, sizeof byte, "at byte %lld: ", (long long)(at - decoder->start));
  snprintf(decoder->message, sizeof decoder->message, "%s%s%s%s%.200s of schema \"%s\"",
           size == 0 ? "" : "field \"", path, size == 0 ? "" : "\": ", byte, problem, own->schema->title);
  json_text_show(decoder->message);
}

// Writes the value of a keyword as messages show it; "" for those that are long.
static void write_keyword(const json_tree *value, char *out, size_t size) {
  static const char *const literals[] = {"null", "false", "true"};
  out[0] = '\0';
  if (value == NULL || value->kind >= JSON_TREE_ARRAY)
    return;
  const char *quote = value->kind == JSON_TREE_STRING ? "\"" : "";
  const char *text = value->kind <= JSON_TREE_TRUE ? literals[value->kind] : value->text;
  snprintf(out, size, ": %s%.60s%s", quote, text, quote);
  json_text_show(out);
}

json_verdict json_check_fail(json_checker *own, const json_rule *rule, const char *keyword, const uint8_t *at,
                             const json_place *place) {
  char value[96], found[SHOWN_MAX + 1], problem[200];
  if (own->is_silent)
    return JSON_FAILS;
  write_keyword(json_tree_member(rule->text, keyword), value, sizeof value);
  const uint8_t *end = json_skip_value(own->decoder, at);
  int64_t size = end == NULL ? 0 : end - at, shown = size > SHOWN_MAX ? SHOWN_MAX : size;
  memcpy(found, at, (size_t)shown);
  found[shown] = '\0';
  json_text_show(found);
  snprintf(problem, sizeof problem, "%s%s is against \"%s\"%s", found, size > SHOWN_MAX ? "…" : "", keyword,
           value);
  json_text_show(problem);
  note(own, place, at, problem);
  return JSON_FAILS;
}

json_verdict json_check_missing(json_checker *own, const char *name, const char *keyword, const uint8_t *at,
                                const json_place *place) {
  char problem[160];
  if (own->is_silent)
    return JSON_FAILS;
  snprintf(problem, sizeof problem, "the member \"%.100s", name);
  json_text_show(problem);
  size_t used = strlen(problem);
  snprintf(problem + used, sizeof problem - used, "\" is missing, against \"%s\"", keyword);
  note(own, place, at, problem);
  return JSON_FAILS;
}

json_verdict json_check_stop_at(json_checker *own, const char *problem, const uint8_t *at,
                                const json_place *place) {
  if (!own->is_stopped)
    note(own, place, at, problem);
  own->is_stopped = 1;
  return JSON_FAILS;
}

json_verdict json_check_stop(json_checker *own, const char *problem) {
  return json_check_stop_at(own, problem, own->decoder->start, NULL);
}

int json_check_is_over(json_checker *own) {
  if (own->steps_left < 0)
    json_check_stop(own, "the message takes too many steps to check by the rules");
  return own->steps_left < 0;
}

static int is_whole(const uint8_t *at, const uint8_t *end) {
  int128 whole;
  for (const uint8_t *c = at + (*at == '-'); c < end; c++)
    if (!number_is_digit(*c))
      return number_scaled(at, end, 0, &whole) != NUMBER_INEXACT;
  return 1;
}

// JSON_IS_*: the type of the value at `at`; `*end` becomes the end of one that is a number or a literal.
static uint32_t type_at(const uint8_t *at, const uint8_t **end) {
  switch (*at) {
  case '"':
    return JSON_IS_STRING;
  case '{':
    return JSON_IS_OBJECT;
  case '[':
    return JSON_IS_ARRAY;
  case 'n':
    *end = at + 4;
    return JSON_IS_NULL;
  case 't':
  case 'f':
    *end = at + (*at == 't' ? 4 : 5);
    return JSON_IS_BOOLEAN;
  default:
    *end = number_end(at);
    return JSON_IS_NUMBER | (is_whole(at, *end) ? JSON_IS_INTEGER : 0);
  }
}

static json_verdict check_type(json_checker *own, const json_rule *rule, uint32_t type, const uint8_t *at,
                               const json_place *place, const uint8_t **end) {
  if (type == JSON_IS_OBJECT)
    return json_check_object(own, rule, at, place, end);
  if (type == JSON_IS_ARRAY)
    return json_check_array(own, rule, at, place, end);
  if (type == JSON_IS_STRING)
    return json_check_string(own, rule, at, place, end);
  return (type & JSON_IS_NUMBER) != 0 ? json_check_number(own, rule, at, *end, place) : JSON_HOLDS;
}

static json_verdict check_values(json_checker *own, const json_rule *rule, const uint8_t *at,
                                 const json_place *place) {
  int is_found = rule->values == NULL;
  const json_tree *one = is_found ? NULL : rule->values->first;
  for (; one != NULL && !is_found; one = one->next, own->steps_left--)
    is_found = json_equals(own, at, one);
  if (!is_found)
    return json_check_fail(own, rule, "enum", at, place);
  if (rule->constant != NULL && !json_equals(own, at, rule->constant))
    return json_check_fail(own, rule, "const", at, place);
  return JSON_HOLDS;
}

static json_verdict check(json_checker *own, const json_rule *rule, const uint8_t *at, const json_place *place,
                          const uint8_t **end) {
  uint32_t type = type_at(at, end);
  if ((rule->types & type) == 0)
    return json_check_fail(own, rule, rule->types == 0 ? "false" : "type", at, place);
  json_verdict verdict = (rule->unchecked & type) != 0 ? JSON_UNSURE : JSON_HOLDS;
  verdict = json_least(verdict, check_type(own, rule, type, at, place, end));
  if (verdict == JSON_FAILS || !rule->has_more)
    return verdict;
  if (rule->values != NULL || rule->constant != NULL)
    verdict = json_least(verdict, check_values(own, rule, at, place));
  return verdict == JSON_FAILS ? verdict : json_least(verdict, json_check_others(own, rule, type, at, place));
}

json_verdict json_check_value(json_checker *own, const json_rule *rule, const uint8_t *at,
                              const json_place *place, const uint8_t **end) {
  if (rule == NULL || (!rule->has_more && rule->types == JSON_IS_ANY)) {
    *end = json_skip_value(own->decoder, at);
    return *end == NULL ? json_check_stop(own, "what is no JSON can't be held against the rules") : JSON_HOLDS;
  }
  if (own->is_stopped || own->depth == JSON_CHECK_DEPTH_MAX)
    return json_check_stop(own, "at one place the message takes more than 256 rules");
  own->depth++;
  json_verdict verdict = check(own, rule, at, place, end);
  own->depth--;
  own->steps_left -= 1 + (verdict == JSON_FAILS ? 0 : (*end - at) / 16);
  return json_check_is_over(own) ? JSON_FAILS : verdict;
}

int json_check(json_decoder *decoder, json_check_room *room, const json_schema *schema, int is_written) {
  const uint8_t *at = json_space(decoder->start), *end = NULL;
  json_checker own = {.decoder = decoder,
                      .room = room,
                      .schema = schema,
                      .is_written = is_written,
                      .steps_left =
                          JSON_CHECK_STEPS + JSON_CHECK_STEPS_PER_BYTE * (decoder->end - decoder->start)};
  decoder->depth = 0;
  return json_check_value(&own, schema->root, at, NULL, &end) != JSON_FAILS && !own.is_stopped &&
         !decoder->is_out_of_memory;
}

void json_check_room_free(json_check_room *room) {
  free(room->items);
  json_matcher_free(room->matcher);
  *room = (json_check_room){NULL, 0, NULL};
}
