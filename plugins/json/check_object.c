#include "check.h"

// The members of an object, as far as they have been seen.
typedef struct members {
  int64_t count;
  uint32_t guess;
  uint64_t noted[JSON_NOTED_MAX / 64];
} members;

static const json_member *member_called(const json_rule *rule, members *seen, const uint8_t *name,
                                        int64_t size) {
  const json_member *member = seen->guess < rule->named_count ? &rule->named[seen->guess] : NULL;
  if (member == NULL || member->name_size != size || memcmp(member->name, name, (size_t)size) != 0)
    member = json_rule_member(rule, name, size);
  if (member == NULL)
    return NULL;
  seen->guess = (uint32_t)(member - rule->named) + 1;
  if (member->number >= 0)
    seen->noted[member->number / 64] |= UINT64_C(1) << (member->number % 64);
  return member;
}

// A member: where it begins, its value, and where it is; `place` has its name as it lies there.
typedef struct member_text {
  const uint8_t *start, *value;
  json_place place;
  int has_escapes;
} member_text;

// Checks a member by `patternProperties`; `*is_matched` becomes 1 if one is of it.
static json_verdict check_matched(json_checker *own, const json_rule *rule, const member_text *member,
                                  int *is_matched) {
  const uint8_t *end;
  json_verdict verdict = JSON_HOLDS;
  for (uint32_t i = 0; i < rule->matched_count && verdict != JSON_FAILS; i++) {
    json_string name = {member->place.name, member->place.size, member->has_escapes};
    if (!json_string_plain(own->decoder, &name))
      return json_check_stop(own, "out of memory for the rules");
    json_verdict match = json_check_match(own, rule->matched[i].name, &name, member->start, &member->place);
    if (own->is_stopped)
      return JSON_FAILS;
    if (match == JSON_UNSURE)
      verdict = JSON_UNSURE;
    if (match != JSON_HOLDS)
      continue;
    *is_matched = 1;
    verdict =
        json_least(verdict, json_check_value(own, rule->matched[i].rule, member->value, &member->place, &end));
  }
  return verdict;
}

// Checks a member's value by what is said of its name; moves behind it.
static json_verdict check_inside(json_checker *own, const json_rule *rule, const json_rule *inner,
                                 const member_text *member, const uint8_t **end) {
  int is_matched = inner != NULL;
  json_verdict verdict = check_matched(own, rule, member, &is_matched);
  if (verdict == JSON_FAILS)
    return verdict;
  if (!is_matched && verdict != JSON_UNSURE) // then it is not known whether a pattern is of it
    inner = rule->additional;
  if (inner != NULL && inner == rule->additional && inner->types == 0)
    return json_check_fail(own, rule, "additionalProperties", member->value, &member->place);
  return json_least(verdict, json_check_value(own, inner, member->value, &member->place, end));
}

// Checks a member whose name begins at `*at`; moves behind it.
static json_verdict check_member(json_checker *own, const json_rule *rule, members *seen, const uint8_t **at,
                                 const json_place *place) {
  json_string name;
  const uint8_t *colon = json_space(json_string_read(own->decoder, *at + 1, &name)), *end;
  const member_text text = {*at, json_space(colon + 1), {place, name.bytes, name.size}, name.has_escapes};
  if (!json_string_plain(own->decoder, &name))
    return json_check_stop(own, "out of memory for the rules");
  const json_member *member = member_called(rule, seen, name.bytes, name.size);
  json_verdict verdict = rule->each_name == NULL
                             ? JSON_HOLDS
                             : json_check_value(own, rule->each_name, text.start, &text.place, &end);
  if (verdict == JSON_FAILS)
    return verdict;
  return json_least(verdict, check_inside(own, rule, member == NULL ? NULL : member->rule, &text, at));
}

static int is_seen(const members *seen, const json_member *member) {
  return (seen->noted[member->number / 64] >> (member->number % 64) & 1) != 0;
}

static json_verdict check_required(json_checker *own, const json_rule *rule, const members *seen,
                                   const uint8_t *at, const json_place *place) {
  for (uint32_t i = 0; i < rule->named_count && rule->required_count > 0; i++)
    if (rule->named[i].is_required && !is_seen(seen, &rule->named[i]))
      return json_check_missing(own, rule->named[i].name, "required", at, place);
  return JSON_HOLDS;
}

static json_verdict check_dependencies(json_checker *own, const json_rule *rule, const members *seen,
                                       const uint8_t *at, const json_place *place) {
  const uint8_t *end;
  json_verdict verdict = JSON_HOLDS;
  own->steps_left -= rule->dependency_count / 16;
  for (uint32_t i = 0; i < rule->dependency_count && verdict != JSON_FAILS; i++) {
    const json_dependency *one = &rule->dependencies[i];
    if (!is_seen(seen, one->trigger))
      continue;
    if (one->needed != NULL && !is_seen(seen, one->needed))
      return json_check_missing(own, one->needed->name, one->keyword, at, place);
    if (one->rule != NULL)
      verdict = json_least(verdict, json_check_value(own, one->rule, at, place, &end));
  }
  return verdict;
}

json_verdict json_check_object(json_checker *own, const json_rule *rule, const uint8_t *start,
                               const json_place *place, const uint8_t **end) {
  members seen;
  json_verdict verdict = JSON_HOLDS;
  const uint8_t *at = json_space(start + 1);
  seen.count = seen.guess = 0;
  for (uint32_t word = 0; word * 64 < rule->noted_count; word++)
    seen.noted[word] = 0;
  for (; *at != '}'; seen.count++) {
    verdict = json_least(verdict, check_member(own, rule, &seen, &at, place));
    if (verdict == JSON_FAILS)
      return verdict;
    at = json_next(at);
  }
  *end = at + 1;
  const char *keyword = json_limit_of(&rule->members, seen.count, "minProperties", "maxProperties");
  if (keyword != NULL)
    return json_check_fail(own, rule, keyword, start, place);
  if (check_required(own, rule, &seen, start, place) == JSON_FAILS)
    return JSON_FAILS;
  return json_least(verdict, check_dependencies(own, rule, &seen, start, place));
}
