#include "../common/arena.h"
#include "../common/number.h"
#include "check.h"
#include "text.h"

// Items are told apart by hashes that values have in common if they are equal. Those whose hashes are the same
// are compared as `enum` does it. Hostile messages can have other items of one hash: that costs many steps, of
// which a message has but so many.

// Steps that it takes to compare two items, and how many items' room is kept.
enum { COMPARING_STEPS = 1024, KEPT_ITEMS = 65536 };

// An item in the table; NULL: the place is free.
struct json_item {
  const uint8_t *at;
  uint64_t hash;
};

// Scatters the bits, as the finalizer of SplitMix64 does (Steele et al., doi:10.1145/2714064.2660195).
static uint64_t mix(uint64_t hash) {
  hash = (hash ^ hash >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  hash = (hash ^ hash >> 27) * UINT64_C(0x94D049BB133111EB);
  return hash ^ hash >> 31;
}

static uint64_t hash_string(json_checker *own, const uint8_t **at) {
  json_string string;
  *at = json_string_read(own->decoder, *at + 1, &string);
  if (!json_string_plain(own->decoder, &string))
    return 0;
  uint64_t hash = UINT64_C(0xCBF29CE484222325); // FNV-1a
  for (int64_t i = 0; i < string.size; i++)
    hash = (hash ^ string.bytes[i]) * UINT64_C(0x100000001B3);
  return mix(hash);
}

static uint64_t hash_value(json_checker *own, const uint8_t **at);

static uint64_t hash_array(json_checker *own, const uint8_t **at) {
  uint64_t hash = '[';
  for (*at = json_space(*at + 1); **at != ']'; *at = json_next(*at))
    hash = mix(hash + hash_value(own, at));
  ++*at;
  return hash;
}

// The same in whatever order the members are.
static uint64_t hash_object(json_checker *own, const uint8_t **at) {
  uint64_t hash = '{';
  for (*at = json_space(*at + 1); **at != '}'; *at = json_next(*at)) {
    uint64_t name = hash_string(own, at);
    *at = json_space(json_space(*at) + 1);
    hash += mix(name + 3 * hash_value(own, at));
  }
  ++*at;
  return mix(hash);
}

// The hash of the value at `*at`, which moves behind it.
static uint64_t hash_value(json_checker *own, const uint8_t **at) {
  const uint8_t *start = *at;
  switch (*start) {
  case '"':
    return hash_string(own, at);
  case '[':
    return hash_array(own, at);
  case '{':
    return hash_object(own, at);
  case 'n':
  case 't':
  case 'f':
    *at += *start == 'f' ? 5 : 4;
    return mix(*start);
  default:
    *at = number_end(start);
    return mix(number_hash(start, *at));
  }
}

// Whether two items are the same; the first one becomes a tree for it.
static int is_same(json_checker *own, const uint8_t *first, const uint8_t *second) {
  char problem[64];
  arena memory = {NULL};
  const uint8_t *end = json_skip_value(own->decoder, first);
  size_t size = end == NULL ? 0 : (size_t)(end - first);
  own->steps_left -= COMPARING_STEPS + (int64_t)size;
  char *copy = arena_copy(&memory, first, size);
  const json_tree *tree =
      copy == NULL ? NULL : json_tree_read(&memory, copy, (int64_t)size, problem, sizeof problem);
  if (tree == NULL) // of a value that is known to be well-formed
    json_fail_memory(own->decoder);
  int is_equal = tree != NULL && json_equals(own, second, tree);
  arena_free(&memory);
  return is_equal;
}

// Adds an item; 0 if it is the same as one before.
static int add_item(json_checker *own, uint64_t mask, uint64_t hash, const uint8_t *at) {
  struct json_item *items = own->room->items;
  uint64_t place = hash & mask;
  for (; items[place].at != NULL && own->steps_left >= 0; place = (place + 1) & mask, own->steps_left--)
    if (items[place].hash == hash && is_same(own, items[place].at, at))
      return 0;
  items[place] = (struct json_item){at, hash};
  return 1;
}

// Empties the table for `count` items, half of it at most; its mask. 0, noted, without memory.
static uint64_t clear_items(json_checker *own, uint64_t count) {
  json_check_room *room = own->room;
  uint64_t capacity = 4;
  while (capacity < count * 2)
    capacity *= 2;
  if (capacity > room->item_capacity) {
    free(room->items);
    room->items = malloc(capacity * sizeof *room->items);
    room->item_capacity = room->items == NULL ? 0 : capacity;
  }
  if (room->items == NULL)
    return json_fail_memory(own->decoder) != NULL;
  memset(room->items, 0, capacity * sizeof *room->items);
  return capacity - 1;
}

static json_verdict check_items(json_checker *own, const json_rule *rule, uint64_t mask, const uint8_t *start,
                                const json_place *place) {
  const json_place item = {place, NULL, 0};
  for (const uint8_t *at = json_space(start + 1), *next; *at != ']'; at = json_next(next)) {
    next = at;
    uint64_t hash = hash_value(own, &next);
    own->steps_left -= (next - at) / 16;
    int is_new = add_item(own, mask, hash, at);
    if (json_check_is_over(own))
      return JSON_FAILS;
    if (!is_new)
      return json_check_fail(own, rule, "uniqueItems", at, &item);
  }
  return JSON_HOLDS;
}

json_verdict json_check_unique(json_checker *own, const json_rule *rule, int64_t count, const uint8_t *start,
                               const json_place *place) {
  if (count < 2)
    return JSON_HOLDS;
  uint64_t mask = clear_items(own, (uint64_t)count);
  if (mask == 0)
    return json_check_stop(own, "out of memory for the rules");
  json_verdict verdict = check_items(own, rule, mask, start, place);
  if (own->room->item_capacity > KEPT_ITEMS)
    json_check_room_free(own->room);
  return verdict;
}
