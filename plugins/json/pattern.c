#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ECMA-262's meaning where PCRE2 has both: `\u0041`, `[]` and `[^]`, groups that did not match, `$` that is the
// end only. Callouts count the steps. `\d`, `\w` and `\b` are of ASCII, as there.
#define OPTIONS                                                                                                \
  (PCRE2_UTF | PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF | PCRE2_DOLLAR_ENDONLY |   \
   PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT)

// Groups within one another, and hyphens that become escaped, at most; the size of a text whose match's memory
// is kept.
enum { GROUPS_MAX = 64, HYPHENS_MAX = 64, KEPT_SIZE = 65536, PROBLEM_MAX = 256 };

// Memory of patterns: the arena's, as far as it may go.
typedef struct source {
  arena *arena;
  int64_t *left;
  // Not 0 after there was none, though there might have been.
  int is_out_of_memory;
} source;

static void *get(size_t size, void *from_source) {
  source *from = from_source;
  if ((int64_t)size > *from->left)
    return NULL;
  *from->left -= (int64_t)size;
  void *memory = arena_get(from->arena, size);
  from->is_out_of_memory |= memory == NULL;
  return memory;
}

// The arena frees all of it.
static void give_back(void *memory, void *from) { (void)memory, (void)from; }

static pcre2_compile_context *make_context(source *from) {
  pcre2_general_context *general = pcre2_general_context_create(get, give_back, from);
  pcre2_compile_context *context = general == NULL ? NULL : pcre2_compile_context_create(general);
  if (context == NULL)
    return NULL;
  pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
  pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF); // which `.` leaves out
  pcre2_set_parens_nest_limit(context, GROUPS_MAX);
  return context;
}

// Notes why a pattern has no code. 0 without memory.
static int note(source *from, json_pattern *pattern, const char *problem) {
  pattern->problem = arena_copy(from->arena, problem, strlen(problem));
  return pattern->problem != NULL && !from->is_out_of_memory;
}

static int note_error(source *from, json_pattern *pattern, int error, size_t place) {
  char problem[PROBLEM_MAX], text[PROBLEM_MAX - 64];
  if (error == PCRE2_ERROR_HEAP_FAILED)
    return note(from, pattern, "the schema's patterns take more than 8 MiB");
  if (pcre2_get_error_message(error, (PCRE2_UCHAR *)text, sizeof text) < 0)
    snprintf(text, sizeof text, "PCRE2's error %d", error);
  snprintf(problem, sizeof problem, "at byte %zu: %s", place, text);
  return note(from, pattern, problem);
}

// Escapes the hyphen that PCRE2 does not take as a range's, in a text with room for that: the one at `place` or
// the last one before it, which differs with PCRE2's versions. 0 if it is escaped, or there is none.
static int escape_hyphen(char *text, size_t *size, size_t place) {
  size_t at = place < *size && text[place] == '-' ? place + 1 : place;
  while (at > 0 && text[at - 1] != '-')
    at--;
  if (at < 2 || text[at - 2] == '\\')
    return 0;
  memmove(text + at, text + at - 1, (*size)++ - at + 1);
  text[at - 1] = '\\';
  return 1;
}

// Compiles a pattern. In `[\w-.]` the hyphen stands for itself for ECMA-262 without the flag `u`, and for many
// other engines, but not for PCRE2.
static pcre2_code *compile(const json_pattern *pattern, pcre2_compile_context *context, int *error,
                           size_t *place) {
  char text[JSON_PATTERN_SIZE_MAX + HYPHENS_MAX];
  size_t size = (size_t)pattern->size;
  memcpy(text, pattern->text, size);
  for (int left = HYPHENS_MAX;; left--) {
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, size, OPTIONS, error, place, context);
    if (code != NULL || *error != PCRE2_ERROR_CLASS_INVALID_RANGE || left == 0 ||
        !escape_hyphen(text, &size, *place))
      return code;
  }
}

int json_pattern_read(arena *arena, int64_t *memory_left, json_pattern *pattern) {
  int error = PCRE2_ERROR_HEAP_FAILED;
  size_t place = 0;
  source from = {arena, memory_left, 0};
  if (pattern->size > JSON_PATTERN_SIZE_MAX)
    return note(&from, pattern, "longer than 8192 bytes");
  pcre2_compile_context *context = make_context(&from);
  pcre2_code *code = context == NULL ? NULL : compile(pattern, context, &error, &place);
  if (code == NULL)
    return note_error(&from, pattern, error, place);
  uint32_t references = 0;
  pcre2_pattern_info(code, PCRE2_INFO_BACKREFMAX, &references);
  pattern->has_references = references > 0;
  pattern->code = code;
  return 1;
}

struct json_matcher {
  pcre2_match_context *context;
  pcre2_match_data *data;
};

void json_matcher_free(json_matcher *matcher) {
  if (matcher == NULL)
    return;
  pcre2_match_context_free(matcher->context);
  pcre2_match_data_free(matcher->data);
  free(matcher);
}

static json_matcher *make_matcher(void) {
  json_matcher *matcher = calloc(1, sizeof *matcher);
  if (matcher == NULL)
    return NULL;
  matcher->context = pcre2_match_context_create(NULL);
  matcher->data = pcre2_match_data_create(1, NULL);
  if (matcher->context == NULL || matcher->data == NULL) {
    json_matcher_free(matcher);
    return NULL;
  }
  pcre2_set_heap_limit(matcher->context, JSON_MATCH_MEMORY_MAX_KIB);
  return matcher;
}

// A match under way.
typedef struct walk {
  const json_pattern *pattern;
  int64_t steps_left;
  // Where it was at the last place in the pattern.
  size_t at;
} walk;

// Between a place in the pattern and the next one, it goes over so many bytes at most as lie between where it
// was and where it is; or over all of the text, if it compares it with what it found before.
static int count_step(pcre2_callout_block *block, void *own_walk) {
  walk *own = own_walk;
  size_t at = block->current_position, moved = at > own->at ? at - own->at : own->at - at;
  own->at = at;
  own->steps_left -= 1 + (int64_t)(own->pattern->has_references ? block->subject_length / 16 : moved / 4);
  return own->steps_left < 0 ? PCRE2_ERROR_CALLOUT : 0;
}

json_match_result json_pattern_match(const json_pattern *pattern, json_matcher **matcher, const uint8_t *bytes,
                                     int64_t size, int64_t *steps_left) {
  walk own = {pattern, *steps_left - 1 - size / 16, 0};
  if (pattern->code == NULL)
    return JSON_MATCH_UNKNOWN;
  if (*matcher == NULL && (*matcher = make_matcher()) == NULL)
    return JSON_MATCH_NO_MEMORY;
  pcre2_set_callout((*matcher)->context, count_step, &own);
  int result = pcre2_match(pattern->code, bytes, (PCRE2_SIZE)size, 0, PCRE2_NO_UTF_CHECK, (*matcher)->data,
                           (*matcher)->context);
  *steps_left = own.steps_left;
  if (size > KEPT_SIZE) {
    json_matcher_free(*matcher);
    *matcher = NULL;
  }
  if (result >= 0 || result == PCRE2_ERROR_NOMATCH)
    return result >= 0 ? JSON_MATCHES : JSON_MATCHES_NOT;
  return result == PCRE2_ERROR_NOMEMORY ? JSON_MATCH_NO_MEMORY : JSON_MATCH_TOO_LONG;
}
