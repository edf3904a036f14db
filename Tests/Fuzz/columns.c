#include "columns.h"

static char *cut(const char *from, size_t size) {
  char *text = get_memory(size + 1);
  memcpy(text, from, size);
  return text;
}

static void read_fields(struct ArrowSchema *parent, const char **at);

static struct ArrowSchema *read_field(const char **at) {
  struct ArrowSchema *field = get_memory(sizeof *field);
  size_t size = strcspn(*at, " ");
  field->name = cut(*at, size);
  *at += size + 1;
  size = strcspn(*at, "?;()");
  field->format = cut(*at, size);
  *at += size;
  if (**at == '?') {
    field->flags = ARROW_FLAG_NULLABLE;
    ++*at;
  }
  if (**at == '(') {
    ++*at;
    read_fields(field, at);
    if (*(*at)++ != ')')
      die("columns", "a parenthesis is missing");
  }
  return field;
}

// Reads fields up to the end of the text or a closing parenthesis.
static void read_fields(struct ArrowSchema *parent, const char **at) {
  enum { FIELDS_MAX = 32 };
  parent->children = get_memory(FIELDS_MAX * sizeof *parent->children);
  do {
    if (parent->n_children == FIELDS_MAX)
      die("columns", "too many fields");
    *at += strspn(*at, "; ");
    parent->children[parent->n_children++] = read_field(at);
  } while (**at == ';');
}

struct ArrowSchema *columns_make(const char *text) {
  struct ArrowSchema *row = get_memory(sizeof *row);
  row->name = "";
  row->format = "+s";
  read_fields(row, &text);
  if (*text != '\0')
    die("columns", "text is left");
  return row;
}
