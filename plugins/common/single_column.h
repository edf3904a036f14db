/// Serdes whose message is the one column of its row, byte for byte: utf8 and bytes.
#ifndef SINGLE_COLUMN_H
#define SINGLE_COLUMN_H

#include "millrace_sdk.h"

/// What tells one such serde from another. Constant.
typedef struct single_column_kind {
  /// The serde's id.
  const char *id;
  /// Arrow format that it decodes to.
  const char *decoded_format;
  /// Arrow formats that it encodes, separated by '|'.
  const char *encoded_formats;
  /// The type's name in pipeline files.
  const char *type_name;
  /// Not 0: bytes must be UTF-8, both ways.
  int is_utf8;
} single_column_kind;

/// Makes an instance; `create` of the vtable calls it. [control]
int32_t single_column_create(const single_column_kind *kind, const mill_host *host, uint32_t part,
                             void **out_self, mill_error *error);

/// The vtable's other functions.
int32_t single_column_bind_decode(void *self, const struct ArrowSchema *schema, mill_error *error);
int32_t single_column_decode(void *self, const mill_raw_batch *raw, mill_batch *out,
                             const mill_row_errors *errors, mill_error *error);
int32_t single_column_bind_encode(void *self, const struct ArrowSchema *schema, mill_error *error);
int32_t single_column_encode(void *self, const mill_batch *batch, mill_encoded *out,
                             const mill_row_errors *errors, mill_error *error);
void single_column_destroy(void *self);

/// At file scope: the vtable of `kind_`, with `create_` as the name of its `create`.
#define SINGLE_COLUMN_VTABLE(vtable_, create_, kind_)                                                          \
  static int32_t create_(const mill_host *host, const char *config, uint32_t part, void **out_self,            \
                         mill_error *error) {                                                                  \
    (void)config;                                                                                              \
    return single_column_create(&kind_, host, part, out_self, error);                                          \
  }                                                                                                            \
  static const mill_serde_vtable vtable_ = {.struct_size = sizeof(mill_serde_vtable),                          \
                                            .create = create_,                                                 \
                                            .bind_decode = single_column_bind_decode,                          \
                                            .decode = single_column_decode,                                    \
                                            .bind_encode = single_column_bind_encode,                          \
                                            .encode = single_column_encode,                                    \
                                            .destroy = single_column_destroy}

#endif
