#include "../common/number.h"
#include "check.h"
#include "text.h"

// Whether a count is within limits; else the keyword that it is against.
static const char *limit_of(const json_limits *limits, int64_t count, const char *least, const char *most) {
  if (count < limits->least)
    return least;
  return limits->most >= 0 && count > limits->most ? most : NULL;
}

static int64_t count_points(const uint8_t *bytes, int64_t size) {
  int64_t count = 0;
  for (int64_t i = 0; i < size; i++)
    count += (bytes[i] & 0xC0) != 0x80;
  return count;
}

json_verdict json_check_string(json_checker *own, const json_rule *rule, const uint8_t *at,
                               const json_place *place, const uint8_t **end) {
  json_string string;
  *end = json_string_read(own->decoder, at + 1, &string);
  if (rule->lengths.least < 0 && rule->lengths.most < 0)
    return JSON_HOLDS;
  if (!json_string_plain(own->decoder, &string))
    return json_check_stop(own, "out of memory for the rules");
  const char *keyword =
      limit_of(&rule->lengths, count_points(string.bytes, string.size), "minLength", "maxLength");
  return keyword == NULL ? JSON_HOLDS : json_check_fail(own, rule, keyword, at, place);
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

// Checks whether an item is the one that `contains` wants.
static json_verdict check_wanted(json_checker *own, const json_rule *wanted, const uint8_t *at,
                                 const json_place *place) {
  const uint8_t *end;
  own->is_silent++;
  json_verdict verdict = json_check_value(own, wanted, at, place, &end);
  own->is_silent--;
  return verdict;
}

json_verdict json_check_array(json_checker *own, const json_rule *rule, const uint8_t *start,
                              const json_place *place, const uint8_t **end) {
  const json_place item = {place, NULL, 0};
  json_verdict verdict = JSON_HOLDS, wanted = rule->contains == NULL ? JSON_HOLDS : JSON_FAILS;
  const uint8_t *at = json_space(start + 1);
  int64_t count = 0;
  for (; *at != ']'; count++) {
    const json_rule *inner = count < rule->first_items.count ? rule->first_items.all[count] : rule->other_items;
    if (wanted != JSON_HOLDS) {
      json_verdict one = check_wanted(own, rule->contains, at, &item);
      wanted = one > wanted ? one : wanted;
    }
    verdict = json_least(verdict, json_check_value(own, inner, at, &item, &at));
    if (verdict == JSON_FAILS)
      return verdict;
    at = json_space(at);
    at = *at == ',' ? json_space(at + 1) : at;
  }
  *end = at + 1;
  const char *keyword = limit_of(&rule->items, count, "minItems", "maxItems");
  if (keyword == NULL && wanted == JSON_FAILS)
    keyword = "contains";
  return keyword != NULL ? json_check_fail(own, rule, keyword, start, place) : json_least(verdict, wanted);
}

// The members of an object, as far as they have been seen.
typedef struct members {
  int64_t count;
  uint32_t guess;
  uint64_t required[JSON_REQUIRED_MAX / 64];
} members;

static const json_member *member_called(const json_rule *rule, members *seen, const uint8_t *name,
                                        int64_t size) {
  const json_member *member = seen->guess < rule->named_count ? &rule->named[seen->guess] : NULL;
  if (member == NULL || member->name_size != size || memcmp(member->name, name, (size_t)size) != 0)
    member = json_rule_member(rule, name, size);
  if (member == NULL)
    return NULL;
  seen->guess = (uint32_t)(member - rule->named) + 1;
  if (member->required >= 0)
    seen->required[member->required / 64] |= UINT64_C(1) << (member->required % 64);
  return member;
}

// Checks a member whose name begins at `*at`; moves behind it.
static json_verdict check_member(json_checker *own, const json_rule *rule, members *seen, const uint8_t **at,
                                 const json_place *place) {
  json_string name;
  const uint8_t *start = *at, *value = json_space(json_string_read(own->decoder, start + 1, &name)) + 1;
  const json_place inside = {place, name.bytes, name.size};
  if (!json_string_plain(own->decoder, &name))
    return json_check_stop(own, "out of memory for the rules");
  const json_member *member = member_called(rule, seen, name.bytes, name.size);
  value = json_space(value);
  const uint8_t *end;
  json_verdict verdict =
      rule->each_name == NULL ? JSON_HOLDS : json_check_value(own, rule->each_name, start, &inside, &end);
  if (verdict == JSON_FAILS)
    return verdict;
  const json_rule *inner = member == NULL ? NULL : member->rule;
  if (inner == NULL && !rule->has_patterns)
    inner = rule->additional;
  if (inner != NULL && inner == rule->additional && inner->types == 0)
    return json_check_fail(own, rule, "additionalProperties", value, &inside);
  if (rule->has_patterns)
    verdict = JSON_UNSURE;
  return json_least(verdict, json_check_value(own, inner, value, &inside, at));
}

static json_verdict check_required(json_checker *own, const json_rule *rule, const members *seen,
                                   const uint8_t *at, const json_place *place) {
  for (uint32_t i = 0; i < rule->named_count && rule->required_count > 0; i++) {
    int64_t number = rule->named[i].required;
    if (number >= 0 && (seen->required[number / 64] >> (number % 64) & 1) == 0)
      return json_check_missing(own, rule->named[i].name, at, place);
  }
  return JSON_HOLDS;
}

json_verdict json_check_object(json_checker *own, const json_rule *rule, const uint8_t *start,
                               const json_place *place, const uint8_t **end) {
  members seen;
  json_verdict verdict = JSON_HOLDS;
  const uint8_t *at = json_space(start + 1);
  seen.count = seen.guess = 0;
  for (uint32_t word = 0; word * 64 < rule->required_count; word++)
    seen.required[word] = 0;
  for (; *at != '}'; seen.count++) {
    verdict = json_least(verdict, check_member(own, rule, &seen, &at, place));
    if (verdict == JSON_FAILS)
      return verdict;
    at = json_space(at);
    at = *at == ',' ? json_space(at + 1) : at;
  }
  *end = at + 1;
  const char *keyword = limit_of(&rule->members, seen.count, "minProperties", "maxProperties");
  return keyword != NULL ? json_check_fail(own, rule, keyword, start, place)
                         : json_least(verdict, check_required(own, rule, &seen, start, place));
}
