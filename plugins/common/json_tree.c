#include "json_tree.h"

#include "number.h"

// A text being read.
typedef struct reader {
  arena *arena;
  const char *start, *at, *end;
  int depth;
  uint32_t count;
  char *problem;
  size_t problem_size;
} reader;

static json_tree *fail(reader *from, const char *what) {
  long long line = 1, column = 1;
  for (const char *at = from->start; at < from->at; at++) {
    column = *at == '\n' ? 1 : column + 1;
    line += *at == '\n';
  }
  snprintf(from->problem, from->problem_size, "line %lld, column %lld: %s", line, column, what);
  return NULL;
}

static json_tree *read_value(reader *from);

static json_tree *make(reader *from, json_tree_kind kind) {
  json_tree *value = arena_get(from->arena, sizeof *value);
  if (value == NULL)
    return fail(from, "out of memory");
  value->kind = kind;
  value->number = from->count++;
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

static json_tree *read_string(reader *from) {
  const char *end = mill_json_skip_string(from->at);
  if (end == NULL)
    return fail(from, "a string that does not end");
  json_tree *value = make(from, JSON_TREE_STRING);
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

static json_tree *read_number(reader *from) {
  const char *end = (const char *)number_end((const uint8_t *)from->at);
  if (end == NULL)
    return fail(from, "expected a value");
  json_tree *value = make(from, JSON_TREE_NUMBER);
  if (value == NULL)
    return NULL;
  value->size = end - from->at;
  value->text = arena_copy(from->arena, from->at, (size_t)value->size);
  from->at = end;
  return value->text == NULL ? fail(from, "out of memory") : value;
}

static json_tree *read_literal(reader *from) {
  static const char *const names[] = {"null", "false", "true"};
  for (int i = 0; i < 3; i++) {
    size_t size = strlen(names[i]);
    if (strncmp(from->at, names[i], size) == 0) {
      from->at += size;
      return make(from, (json_tree_kind)i);
    }
  }
  return read_number(from);
}

// Reads the name and the colon of a member; NULL if there are none.
static const char *read_key(reader *from) {
  json_tree *key = *from->at == '"' ? read_string(from) : fail(from, "expected a member's name");
  if (key == NULL)
    return NULL;
  from->at = mill_json_space(from->at);
  if (*from->at != ':')
    return fail(from, "expected ':'") == NULL ? NULL : "";
  from->at = mill_json_space(from->at + 1);
  return key->text;
}

// Reads items or members up to the closing bracket.
static json_tree *read_items(reader *from, json_tree_kind kind) {
  char close = kind == JSON_TREE_ARRAY ? ']' : '}';
  json_tree *all = make(from, kind);
  const json_tree **link = all == NULL ? NULL : &all->first;
  from->at = mill_json_space(from->at + 1);
  while (all != NULL && (*from->at != close || all->count > 0)) {
    const char *key = kind == JSON_TREE_OBJECT ? read_key(from) : "";
    json_tree *item = key == NULL ? NULL : read_value(from);
    if (item == NULL)
      return NULL;
    item->key = key;
    item->parent = all;
    *link = item;
    link = &item->next;
    all->count++;
    from->at = mill_json_space(from->at);
    if (*from->at == close)
      break;
    if (*from->at != ',')
      return fail(from, kind == JSON_TREE_ARRAY ? "expected ',' or ']'" : "expected ',' or '}'");
    from->at = mill_json_space(from->at + 1);
  }
  from->at++;
  return all;
}

static json_tree *read_value(reader *from) {
  if (*from->at == '"')
    return read_string(from);
  if (*from->at != '{' && *from->at != '[')
    return read_literal(from);
  if (from->depth == JSON_TREE_DEPTH_MAX)
    return fail(from, "nested too deeply");
  from->depth++;
  json_tree *value = read_items(from, *from->at == '[' ? JSON_TREE_ARRAY : JSON_TREE_OBJECT);
  from->depth--;
  return value;
}

const json_tree *json_tree_read(arena *arena, const char *text, int64_t size, char *problem,
                                size_t problem_size) {
  reader from = {arena, text, text, text + size, 0, 0, problem, problem_size};
  int64_t bad = mill_utf8_invalid_at((const uint8_t *)text, size);
  if (bad >= 0) {
    from.at = text + bad;
    return fail(&from, "a byte that is not UTF-8");
  }
  from.at = mill_json_space(from.at);
  json_tree *value = read_value(&from);
  from.at = mill_json_space(from.at);
  return value == NULL || from.at == from.end ? value : fail(&from, "expected the end of the text");
}

const json_tree *json_tree_member(const json_tree *object, const char *key) {
  if (object->kind != JSON_TREE_OBJECT)
    return NULL;
  const json_tree *member = object->first;
  while (member != NULL && strcmp(member->key, key) != 0)
    member = member->next;
  return member;
}

const char *json_tree_text(const json_tree *object, const char *key) {
  const json_tree *member = json_tree_member(object, key);
  return member != NULL && member->kind == JSON_TREE_STRING ? member->text : NULL;
}

static uint32_t index_of(const json_tree *item) {
  uint32_t index = 0;
  for (const json_tree *one = item->parent->first; one != item; one = one->next)
    index++;
  return index;
}

// Writes `/` and a name, with what has a meaning in a pointer escaped; how many bytes that takes.
static size_t write_token(const char *name, char *out, size_t size) {
  size_t used = (size_t)snprintf(out, size, "/");
  for (; *name != '\0' && used + 2 < size; name++) {
    const char *escape = *name == '~' ? "~0" : *name == '/' ? "~1" : NULL;
    used += (size_t)(escape != NULL ? snprintf(out + used, size - used, "%s", escape)
                                    : snprintf(out + used, size - used, "%c", *name));
  }
  return used;
}

void json_tree_path(const json_tree *value, char *out, size_t size) {
  const json_tree *chain[JSON_TREE_DEPTH_MAX + 1];
  int count = 0;
  for (; value->parent != NULL; value = value->parent)
    chain[count++] = value;
  size_t used = (size_t)snprintf(out, size, "#");
  while (count-- > 0 && used + 16 < size) {
    const json_tree *step = chain[count];
    if (step->parent->kind == JSON_TREE_OBJECT)
      used += write_token(step->key, out + used, size - used);
    else
      used += (size_t)snprintf(out + used, size - used, "/%u", index_of(step));
  }
  int64_t cut = mill_utf8_invalid_at((const uint8_t *)out, (int64_t)strlen(out));
  if (cut >= 0)
    out[cut] = '\0';
}

int json_tree_integer(const json_tree *number, int64_t *out) {
  int128 value;
  if (number == NULL || number->kind != JSON_TREE_NUMBER)
    return 0;
  const uint8_t *text = (const uint8_t *)number->text;
  if (number_scaled(text, text + number->size, 0, &value) != 0 || value < INT64_MIN || value > INT64_MAX)
    return 0;
  *out = (int64_t)value;
  return 1;
}
