#include "schema.h"

#include <stdlib.h>

// The state of linking. Functions return 0 after noting what is wrong.
typedef struct linker {
  proto_schema *schema;
  char *problem;
  size_t problem_size;
} linker;

__attribute__((format(printf, 3, 4))) static int fail(linker *own, const proto_field *field, const char *format,
                                                      ...) {
  int used = field == NULL || field->line == 0 ? 0
                                               : snprintf(own->problem, own->problem_size,
                                                          "line %d, column %d: ", field->line, field->column);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(own->problem + used, own->problem_size - (size_t)used, format, arguments);
  va_end(arguments);
  return 0;
}

static int declare(linker *own, const char *name, const proto_message *message, const proto_enum *enumeration) {
  proto_schema *schema = own->schema;
  if (name_set_find(&schema->types, "", name) != NULL)
    return fail(own, NULL, "\"%.*s\" is declared twice", proto_shown(name), name);
  proto_type *type = arena_get(&schema->memory, sizeof *type);
  if (type == NULL || !name_set_add(&schema->types, &schema->memory, name, type))
    return fail(own, NULL, "out of memory");
  *type = (proto_type){message, enumeration};
  return 1;
}

// Declares the types of a message or a root, and gives them its features.
static int declare_within(linker *own, proto_message *scope) {
  for (proto_enum *one = scope->first_enum; one != NULL; one = one->next) {
    one->features = proto_features_within(scope->features, one->features);
    if (one->features.enum_type != 2 && one->first->number != 0) // what is not set is 0 on the wire
      return fail(own, NULL, "the first value of enum %.*s must be 0", proto_shown(one->full_name),
                  one->full_name);
    if (!declare(own, one->full_name, NULL, one))
      return 0;
  }
  for (proto_message *one = scope->first_message; one != NULL; one = one->next) {
    one->features = proto_features_within(scope->features, one->features);
    if (!declare(own, one->full_name, one, NULL) || !declare_within(own, one))
      return 0;
  }
  return 1;
}

// What a name means in a scope: looked for there, then in the scopes around it.
static const proto_type *find(const proto_schema *schema, char *scope, const char *name) {
  if (name[0] == '.') {
    const name_entry *found = name_set_find(&schema->types, "", name + 1);
    return found == NULL ? NULL : found->value;
  }
  size_t whole = strlen(scope);
  const name_entry *found = name_set_find(&schema->types, scope, name);
  for (size_t size = whole; found == NULL && size > 0; found = name_set_find(&schema->types, scope, name)) {
    while (size > 0 && scope[size] != '.')
      scope[size--] = '\0';
    scope[size] = '\0';
  }
  return found == NULL ? NULL : found->value;
}

static int fail_unknown(linker *own, const proto_field *field) {
  const char *missing = own->schema->missing, *name = field->type_name;
  if (missing == NULL)
    return fail(own, field, "no type \"%.*s\" is known here", proto_shown(name), name);
  return fail(own, field, "no type \"%.*s\" is known here; the schema has no reference for its import \"%.*s\"",
              proto_shown(name), name, proto_shown(missing), missing);
}

static int resolve(linker *own, proto_field *field, const char *scope_name) {
  if (field->type_name == NULL)
    return 1;
  char *scope = arena_copy(&own->schema->memory, scope_name, strlen(scope_name));
  if (scope == NULL)
    return fail(own, NULL, "out of memory");
  const proto_type *type = find(own->schema, scope, field->type_name);
  if (type == NULL)
    return fail_unknown(own, field);
  field->message = type->message;
  field->enumeration = type->enumeration;
  if (type->enumeration != NULL)
    field->kind = PROTO_ENUM;
  else if (field->kind != PROTO_GROUP)
    field->kind = PROTO_MESSAGE;
  return 1;
}

// Works out what the features come to.
static void settle(proto_field *field, const proto_message *message) {
  proto_features features = proto_features_within(message->features, field->features);
  int is_message = field->kind == PROTO_MESSAGE || field->kind == PROTO_GROUP, is_repeated;
  if (features.presence == 3 && field->label != PROTO_REPEATED)
    field->label = PROTO_REQUIRED;
  if (features.message == 2 && field->kind == PROTO_MESSAGE && !field->message->is_map_entry &&
      !message->is_map_entry)
    field->kind = PROTO_GROUP;
  is_repeated = field->label == PROTO_REPEATED;
  field->has_presence =
      !is_repeated && (is_message || field->oneof >= 0 || field->label == PROTO_REQUIRED ||
                       field->is_proto3_optional || message->is_map_entry || features.presence != 2);
  int is_sized = field->kind == PROTO_STRING || field->kind == PROTO_BYTES || is_message;
  field->is_packed =
      is_repeated && !is_sized && (field->packed_option >= 0 ? field->packed_option : features.repeated == 1);
}

// Notes a field that can't be told from one that is not set, though not set it would have another value than 0.
static int check_absent(linker *own, const proto_field *field) {
  if (field->has_presence || field->label == PROTO_REPEATED)
    return 1;
  if (field->preset != NULL)
    return fail(own, field, "a field without presence has no default");
  if (field->kind == PROTO_ENUM && field->enumeration->features.enum_type == 2)
    return fail(own, field, "a field without presence takes no closed enum, such as those of proto2");
  return 1;
}

static int by_number(const void *left, const void *right) {
  const proto_field *a = *(const proto_field *const *)left, *b = *(const proto_field *const *)right;
  return (a->number > b->number) - (a->number < b->number);
}

// Notes two fields of one name or number.
static int check_unique(linker *own, const proto_message *message) {
  proto_schema *schema = own->schema;
  const proto_field **fields = arena_get(&schema->memory, (message->count + 1) * sizeof *fields);
  name_set names = {.capacity = 0};
  uint32_t count = 0;
  if (fields == NULL)
    return fail(own, NULL, "out of memory");
  for (const proto_field *field = message->first; field != NULL; field = field->next) {
    fields[count++] = field;
    if (name_set_find(&names, "", field->name) != NULL)
      return fail(own, field, "%.*s has two fields \"%.*s\"", proto_shown(message->full_name),
                  message->full_name, proto_shown(field->name), field->name);
    if (!name_set_add(&names, &schema->memory, field->name, field))
      return fail(own, NULL, "out of memory");
  }
  qsort(fields, count, sizeof *fields, by_number);
  for (uint32_t i = 1; i < count; i++)
    if (fields[i]->number == fields[i - 1]->number)
      return fail(own, fields[i], "%.*s has two fields of number %d", proto_shown(message->full_name),
                  message->full_name, fields[i]->number);
  return 1;
}

static int link_within(linker *own, proto_message *scope) {
  for (proto_field *field = scope->first; field != NULL; field = field->next) {
    if (!resolve(own, field, scope->full_name))
      return 0;
    settle(field, scope);
    if (!check_absent(own, field))
      return 0;
  }
  if (!check_unique(own, scope))
    return 0;
  for (proto_message *one = scope->first_message; one != NULL; one = one->next)
    if (!link_within(own, one))
      return 0;
  return 1;
}

int proto_link(proto_schema *schema, char *problem, size_t problem_size) {
  linker own = {.schema = schema, .problem = problem, .problem_size = problem_size};
  for (proto_file *file = schema->first; file != NULL; file = file->next)
    if (!declare_within(&own, &file->root))
      return 0;
  for (proto_file *file = schema->first; file != NULL; file = file->next)
    if (!link_within(&own, &file->root))
      return 0;
  return 1;
}
