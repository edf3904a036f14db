/// Regular expressions of `pattern` and `patternProperties`: those of PCRE2
/// (https://www.pcre.org/current/doc/html/), set to come near ECMA-262's, over code points.
#ifndef JSON_PATTERN_H
#define JSON_PATTERN_H

#include "../common/arena.h"

#include <stdint.h>

/// Bytes of a pattern's text at most, and of the memory that all patterns of a schema take, what it takes to
/// make them included.
#define JSON_PATTERN_SIZE_MAX 8192
#define JSON_PATTERNS_MEMORY_MAX (INT64_C(8) << 20)
/// Memory that a match takes at most, in KiB.
#define JSON_MATCH_MEMORY_MAX_KIB 65536

struct json_tree;

/// A pattern. Constant once read.
typedef struct json_pattern {
  /// The keyword's value, or the one whose key it is.
  const struct json_tree *at;
  const char *text;
  int64_t size;
  /// PCRE2's; NULL: it can't be matched for the reason `problem`.
  const void *code;
  const char *problem;
  /// Not 0: it compares with what it found before, as `\1` does.
  int has_references;
  /// The one that was read next.
  const struct json_pattern *next;
} json_pattern;

/// What comes of matching.
typedef enum json_match_result {
  JSON_MATCHES_NOT,
  JSON_MATCHES,
  /// The pattern has no code.
  JSON_MATCH_UNKNOWN,
  /// It takes too many steps or too much memory.
  JSON_MATCH_TOO_LONG,
  JSON_MATCH_NO_MEMORY
} json_match_result;

/// What matching needs of memory. NULL is one that has none yet. One thread at a time.
typedef struct json_matcher json_matcher;

/// Makes a pattern's code, the arena's, of its text. `*memory_left` is what is left for all patterns. 0 without
/// memory; what is no pattern has no code. [any]
int json_pattern_read(arena *arena, int64_t *memory_left, json_pattern *pattern);

/// Whether a pattern matches somewhere in a text, valid UTF-8. Each place in the pattern that is tried is a
/// step, and so are each 4 bytes that one goes over, or each 16 of all of the text where the pattern has
/// references. [task]
json_match_result json_pattern_match(const json_pattern *pattern, json_matcher **matcher, const uint8_t *bytes,
                                     int64_t size, int64_t *steps_left);

/// Frees a matcher; NULL is ignored. [any]
void json_matcher_free(json_matcher *matcher);

#endif
