/// The tokens of a .proto file.
#ifndef PROTO_LEXER_H
#define PROTO_LEXER_H

#include <stddef.h>
#include <stdint.h>

/// What a token is.
typedef enum proto_token_kind {
  PROTO_END,
  PROTO_IDENTIFIER,
  /// Decimal, octal or hexadecimal, below 2^64.
  PROTO_INTEGER,
  PROTO_DECIMAL,
  /// With its quotes.
  PROTO_TEXT,
  /// One character.
  PROTO_SYMBOL,
  /// Nothing that can begin a token, or one that does not end.
  PROTO_BAD
} proto_token_kind;

/// A token. Lines and columns count from 1; columns are bytes.
typedef struct proto_token {
  proto_token_kind kind;
  const char *start;
  size_t size;
  int line, column;
  /// PROTO_INTEGER: its value. One of 2^64 or more is a PROTO_DECIMAL.
  uint64_t value;
} proto_token;

/// Where the lexer is. One thread at a time.
typedef struct proto_lexer {
  const char *at, *end, *line_start;
  int line;
} proto_lexer;

/// Begins at the start of a text. [any]
void proto_lexer_begin(proto_lexer *lexer, const char *text, int64_t size);

/// The next token, past spaces and comments. [any]
proto_token proto_lexer_next(proto_lexer *lexer);

/// Unescapes a PROTO_TEXT into `out`, which has room for the token's size; the bytes that are written, -1 if an
/// escape is none. [any]
int64_t proto_text_unescape(const proto_token *token, char *out);

#endif
