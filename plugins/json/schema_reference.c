#include "schema_read.h"

// The `$id` that a part of a document has, NULL if it has none, or only an anchor.
static const char *id_of(const json_document *document, const json_tree *text) {
  const char *id = json_tree_text(text, document->draft == 4 ? "id" : "$id");
  int is_ignored = document->draft < JSON_DRAFT_2019 && json_reference_of(text) != NULL;
  return id == NULL || id[0] == '#' || is_ignored ? NULL : id;
}

// The part around `text` that its references are of: the nearest one with an id, else the whole document.
static const json_tree *resource_of(const json_document *document, const json_tree *text) {
  while (text->parent != NULL && id_of(document, text) == NULL)
    text = text->parent;
  return text;
}

// Bytes of the scheme and the authority of a URI, 0 if it is relative: all before the path.
static size_t root_size(const char *uri) {
  size_t scheme = strcspn(uri, ":/?#");
  if (uri[scheme] != ':')
    return 0;
  return strncmp(uri + scheme, "://", 3) == 0 ? scheme + 3 + strcspn(uri + scheme + 3, "/?#") : scheme + 1;
}

// A reference of `size` bytes against a base, as RFC 3986 has it, without dot segments; NULL without memory.
static const char *join(json_schema_reader *reader, const char *base, const char *uri, size_t size) {
  size_t kept = 0, root = root_size(base);
  if (size > 0 && root_size(uri) == 0) {
    const char *end = base + strcspn(base, "?#"), *slash = end;
    while (slash > base + root && slash[-1] != '/')
      slash--;
    kept = uri[0] == '/' ? root : (size_t)(slash - base);
  } else if (size == 0) {
    kept = strcspn(base, "#");
  }
  char *out = json_schema_get(reader, kept + size + 1);
  if (out == NULL)
    return NULL;
  memcpy(out, base, kept);
  memcpy(out + kept, uri, size);
  return out;
}

// The absolute address of the part that references in `text` are of; "" if it has none.
static const char *address_of(json_schema_reader *reader, const json_document *document,
                              const json_tree *text) {
  const json_tree *resource = resource_of(document, text);
  const char *id = id_of(document, resource);
  const char *base = resource->parent == NULL ? "" : address_of(reader, document, resource->parent);
  if (id == NULL || base == NULL)
    return base;
  return join(reader, base, id, strcspn(id, "#"));
}

static int note(json_schema_reader *reader, json_identity **list, const char *name, const json_tree *text) {
  json_identity *identity = json_schema_get(reader, sizeof *identity);
  if (identity == NULL || name == NULL)
    return 0;
  *identity = (json_identity){name, text, *list};
  *list = identity;
  return 1;
}

static int note_below(json_schema_reader *reader, json_document *document, const json_tree *text) {
  const char *id = json_tree_text(text, document->draft == 4 ? "id" : "$id"),
             *anchor = json_tree_text(text, "$anchor");
  if (id_of(document, text) != NULL && !note(reader, &document->ids, address_of(reader, document, text), text))
    return 0;
  if (id != NULL && id[0] == '#' && !note(reader, &document->anchors, id + 1, text))
    return 0;
  if (anchor != NULL && !note(reader, &document->anchors, anchor, text))
    return 0;
  for (const json_tree *item = text->first; item != NULL; item = item->next)
    if (!note_below(reader, document, item))
      return 0;
  return 1;
}

int json_identities_note(json_schema_reader *reader, json_document *document) {
  return note_below(reader, document, document->root);
}

static const json_tree *find(const json_identity *list, const char *name) {
  while (list != NULL && strcmp(list->name, name) != 0)
    list = list->next;
  return list == NULL ? NULL : list->text;
}

static int hex(char c) {
  return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

// Undoes the escapes of a URI's fragment.
static void decode(char *text) {
  char *out = text;
  for (; *text != '\0'; text++) {
    int is_escape = *text == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0;
    *out++ = is_escape ? (char)(hex(text[1]) * 16 + hex(text[2])) : *text;
    text += is_escape ? 2 : 0;
  }
  *out = '\0';
}

// Undoes the escapes of a JSON Pointer's token.
static void decode_token(char *text) {
  char *out = text;
  for (; *text != '\0'; text++) {
    int is_escape = *text == '~' && (text[1] == '0' || text[1] == '1');
    *out++ = !is_escape ? *text : text[1] == '0' ? '~' : '/';
    text += is_escape;
  }
  *out = '\0';
}

static const json_tree *item_at(const json_tree *array, const char *token) {
  char *end = NULL;
  unsigned long index = token[0] >= '0' && token[0] <= '9' ? strtoul(token, &end, 10) : 0;
  if (end == NULL || *end != '\0' || index >= array->count)
    return NULL;
  const json_tree *item = array->first;
  while (index-- > 0)
    item = item->next;
  return item;
}

// What a JSON Pointer (RFC 6901), which is taken apart, points to; NULL if it is not there.
static const json_tree *follow_pointer(const json_tree *text, char *pointer) {
  while (text != NULL && *pointer == '/') {
    char *token = ++pointer;
    pointer += strcspn(pointer, "/");
    char after = *pointer;
    *pointer = '\0';
    decode_token(token);
    text = text->kind == JSON_TREE_ARRAY ? item_at(text, token) : json_tree_member(text, token);
    // The token is shorter now, but the pointer goes on where it ended.
    *pointer = after;
  }
  return text;
}

// What a text refers to by a name that is `wanted`, or whose text has it as its `$id`. NULL if there is none,
// or it is no schema, which is noted.
static json_document *reference_called(json_schema_reader *reader, const mill_schema *from,
                                       const char *wanted) {
  for (int64_t i = 0; i < from->reference_count; i++)
    if (strcmp(from->references[i].name, wanted) == 0)
      return json_document_get(reader, from->references[i].schema);
  return NULL;
}

static json_document *reference_with_id(json_schema_reader *reader, const mill_schema *from, const char *id) {
  for (int64_t i = 0; i < from->reference_count; i++) {
    json_document *document = json_document_get(reader, from->references[i].schema);
    if (document == NULL)
      return NULL;
    if (find(document->ids, id) == document->root)
      return document;
  }
  return NULL;
}

// A `$ref` being resolved.
typedef struct target {
  json_document *document;
  const json_tree *text;
} target;

// Finds the document or the part of it that a reference without its fragment means; 0 if there is none.
static int find_resource(json_schema_reader *reader, const json_pending *pending, const char *reference,
                         size_t size, target *out) {
  json_document *document = pending->document;
  *out = (target){document, resource_of(document, pending->rule->text)};
  if (size == 0)
    return 1;
  const char *base = address_of(reader, document, pending->rule->text);
  const char *name = join(reader, "", reference, size), *absolute = NULL;
  if (base == NULL || name == NULL || (absolute = join(reader, base, reference, size)) == NULL)
    return 0;
  if ((out->text = find(document->ids, absolute)) != NULL)
    return 1;
  json_document *other = reference_called(reader, document->from, reference);
  other = other != NULL ? other : reference_called(reader, document->from, name);
  other = other != NULL ? other : reference_called(reader, document->from, absolute);
  other = other != NULL ? other : reference_with_id(reader, document->from, absolute);
  *out = (target){other, other == NULL ? NULL : other->root};
  return other != NULL;
}

// Goes on from a document, or a part of it, to what the fragment names.
static int follow_fragment(json_schema_reader *reader, const char *fragment, target *at) {
  size_t size = strlen(fragment);
  char *copy = json_schema_get(reader, size + 1);
  if (copy == NULL)
    return 0;
  memcpy(copy, fragment, size);
  decode(copy);
  if (copy[0] == '/')
    at->text = follow_pointer(at->text, copy);
  else if (copy[0] != '\0')
    at->text = find(at->document->anchors, copy);
  return at->text != NULL;
}

int json_reference_follow(json_schema_reader *reader, const json_pending *pending) {
  const json_tree *reference = json_reference_of(pending->rule->text);
  size_t size = strcspn(reference->text, "#");
  const char *fragment = reference->text[size] == '#' ? reference->text + size + 1 : "";
  target found;
  if (!find_resource(reader, pending, reference->text, size, &found))
    return json_schema_fail(reader, reference,
                            "\"%.100s\" is neither in the schema nor among those that it refers to",
                            reference->text) != NULL;
  if (!follow_fragment(reader, fragment, &found))
    return json_schema_fail(reader, reference, "\"%.100s\" points to nothing", reference->text) != NULL;
  pending->rule->reference = json_rule_read(reader, found.document, found.text);
  return pending->rule->reference != NULL;
}
