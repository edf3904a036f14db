#include "check.h"

// Checks a rule whose failure is none of the value's.
static json_verdict check_silently(json_checker *own, const json_rule *rule, const uint8_t *at,
                                   const json_place *place) {
  const uint8_t *end;
  own->is_silent++;
  json_verdict verdict = json_check_value(own, rule, at, place, &end);
  own->is_silent--;
  return verdict;
}

static json_verdict check_all(json_checker *own, const json_rules *rules, const uint8_t *at,
                              const json_place *place) {
  const uint8_t *end;
  json_verdict verdict = JSON_HOLDS;
  for (uint32_t i = 0; i < rules->count && verdict != JSON_FAILS; i++)
    verdict = json_least(verdict, json_check_value(own, rules->all[i], at, place, &end));
  return verdict;
}

// The only one of some rules that values of a type can be good by; NULL if there are more, or none.
static const json_rule *only_rule(const json_rules *rules, uint32_t type) {
  const json_rule *only = NULL;
  for (uint32_t i = 0; i < rules->count; i++) {
    if ((rules->all[i]->possible & type) == 0)
      continue;
    if (only != NULL)
      return NULL;
    only = rules->all[i];
  }
  return only;
}

// Checks `anyOf` or, `is_one`, `oneOf`.
static json_verdict check_any(json_checker *own, const json_rule *rule, const json_rules *rules, int is_one,
                              uint32_t type, const uint8_t *at, const json_place *place) {
  int good = 0, unsure = 0;
  const uint8_t *end;
  const json_rule *only = only_rule(rules, type);
  if (only != NULL) // what fails there says more than that none is good
    return json_check_value(own, only, at, place, &end);
  for (uint32_t i = 0; i < rules->count && good < 1 + is_one; i++) {
    if ((rules->all[i]->possible & type) == 0)
      continue;
    json_verdict verdict = check_silently(own, rules->all[i], at, place);
    good += verdict == JSON_HOLDS;
    unsure += verdict == JSON_UNSURE;
  }
  if (good > 1 || good + unsure == 0)
    return json_check_fail(own, rule, is_one ? "oneOf" : "anyOf", at, place);
  return good == 1 && (!is_one || unsure == 0) ? JSON_HOLDS : JSON_UNSURE;
}

static json_verdict check_negated(json_checker *own, const json_rule *rule, const uint8_t *at,
                                  const json_place *place) {
  json_verdict verdict = check_silently(own, rule->negated, at, place);
  if (verdict == JSON_HOLDS)
    return json_check_fail(own, rule, "not", at, place);
  return verdict == JSON_FAILS ? JSON_HOLDS : JSON_UNSURE;
}

static json_verdict check_condition(json_checker *own, const json_rule *rule, const uint8_t *at,
                                    const json_place *place) {
  const uint8_t *end;
  json_verdict verdict = check_silently(own, rule->condition, at, place);
  if (verdict == JSON_UNSURE)
    return JSON_UNSURE;
  const json_rule *next = verdict == JSON_HOLDS ? rule->consequence : rule->alternative;
  return next == NULL ? JSON_HOLDS : json_check_value(own, next, at, place, &end);
}

json_verdict json_check_others(json_checker *own, const json_rule *rule, uint32_t type, const uint8_t *at,
                               const json_place *place) {
  const uint8_t *end;
  json_verdict verdict =
      rule->reference == NULL ? JSON_HOLDS : json_check_value(own, rule->reference, at, place, &end);
  if (verdict != JSON_FAILS)
    verdict = json_least(verdict, check_all(own, &rule->all_of, at, place));
  if (verdict != JSON_FAILS && rule->any_of.count > 0)
    verdict = json_least(verdict, check_any(own, rule, &rule->any_of, 0, type, at, place));
  if (verdict != JSON_FAILS && rule->one_of.count > 0)
    verdict = json_least(verdict, check_any(own, rule, &rule->one_of, 1, type, at, place));
  if (verdict != JSON_FAILS && rule->negated != NULL)
    verdict = json_least(verdict, check_negated(own, rule, at, place));
  if (verdict != JSON_FAILS && rule->condition != NULL)
    verdict = json_least(verdict, check_condition(own, rule, at, place));
  return verdict;
}
