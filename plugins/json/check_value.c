#include "../common/number.h"
#include "check.h"

static int64_t count_points(const uint8_t *bytes, int64_t size) {
  int64_t count = 0;
  for (int64_t i = 0; i < size; i++)
    count += (bytes[i] & 0xC0) != 0x80;
  return count;
}

json_verdict json_check_match(json_checker *own, const json_pattern *pattern, const json_string *text,
                              const uint8_t *at, const json_place *place) {
  char problem[160];
  switch (json_pattern_match(pattern, &own->room->matcher, text->bytes, text->size, &own->steps_left)) {
  case JSON_MATCHES:
    return JSON_HOLDS;
  case JSON_MATCHES_NOT:
    return JSON_FAILS;
  case JSON_MATCH_UNKNOWN:
    return JSON_UNSURE;
  case JSON_MATCH_TOO_LONG:
    snprintf(problem, sizeof problem, "it takes too many steps or too much memory to match \"%.60s",
             pattern->text);
    json_text_show(problem);
    strcat(problem, "\"");
    return json_check_stop_at(own, problem, at, place);
  default:
    json_fail_memory(own->decoder);
    return json_check_stop(own, "out of memory for the rules");
  }
}

json_verdict json_check_string(json_checker *own, const json_rule *rule, const uint8_t *at,
                               const json_place *place, const uint8_t **end) {
  json_string string;
  *end = json_string_read(own->decoder, at + 1, &string);
  if (rule->lengths.least < 0 && rule->lengths.most < 0 && rule->pattern == NULL)
    return JSON_HOLDS;
  if (!json_string_plain(own->decoder, &string))
    return json_check_stop(own, "out of memory for the rules");
  const char *keyword =
      json_limit_of(&rule->lengths, count_points(string.bytes, string.size), "minLength", "maxLength");
  if (keyword != NULL)
    return json_check_fail(own, rule, keyword, at, place);
  json_verdict verdict =
      rule->pattern == NULL ? JSON_HOLDS : json_check_match(own, rule->pattern, &string, at, place);
  return verdict != JSON_FAILS || own->is_stopped ? verdict : json_check_fail(own, rule, "pattern", at, place);
}

// How a number compares to a bound, as number_order.
static int order_of(const uint8_t *at, const uint8_t *end, const json_tree *bound) {
  const uint8_t *text = (const uint8_t *)bound->text;
  return number_order(at, end, text, text + bound->size);
}

static json_verdict check_multiple(const json_tree *of, const uint8_t *at, const uint8_t *end) {
  const uint8_t *text = (const uint8_t *)of->text;
  int128 divisor, value;
  int scale = 0, failure;
  while ((failure = number_scaled(text, text + of->size, scale, &divisor)) == NUMBER_INEXACT && scale < 38)
    scale++;
  if (failure != 0 || divisor == 0)
    return JSON_UNSURE;
  failure = number_scaled(at, end, scale, &value);
  if (failure == NUMBER_OVERFLOW)
    return JSON_UNSURE;
  return failure == 0 && value % divisor == 0 ? JSON_HOLDS : JSON_FAILS;
}

// Whether a number is a whole one of at most 18 digits, written as such, that the bounds allow.
static int is_within(const json_rule *rule, const uint8_t *at, const uint8_t *end) {
  const uint8_t *digit = at + (*at == '-');
  int64_t value = 0;
  if (end - digit > 18)
    return 0;
  for (; digit < end && number_is_digit(*digit); digit++)
    value = value * 10 + (*digit - '0');
  value = *at == '-' ? -value : value;
  return digit == end && value >= rule->least && value <= rule->most;
}

static json_verdict check_bounds(json_checker *own, const json_rule *rule, const uint8_t *at,
                                 const uint8_t *end, const json_place *place) {
  if (rule->minimum != NULL && order_of(at, end, rule->minimum) < 0)
    return json_check_fail(own, rule, "minimum", at, place);
  if (rule->maximum != NULL && order_of(at, end, rule->maximum) > 0)
    return json_check_fail(own, rule, "maximum", at, place);
  if (rule->above != NULL && order_of(at, end, rule->above) <= 0)
    return json_check_fail(own, rule, "exclusiveMinimum", at, place);
  if (rule->below != NULL && order_of(at, end, rule->below) >= 0)
    return json_check_fail(own, rule, "exclusiveMaximum", at, place);
  return JSON_HOLDS;
}

json_verdict json_check_number(json_checker *own, const json_rule *rule, const uint8_t *at, const uint8_t *end,
                               const json_place *place) {
  if (!rule->has_more)
    return JSON_HOLDS;
  if (!is_within(rule, at, end) && check_bounds(own, rule, at, end, place) == JSON_FAILS)
    return JSON_FAILS;
  json_verdict verdict = rule->multiple_of == NULL ? JSON_HOLDS : check_multiple(rule->multiple_of, at, end);
  return verdict != JSON_FAILS ? verdict : json_check_fail(own, rule, "multipleOf", at, place);
}

// Items that `contains` holds for, and those of which it is not known.
typedef struct wanted {
  int64_t good, unsure;
} wanted;

static int64_t least_wanted(const json_rule *rule) {
  return rule->contained.least < 0 ? 1 : rule->contained.least;
}

// Counts an item by `contains`, if it still matters.
static void count_wanted(json_checker *own, const json_rule *rule, wanted *counts, const uint8_t *at,
                         const json_place *place) {
  const uint8_t *end;
  if (rule->contains == NULL || (rule->contained.most < 0 && counts->good >= least_wanted(rule)))
    return;
  own->is_silent++;
  json_verdict verdict = json_check_value(own, rule->contains, at, place, &end);
  own->is_silent--;
  counts->good += verdict == JSON_HOLDS;
  counts->unsure += verdict == JSON_UNSURE;
}

static json_verdict check_wanted(json_checker *own, const json_rule *rule, const wanted *counts,
                                 const uint8_t *at, const json_place *place) {
  int64_t least = least_wanted(rule), most = rule->contained.most, all = counts->good + counts->unsure;
  if (rule->contains == NULL)
    return JSON_HOLDS;
  if (all < least)
    return json_check_fail(own, rule, rule->contained.least < 0 ? "contains" : "minContains", at, place);
  if (most >= 0 && counts->good > most)
    return json_check_fail(own, rule, "maxContains", at, place);
  return counts->good < least || (most >= 0 && all > most) ? JSON_UNSURE : JSON_HOLDS;
}

json_verdict json_check_array(json_checker *own, const json_rule *rule, const uint8_t *start,
                              const json_place *place, const uint8_t **end) {
  const json_place item = {place, NULL, 0};
  json_verdict verdict = JSON_HOLDS;
  wanted counts = {0, 0};
  const uint8_t *at = json_space(start + 1);
  int64_t count = 0;
  for (; *at != ']'; count++) {
    const json_rule *inner = count < rule->first_items.count ? rule->first_items.all[count] : rule->other_items;
    count_wanted(own, rule, &counts, at, &item);
    verdict = json_least(verdict, json_check_value(own, inner, at, &item, &at));
    if (verdict == JSON_FAILS)
      return verdict;
    at = json_next(at);
  }
  *end = at + 1;
  const char *keyword = json_limit_of(&rule->items, count, "minItems", "maxItems");
  if (keyword != NULL)
    return json_check_fail(own, rule, keyword, start, place);
  if (rule->has_unique_items && json_check_unique(own, rule, count, start, place) == JSON_FAILS)
    return JSON_FAILS;
  return json_least(verdict, check_wanted(own, rule, &counts, start, place));
}
