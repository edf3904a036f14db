#include "json.h"

#include "../common/number.h"

// A text being read.
typedef struct reader {
  arena *arena;
  const char *start, *at, *end;
  int depth;
  char *problem;
  size_t problem_size;
} reader;

static avro_json *fail(reader *from, const char *what) {
  long long line = 1, column = 1;
  for (const char *at = from->start; at < from->at; at++) {
    column = *at == '\n' ? 1 : column + 1;
    line += *at == '\n';
  }
  snprintf(from->problem, from->problem_size, "line %lld, column %lld: %s", line, column, what);
  return NULL;
}

static avro_json *read_value(reader *from);

static avro_json *make(reader *from, avro_json_kind kind) {
  avro_json *value = arena_get(from->arena, sizeof *value);
  if (value == NULL)
    return fail(from, "out of memory");
  value->kind = kind;
  return value;
}

// Unescapes what is behind a quote into `out`; its end, NULL if the string is bad.
static char *unescape(reader *from, char *out) {
  for (; *from->at != '"';) {
    if ((unsigned char)*from->at < 0x20)
      return NULL;
    if (*from->at != '\\') {
      *out++ = *from->at++;
      continue;
    }
    from->at++;
    size_t count = mill_json_escape(&from->at, out);
    if (count == 0)
      return NULL;
    out += count;
  }
  from->at++;
  return out;
}

static avro_json *read_string(reader *from) {
  const char *end = mill_json_skip_string(from->at);
  if (end == NULL)
    return fail(from, "a string that does not end");
  avro_json *value = make(from, AVRO_JSON_STRING);
  char *text = value == NULL ? NULL : arena_get(from->arena, (size_t)(end - from->at) + 4);
  if (text == NULL)
    return fail(from, "out of memory");
  from->at++;
  const char *text_end = unescape(from, text);
  if (text_end == NULL)
    return fail(from, "a control character or an unknown escape in a string");
  value->text = text;
  value->size = text_end - text;
  return value;
}

static avro_json *read_number(reader *from) {
  const char *end = (const char *)number_end((const uint8_t *)from->at);
  if (end == NULL)
    return fail(from, "expected a value");
  avro_json *value = make(from, AVRO_JSON_NUMBER);
  if (value == NULL)
    return NULL;
  value->size = end - from->at;
  value->text = arena_copy(from->arena, from->at, (size_t)value->size);
  from->at = end;
  return value->text == NULL ? fail(from, "out of memory") : value;
}

static avro_json *read_literal(reader *from) {
  static const char *const names[] = {"null", "false", "true"};
  for (int i = 0; i < 3; i++) {
    size_t size = strlen(names[i]);
    if (strncmp(from->at, names[i], size) == 0) {
      from->at += size;
      return make(from, (avro_json_kind)i);
    }
  }
  return read_number(from);
}

// Reads the name and the colon of a member; NULL if there are none.
static const char *read_key(reader *from) {
  avro_json *key = *from->at == '"' ? read_string(from) : fail(from, "expected a member's name");
  if (key == NULL)
    return NULL;
  from->at = mill_json_space(from->at);
  if (*from->at != ':')
    return fail(from, "expected ':'") == NULL ? NULL : "";
  from->at = mill_json_space(from->at + 1);
  return key->text;
}

// Reads items or members up to the closing bracket.
static avro_json *read_items(reader *from, avro_json_kind kind) {
  char close = kind == AVRO_JSON_ARRAY ? ']' : '}';
  avro_json *all = make(from, kind);
  const avro_json **link = all == NULL ? NULL : &all->first;
  from->at = mill_json_space(from->at + 1);
  while (all != NULL && (*from->at != close || all->count > 0)) {
    const char *key = kind == AVRO_JSON_OBJECT ? read_key(from) : "";
    avro_json *item = key == NULL ? NULL : read_value(from);
    if (item == NULL)
      return NULL;
    item->key = key;
    *link = item;
    link = &item->next;
    all->count++;
    from->at = mill_json_space(from->at);
    if (*from->at == close)
      break;
    if (*from->at != ',')
      return fail(from, kind == AVRO_JSON_ARRAY ? "expected ',' or ']'" : "expected ',' or '}'");
    from->at = mill_json_space(from->at + 1);
  }
  from->at++;
  return all;
}

static avro_json *read_value(reader *from) {
  if (*from->at == '"')
    return read_string(from);
  if (*from->at != '{' && *from->at != '[')
    return read_literal(from);
  if (from->depth == AVRO_JSON_DEPTH_MAX)
    return fail(from, "nested too deeply");
  from->depth++;
  avro_json *value = read_items(from, *from->at == '[' ? AVRO_JSON_ARRAY : AVRO_JSON_OBJECT);
  from->depth--;
  return value;
}

const avro_json *avro_json_read(arena *arena, const char *text, int64_t size, char *problem,
                                size_t problem_size) {
  reader from = {arena, text, text, text + size, 0, problem, problem_size};
  int64_t bad = mill_utf8_invalid_at((const uint8_t *)text, size);
  if (bad >= 0) {
    from.at = text + bad;
    return fail(&from, "a byte that is not UTF-8");
  }
  from.at = mill_json_space(from.at);
  avro_json *value = read_value(&from);
  from.at = mill_json_space(from.at);
  return value == NULL || from.at == from.end ? value : fail(&from, "expected the end of the text");
}

const avro_json *avro_json_member(const avro_json *object, const char *key) {
  if (object->kind != AVRO_JSON_OBJECT)
    return NULL;
  const avro_json *member = object->first;
  while (member != NULL && strcmp(member->key, key) != 0)
    member = member->next;
  return member;
}

const char *avro_json_text(const avro_json *object, const char *key) {
  const avro_json *member = avro_json_member(object, key);
  return member != NULL && member->kind == AVRO_JSON_STRING ? member->text : NULL;
}

int avro_json_integer(const avro_json *number, int64_t *out) {
  int128 value;
  if (number == NULL || number->kind != AVRO_JSON_NUMBER)
    return 0;
  const uint8_t *text = (const uint8_t *)number->text;
  if (number_scaled(text, text + number->size, 0, &value) != 0 || value < INT64_MIN || value > INT64_MAX)
    return 0;
  *out = (int64_t)value;
  return 1;
}
