#include "name_set.h"

#include <string.h>

// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/, over more bytes.
static uint64_t hash(uint64_t start, const char *text) {
  for (; *text != '\0'; text++)
    start = (start ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
  return start;
}

static uint64_t hash_of(const char *space, const char *name) {
  uint64_t start = hash(UINT64_C(0xCBF29CE484222325), space);
  return hash(space[0] == '\0' ? start : hash(start, "."), name);
}

static int is_called(const char *full, const char *space, const char *name) {
  size_t size = strlen(space);
  if (size == 0)
    return strcmp(full, name) == 0;
  return strncmp(full, space, size) == 0 && full[size] == '.' && strcmp(full + size + 1, name) == 0;
}

// The place of a name, or the free one where it belongs. There is one that is free.
static name_entry *place_of(const name_set *names, const char *space, const char *name) {
  uint32_t mask = names->capacity - 1, at = (uint32_t)hash_of(space, name) & mask;
  while (names->places[at].text != NULL && !is_called(names->places[at].text, space, name))
    at = (at + 1) & mask;
  return &names->places[at];
}

const name_entry *name_set_find(const name_set *names, const char *space, const char *name) {
  if (names->capacity == 0)
    return NULL;
  const name_entry *place = place_of(names, space, name);
  return place->text == NULL ? NULL : place;
}

static int grow(name_set *names, arena *arena) {
  name_set larger = {.capacity = names->capacity == 0 ? 16 : names->capacity * 2, .count = names->count};
  larger.places = arena_get(arena, larger.capacity * sizeof *larger.places);
  if (larger.places == NULL)
    return 0;
  for (uint32_t i = 0; i < names->capacity; i++)
    if (names->places[i].text != NULL)
      *place_of(&larger, "", names->places[i].text) = names->places[i];
  *names = larger;
  return 1;
}

int name_set_add(name_set *names, arena *arena, const char *text, const void *value) {
  if (2 * (names->count + 1) > names->capacity && !grow(names, arena))
    return 0;
  *place_of(names, "", text) = (name_entry){text, value};
  names->count++;
  return 1;
}
