/// What rows are mostly made of: read and written without a call for each value.
#ifndef AVRO_LEAF_H
#define AVRO_LEAF_H

/// What a value is; any other is AVRO_LEAF_NONE.
typedef enum avro_leaf {
  AVRO_LEAF_NONE,
  AVRO_LEAF_BOOLEAN,
  /// An int that is 32 bits of the column as it is.
  AVRO_LEAF_INT32,
  /// A long that is 64 bits of the column as it is.
  AVRO_LEAF_INT64,
  AVRO_LEAF_DOUBLE,
  AVRO_LEAF_TEXT
} avro_leaf;

#endif
