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

static int equal_array(json_decoder *decoder, const uint8_t *at, const json_tree *tree) {
  const json_tree *item = tree->kind == JSON_TREE_ARRAY ? tree->first : NULL;
  at = json_space(at + 1);
  for (; item != NULL && *at != ']'; item = item->next) {
    if (!json_equals(decoder, at, item) || (at = json_skip_value(decoder, at)) == NULL)
      return 0;
    at = json_space(at);
    at = *at == ',' ? json_space(at + 1) : at;
  }
  return tree->kind == JSON_TREE_ARRAY && item == NULL && *at == ']';
}

// The member of the name at `*at`, which moves to the value.
static const json_tree *member_at(json_decoder *decoder, const uint8_t **at, const json_tree *tree) {
  json_string name;
  *at = json_space(json_space(json_string_read(decoder, *at + 1, &name)) + 1);
  if (!json_string_plain(decoder, &name))
    return NULL;
  const json_tree *member = tree->first;
  while (member != NULL &&
         (strlen(member->key) != (size_t)name.size || memcmp(member->key, name.bytes, (size_t)name.size) != 0))
    member = member->next;
  return member;
}

// An object that has a name more than once equals none.
static int equal_object(json_decoder *decoder, const uint8_t *at, const json_tree *tree) {
  uint32_t count = 0;
  if (tree->kind != JSON_TREE_OBJECT)
    return 0;
  for (at = json_space(at + 1); *at != '}'; count++) {
    const json_tree *member = member_at(decoder, &at, tree);
    if (member == NULL || !json_equals(decoder, at, member) || (at = json_skip_value(decoder, at)) == NULL)
      return 0;
    at = json_space(at);
    at = *at == ',' ? json_space(at + 1) : at;
  }
  return count == tree->count;
}

int json_equals(json_decoder *decoder, const uint8_t *at, const json_tree *tree) {
  switch (*at) {
  case '"':
    return equal_string(decoder, at, tree);
  case '[':
    return equal_array(decoder, at, tree);
  case '{':
    return equal_object(decoder, at, tree);
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
