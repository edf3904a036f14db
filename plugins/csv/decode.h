/// Reading fields into columns' slots. All of these follow decoder.h; they neither mark the slot valid nor know
/// null, which the row does. They return 0 after noting a failure.
#ifndef CSV_DECODE_H
#define CSV_DECODE_H

#include "../common/column_builder.h"
#include "field.h"

/// Numbers and booleans. [task]
int csv_decode_bool(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field);
int csv_decode_integer(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field);
int csv_decode_float(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field);
int csv_decode_decimal(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field);

/// Text, and what is read from it. [task]
int csv_decode_text(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field);
int csv_decode_binary(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field);
int csv_decode_date(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field);
int csv_decode_time(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field);
int csv_decode_timestamp(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field);

#endif
