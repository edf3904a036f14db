/// Plans: how messages of a type become columns. Compiled once, run for each row.
#ifndef PROTO_PLAN_H
#define PROTO_PLAN_H

#include "decoder.h"

struct proto_place;

/// A plan.
typedef struct proto_plan {
  arena memory;
  /// The schema's.
  const proto_message *message;
  /// NULL: messages of this type can't be read, for the reason in `problem`.
  proto_reading *root;
  /// How messages are read side by side, in the order of their fields' numbers; NULL: one by one only.
  struct proto_place *places;
  uint32_t place_count;
  /// How unknown fields are found; NULL: no column holds them.
  const struct proto_unknown *unknown;
  char problem[MILL_ERROR_MESSAGE_SIZE];
  /// The reason is that a message's index is that of no message, not the schema.
  int is_bad_index;
} proto_plan;

/// The state of compiling. Functions return NULL, or 0, after noting the first difference.
typedef struct proto_compiler {
  arena *memory;
  char problem[320];
} proto_compiler;

/// Compiles the plan for a message of a schema, which must outlive the plan, into columns. NULL without memory.
/// [any]
proto_plan *proto_plan_make(const proto_schema *schema, const proto_message *message, const column_type *row);

/// Frees a plan; NULL is ignored. [any]
void proto_plan_free(proto_plan *plan);

/// Notes a difference between types; `column` (may be NULL) says where. Returns NULL. [any]
__attribute__((format(printf, 3, 4))) void *proto_plan_fail(proto_compiler *compiler, const column_type *column,
                                                            const char *format, ...);

/// Zeroed memory; NULL, noted. [any]
void *proto_plan_get(proto_compiler *compiler, size_t size);

/// How the fields of a message are read into `count` columns: fields of their names or, `is_by_number`, those
/// of the numbers 1, 2 and so on, which have no presence. [any]
proto_reading *proto_plan_fields(proto_compiler *compiler, const proto_message *message,
                                 const column_type *columns, uint32_t count, int is_by_number);

/// Sets how one value of the step's field is read into a column. [any]
int proto_plan_value(proto_compiler *compiler, proto_step *step, const column_type *column);

/// Sets what the column holds if the field does not occur; `is_by_number` as in proto_plan_fields. [any]
int proto_plan_absent(proto_compiler *compiler, proto_step *step, const column_type *column, int is_by_number);

/// The wire type of a value that is not packed. [any]
proto_wire proto_wire_of(proto_kind kind);

/// What a message is that has a column for its meaning. [any]
typedef enum proto_known { PROTO_PLAIN, PROTO_TIMESTAMP, PROTO_DURATION, PROTO_WRAPPER } proto_known;
proto_known proto_known_of(const proto_message *message);

/// The field of a message that is called so, or has the number; NULL if there is none. [any]
const proto_field *proto_field_called(const proto_message *message, const char *name);
const proto_field *proto_field_numbered(const proto_message *message, int64_t number);

#endif
