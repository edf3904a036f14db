/// What messages are mostly made of: read and written without a call for each value.
#ifndef PROTO_OP_H
#define PROTO_OP_H

/// What a value is; any other is PROTO_OP_CALL.
typedef enum proto_op {
  PROTO_OP_CALL,
  PROTO_OP_BOOL,
  /// A varint whose low 32 bits are the column's as they are.
  PROTO_OP_INT32,
  /// A varint that is 64 bits of the column as it is.
  PROTO_OP_INT64,
  PROTO_OP_DOUBLE,
  /// Texts; writing, bytes too.
  PROTO_OP_TEXT,
  PROTO_OP_TIMESTAMP
} proto_op;

#endif
