#include "encode.h"
#include "unknown.h"

static int set_fields(proto_compiler *own, const proto_message *message, const column_type *columns,
                      uint32_t count, int is_by_number, proto_write_fields *out);

static void set_tag(proto_writing *step) {
  const proto_field *field = step->field;
  uint64_t number = (uint64_t)field->number << 3;
  proto_wire wire = field->is_packed ? PROTO_WIRE_SIZED : proto_wire_of(field->kind);
  step->tag_size = (int)(varint_write(number | wire, step->tag) - step->tag);
  varint_write(number | PROTO_WIRE_GROUP_END, step->end_tag);
}

static int fail_pair(proto_compiler *own, const proto_field *field, const column_type *column) {
  return proto_plan_fail(own, column, "a column of %s can't be written as Protobuf's %s%.100s",
                         column->kind == COLUMN_STRUCT ? "struct" : column->title,
                         field->label == PROTO_REPEATED ? "repeated " : "",
                         field->message != NULL       ? field->message->full_name
                         : field->enumeration != NULL ? field->enumeration->full_name
                                                      : proto_kind_name(field->kind)) != NULL;
}

static int set_message(proto_compiler *own, proto_writing *step, const column_type *column) {
  const proto_message *message = step->field->message;
  int is_group = step->field->kind == PROTO_GROUP;
  proto_known known = is_group ? PROTO_PLAIN : proto_known_of(message);
  if (column->kind == COLUMN_STRUCT) {
    proto_write_choose(step, is_group ? proto_write_group : proto_write_message, column);
    return set_fields(own, message, column->children, column->child_count, 0, &step->inner);
  }
  if (known == PROTO_WRAPPER) {
    proto_write_choose(step, proto_write_wrapper, column);
    return set_fields(own, message, column, 1, 1, &step->inner);
  }
  int is_int64 = column->kind == COLUMN_INTEGER && column->width == 8 && column->least != 0;
  proto_write write = known == PROTO_TIMESTAMP && column->kind == COLUMN_TIMESTAMP ? proto_write_timestamp
                      : known == PROTO_DURATION && is_int64                        ? proto_write_duration
                      : column->kind == COLUMN_BINARY && !is_group                 ? proto_write_bytes
                                                                                   : NULL;
  proto_write_choose(step, write, column);
  return write != NULL || fail_pair(own, step->field, column);
}

static int set_names(proto_compiler *own, proto_writing *step) {
  for (const proto_value *value = step->field->enumeration->first; value != NULL; value = value->next)
    if (name_set_find(&step->names, "", value->name) == NULL &&
        !name_set_add(&step->names, own->memory, value->name, value))
      return proto_plan_fail(own, NULL, "out of memory") != NULL;
  return 1;
}

static int set_value(proto_compiler *own, proto_writing *step, const column_type *column) {
  proto_kind kind = step->field->kind;
  if (kind == PROTO_MESSAGE || kind == PROTO_GROUP)
    return set_message(own, step, column);
  proto_write_choose(step, proto_write_leaf(step, column), column);
  if (step->write == NULL)
    return fail_pair(own, step->field, column);
  return kind != PROTO_ENUM || set_names(own, step);
}

static int set_column(proto_compiler *own, proto_writing *step, const column_type *column) {
  const proto_field *field = step->field;
  int is_list = column->kind == COLUMN_LIST, is_map = column->kind == COLUMN_MAP;
  if (is_map && field->message != NULL && field->message->is_map_entry)
    return set_fields(own, field->message, column->children, 2, 1, &step->inner);
  if (is_map || is_list != (field->label == PROTO_REPEATED))
    return fail_pair(own, field, column);
  return set_value(own, step, is_list ? column->children : column);
}

static int set_rivals(proto_compiler *own, const proto_write_fields *before, proto_writing *step) {
  uint32_t *rivals = proto_plan_get(own, (before->count + 1) * sizeof *rivals);
  for (uint32_t i = 0; rivals != NULL && i < before->count; i++)
    if (before->steps[i]->field->oneof == step->field->oneof)
      rivals[step->rival_count++] = i;
  step->rivals = rivals;
  return rivals != NULL;
}

// Writes nothing: unknown fields come behind all others.
static int write_nothing(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                         int64_t index) {
  (void)encoder, (void)step, (void)source, (void)index;
  return 1;
}

// The step for the column that holds unknown fields, of a field that is never there.
static proto_writing *make_nothing(proto_compiler *own, const column_type *column) {
  static const proto_field none = {.name = "", .label = PROTO_OPTIONAL, .oneof = -1, .has_presence = 1};
  proto_writing *step = proto_plan_get(own, sizeof *step);
  if (step != NULL)
    *step = (proto_writing){.field = &none, .column = column, .write = write_nothing, .room = 1};
  return step;
}

static proto_writing *make(proto_compiler *own, const proto_message *message, const column_type *column,
                           uint32_t index, int is_by_number) {
  if ((column->flags & PROTO_HOLDS_UNKNOWN) != 0)
    return make_nothing(own, column);
  const proto_field *field = is_by_number ? proto_field_numbered(message, (int64_t)index + 1)
                                          : proto_field_called(message, column->name);
  if (field == NULL)
    return proto_plan_fail(own, column, "%.100s has no such field; add it, or drop the column",
                           message->full_name);
  proto_writing *step = proto_plan_get(own, sizeof *step);
  if (step == NULL)
    return NULL;
  step->field = field;
  step->column = column;
  set_tag(step);
  return set_column(own, step, column) ? step : NULL;
}

// Notes a required field without a column.
static int check_required(proto_compiler *own, const proto_message *message, const proto_write_fields *fields) {
  for (const proto_field *field = message->first; field != NULL; field = field->next) {
    int is_there = field->label != PROTO_REQUIRED;
    for (uint32_t i = 0; !is_there && i < fields->count; i++)
      is_there = fields->steps[i]->field == field;
    if (!is_there)
      return proto_plan_fail(own, NULL, "field \"%.100s\" of %.100s is required; add a column", field->name,
                             message->full_name) != NULL;
  }
  return 1;
}

static int set_fields(proto_compiler *own, const proto_message *message, const column_type *columns,
                      uint32_t count, int is_by_number, proto_write_fields *out) {
  out->steps = proto_plan_get(own, (count + 1) * sizeof *out->steps);
  for (out->count = 0; out->steps != NULL && out->count < count; out->count++) {
    proto_writing *step = make(own, message, &columns[out->count], out->count, is_by_number);
    if (step == NULL || (step->field->oneof >= 0 && !set_rivals(own, out, step)))
      return 0;
    out->steps[out->count] = step;
  }
  return out->steps != NULL && check_required(own, message, out);
}

proto_write_plan *proto_write_plan_make(const proto_schema *schema, const proto_message *message,
                                        const column_type *row, mill_error *error) {
  proto_write_plan *plan = calloc(1, sizeof *plan);
  if (plan == NULL) {
    mill_fail_memory(error, "serde \"protobuf\"");
    return NULL;
  }
  proto_compiler own = {.memory = &plan->memory};
  if (set_fields(&own, message, row->children, row->child_count, 0, &plan->root) &&
      proto_unknown_make(&own, message, row, &plan->unknown)) {
    plan->run_room = proto_write_run_room(&plan->root);
    return plan;
  }
  mill_fail(error, MILL_CLASS_FATAL, 0, "serde \"protobuf\": schema \"%.100s\" can't write the columns: %s",
            schema->title, own.problem);
  proto_write_plan_free(plan);
  return NULL;
}

void proto_write_plan_free(proto_write_plan *plan) {
  if (plan != NULL)
    arena_free(&plan->memory);
  free(plan);
}
