/// Holding messages against a schema, as they lie there: no tree of values is made. What several rules say of a
/// value is read as often as there are rules.
#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include "decoder.h"
#include "schema.h"
#include "text.h"

/// Steps that a message may take, and how many more for each of its bytes.
#define JSON_CHECK_STEPS 65536
#define JSON_CHECK_STEPS_PER_BYTE 64
/// Rules that lie within one another at most, through values and through rules for the same value.
#define JSON_CHECK_DEPTH_MAX 256

/// What comes of a rule: the value is against it, it has something that is not checked, or it holds. In this
/// order, so that the least of some is what comes of all of them.
typedef enum json_verdict { JSON_FAILS, JSON_UNSURE, JSON_HOLDS } json_verdict;

/// Where a value is: a member of that name (NULL: an item) of the value at `up`. The message itself is NULL.
typedef struct json_place {
  const struct json_place *up;
  const uint8_t *name;
  int64_t size;
} json_place;

struct json_item;

/// Memory that checks use again and again. Begins as zeros. One thread at a time.
typedef struct json_check_room {
  /// A table of items; a power of two of them, or 0.
  struct json_item *items;
  uint64_t item_capacity;
  json_matcher *matcher;
} json_check_room;

/// Frees what there is in it. [any]
void json_check_room_free(json_check_room *room);

/// The state of checking a message. One thread at a time.
typedef struct json_checker {
  /// Its text, which is known to be well-formed; takes the failure.
  json_decoder *decoder;
  json_check_room *room;
  const json_schema *schema;
  /// Not 0: the message is written, so that positions in it mean nothing to anyone.
  int is_written;
  int64_t steps_left;
  int depth;
  /// Not 0 while what fails is no failure of the message.
  int is_silent;
  /// Not 0: it can't be said whether the message is good.
  int is_stopped;
} json_checker;

/// Whether the message that the decoder has from `start` to `end`, well-formed and with 64 zeros or other bytes
/// behind it, is what the schema allows. 0, with JSON_NOT_ALLOWED and what differs in the decoder, if it is
/// not; or noted without memory. [task]
int json_check(json_decoder *decoder, json_check_room *room, const json_schema *schema, int is_written);

/// Checks the value at `at`; `*end` becomes the position behind it, unless it fails. NULL says nothing. [task]
json_verdict json_check_value(json_checker *own, const json_rule *rule, const uint8_t *at,
                              const json_place *place, const uint8_t **end);

/// Checks what a rule says of values of one type only. [task]
json_verdict json_check_object(json_checker *own, const json_rule *rule, const uint8_t *at,
                               const json_place *place, const uint8_t **end);
json_verdict json_check_array(json_checker *own, const json_rule *rule, const uint8_t *at,
                              const json_place *place, const uint8_t **end);
json_verdict json_check_string(json_checker *own, const json_rule *rule, const uint8_t *at,
                               const json_place *place, const uint8_t **end);
json_verdict json_check_number(json_checker *own, const json_rule *rule, const uint8_t *at, const uint8_t *end,
                               const json_place *place);

/// Checks that no two of an array's `count` items are the same. [task]
json_verdict json_check_unique(json_checker *own, const json_rule *rule, int64_t count, const uint8_t *at,
                               const json_place *place);

/// Checks what other rules a rule has for the same value, which is of `type`. [task]
json_verdict json_check_others(json_checker *own, const json_rule *rule, uint32_t type, const uint8_t *at,
                               const json_place *place);

/// Notes that a value is against a keyword of a rule. Returns JSON_FAILS. [task]
json_verdict json_check_fail(json_checker *own, const json_rule *rule, const char *keyword, const uint8_t *at,
                             const json_place *place);

/// Notes that an object lacks a member that it needs by a keyword. Returns JSON_FAILS. [task]
json_verdict json_check_missing(json_checker *own, const char *name, const char *keyword, const uint8_t *at,
                                const json_place *place);

/// Ends the check: it can't be finished for the reason `problem`. Returns JSON_FAILS. [task]
json_verdict json_check_stop(json_checker *own, const char *problem);

/// Ends the check for a reason that the value at `at` is. Returns JSON_FAILS. [task]
json_verdict json_check_stop_at(json_checker *own, const char *problem, const uint8_t *at,
                                const json_place *place);

/// Whether a text matches a pattern: JSON_UNSURE if that can't be said. JSON_FAILS, too, if it takes too long,
/// which ends the check. [task]
json_verdict json_check_match(json_checker *own, const json_pattern *pattern, const json_string *text,
                              const uint8_t *at, const json_place *place);

/// Ends the check if it has taken too many steps. Returns 1 if it has. [task]
int json_check_is_over(json_checker *own);

/// Whether the value at `at` is the one of a tree: numbers by value, objects in any order. 0, too, where the
/// steps or the memory don't suffice, which is noted, or will be once the value is checked. [task]
int json_equals(json_checker *own, const uint8_t *at, const json_tree *tree);

/// Behind the comma that follows an item or a member at `at`; at the bracket if there is none. [any]
static inline const uint8_t *json_next(const uint8_t *at) {
  at = json_space(at);
  return *at == ',' ? json_space(at + 1) : at;
}

/// The keyword that a count is against; NULL if it is within limits. [any]
static inline const char *json_limit_of(const json_limits *limits, int64_t count, const char *least,
                                        const char *most) {
  if (count < limits->least)
    return least;
  return limits->most >= 0 && count > limits->most ? most : NULL;
}

static inline json_verdict json_least(json_verdict a, json_verdict b) { return a < b ? a : b; }

#endif
