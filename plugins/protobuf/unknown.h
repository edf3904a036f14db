/// Unknown fields: what a message has that the schema it is read by says nothing of. As in Google's libraries
/// they are fields of numbers that the schema doesn't have, those of another wire type than it says, and
/// numbers of closed enums that have no name.
#ifndef PROTO_UNKNOWN_H
#define PROTO_UNKNOWN_H

#include "plan.h"

/// In a column type's flags: the column holds the row's unknown fields, and is filled by no field.
#define PROTO_HOLDS_UNKNOWN 1u

/// A field that a schema has.
typedef struct proto_declared {
  const proto_field *field;
  /// The tag of one value, and of packed ones; 0 if they can't be packed.
  uint32_t tag, packed_tag;
  /// Of a closed enum: its numbers, ascending. NULL: any value is the field's.
  const int32_t *numbers;
  uint32_t number_count;
} proto_declared;

/// What tells a message's unknown fields from others. The plan's; constant.
typedef struct proto_unknown {
  /// The column that holds them, among the row's.
  uint32_t column;
  const proto_message *message;
  /// Its fields, by number.
  proto_declared *fields;
} proto_unknown;

/// Makes it for messages that are read into, or written from, the columns of a row; `*out` becomes NULL if none
/// of them holds unknown fields. 0, noted, without memory. [any]
int proto_unknown_make(proto_compiler *compiler, const proto_message *message, const column_type *row,
                       const proto_unknown **out);

/// The field of a number; NULL if the schema has none. [task]
const proto_declared *proto_declared_numbered(const proto_unknown *unknown, uint32_t number);

/// The tag that a field's values have who writes by the schema; 0 if some of them may be unknown nevertheless.
/// [any]
uint32_t proto_tag_of_known(const proto_declared *declared);

/// Whether the schema says nothing of a value with this tag, whose field (NULL: none) it was found to be; of
/// varints `value` counts. [task]
int proto_is_unknown(const proto_declared *declared, uint32_t tag, uint64_t value);

#endif
