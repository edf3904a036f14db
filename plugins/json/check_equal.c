#include "../common/number.h"
#include "check.h"
#include "text.h"

static int equal_string(json_decoder *decoder, const uint8_t *at, const json_tree *tree) {
  json_string string;
  return tree->kind == JSON_TREE_STRING && json_string_read(decoder, at + 1, &string) != NULL &&
         json_string_plain(decoder, &string) && string.size == tree->size &&
         memcmp(string.bytes, tree->text, (size_t)tree->size) == 0;
}

static int equal_number(const uint8_t *at, const json_tree *tree) {
  const uint8_t *text = (const uint8_t *)tree->text;
  return tree->kind == JSON_TREE_NUMBER && number_order(at, number_end(at), text, text + tree->size) == 0;
}

static int equal_array(json_checker *own, const uint8_t *at, const json_tree *tree) {
  const json_tree *item = tree->kind == JSON_TREE_ARRAY ? tree->first : NULL;
  at = json_space(at + 1);
  for (; item != NULL && *at != ']'; item = item->next) {
    if (!json_equals(own, at, item) || (at = json_skip_value(own->decoder, at)) == NULL)
      return 0;
    at = json_next(at);
  }
  return tree->kind == JSON_TREE_ARRAY && item == NULL && *at == ']';
}

// A member of a tree, and which one it is.
typedef struct cursor {
  const json_tree *member;
  uint32_t index;
} cursor;

static void move_on(cursor *at, const json_tree *tree) {
  *at = at->member == NULL || at->member->next == NULL ? (cursor){tree->first, 0}
                                                       : (cursor){at->member->next, at->index + 1};
}

// Finds the member of the name at `*at`, which moves to the value; the search begins with the expected one.
static int find_member(json_checker *own, const uint8_t **at, const json_tree *tree, cursor *found) {
  json_string name;
  *at = json_space(json_space(json_string_read(own->decoder, *at + 1, &name)) + 1);
  if (!json_string_plain(own->decoder, &name))
    return 0;
  for (uint32_t left = tree->count; left > 0 && own->steps_left >= 0; left--, own->steps_left--) {
    const char *key = found->member->key;
    if (strlen(key) == (size_t)name.size && memcmp(key, name.bytes, (size_t)name.size) == 0)
      return 1;
    move_on(found, tree);
  }
  return 0;
}

// Whether the members at `at` are those of a tree, each once; `seen` has a bit for each of them.
static int equal_members(json_checker *own, const uint8_t *at, const json_tree *tree, uint64_t *seen) {
  cursor next = {tree->first, 0};
  uint32_t count = 0;
  for (at = json_space(at + 1); *at != '}'; count++) {
    if (!find_member(own, &at, tree, &next) || (seen[next.index / 64] >> next.index % 64 & 1) != 0 ||
        !json_equals(own, at, next.member) || (at = json_skip_value(own->decoder, at)) == NULL)
      return 0;
    seen[next.index / 64] |= UINT64_C(1) << next.index % 64;
    move_on(&next, tree);
    at = json_next(at);
  }
  return count == tree->count;
}

// An object that has a name more than once equals only one that has, too.
static int equal_object(json_checker *own, const uint8_t *at, const json_tree *tree) {
  uint64_t few[2] = {0, 0}, *seen = few;
  if (tree->kind != JSON_TREE_OBJECT)
    return 0;
  if (tree->count > 128 && (seen = calloc(tree->count / 64 + 1, sizeof *seen)) == NULL)
    return json_fail_memory(own->decoder) != NULL;
  int is_equal = equal_members(own, at, tree, seen);
  if (seen != few)
    free(seen);
  return is_equal;
}

int json_equals(json_checker *own, const uint8_t *at, const json_tree *tree) {
  switch (*at) {
  case '"':
    return equal_string(own->decoder, at, tree);
  case '[':
    return equal_array(own, at, tree);
  case '{':
    return equal_object(own, at, tree);
  case 'n':
    return tree->kind == JSON_TREE_NULL;
  case 't':
    return tree->kind == JSON_TREE_TRUE;
  case 'f':
    return tree->kind == JSON_TREE_FALSE;
  default:
    return equal_number(at, tree);
  }
}
