#include "unknown.h"

static int by_number(const void *left, const void *right) {
  const proto_declared *a = left, *b = right;
  return (a->field->number > b->field->number) - (a->field->number < b->field->number);
}

static int ascending(const void *left, const void *right) {
  int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
  return (a > b) - (a < b);
}

static int set_numbers(proto_compiler *compiler, proto_declared *out) {
  const proto_enum *from = out->field->enumeration;
  int32_t *numbers = proto_plan_get(compiler, from->count * sizeof *numbers);
  if (numbers == NULL)
    return 0;
  for (const proto_value *value = from->first; value != NULL; value = value->next)
    numbers[out->number_count++] = value->number;
  qsort(numbers, out->number_count, sizeof *numbers, ascending);
  out->numbers = numbers;
  return 1;
}

static int set_field(proto_compiler *compiler, proto_declared *out, const proto_field *field) {
  uint32_t number = (uint32_t)field->number << 3;
  proto_wire wire = proto_wire_of(field->kind);
  int is_packable = field->label == PROTO_REPEATED && wire != PROTO_WIRE_SIZED && wire != PROTO_WIRE_GROUP;
  out->field = field;
  out->tag = number | wire;
  out->packed_tag = is_packable ? number | PROTO_WIRE_SIZED : 0;
  int is_closed = field->kind == PROTO_ENUM && field->enumeration->features.enum_type == 2;
  return !is_closed || set_numbers(compiler, out);
}

int proto_unknown_make(proto_compiler *compiler, const proto_message *message, const column_type *row,
                       const proto_unknown **out) {
  uint32_t column = 0, count = 0;
  *out = NULL;
  while (column < row->child_count && (row->children[column].flags & PROTO_HOLDS_UNKNOWN) == 0)
    column++;
  if (column == row->child_count)
    return 1;
  proto_unknown *made = proto_plan_get(compiler, sizeof *made);
  proto_declared *fields = proto_plan_get(compiler, (message->count + 1) * sizeof *fields);
  if (made == NULL || fields == NULL)
    return 0;
  for (const proto_field *field = message->first; field != NULL; field = field->next)
    if (!set_field(compiler, &fields[count++], field))
      return 0;
  qsort(fields, count, sizeof *fields, by_number);
  *made = (proto_unknown){.column = column, .message = message, .fields = fields};
  *out = made;
  return 1;
}

const proto_declared *proto_declared_numbered(const proto_unknown *unknown, uint32_t number) {
  uint32_t low = 0, high = unknown->message->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2, found = (uint32_t)unknown->fields[middle].field->number;
    if (found == number)
      return &unknown->fields[middle];
    if (found < number)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

uint32_t proto_tag_of_known(const proto_declared *declared) {
  if (declared->numbers != NULL)
    return 0;
  return declared->field->is_packed ? declared->packed_tag : declared->tag;
}

int proto_is_unknown(const proto_declared *declared, uint32_t tag, uint64_t value) {
  int32_t number = (int32_t)(uint32_t)value; // cut, as the format says
  if (declared == NULL || (tag != declared->tag && tag != declared->packed_tag))
    return 1;
  return tag == declared->tag && declared->numbers != NULL &&
         bsearch(&number, declared->numbers, declared->number_count, sizeof number, ascending) == NULL;
}
