/// The state of reading a .proto file. Functions return 0 after noting what is wrong; the first problem stands.
#ifndef PROTO_PARSER_H
#define PROTO_PARSER_H

#include "lexer.h"
#include "proto.h"

/// Bytes of an option's name that are looked at.
#define PROTO_OPTION_NAME_MAX 63

/// One thread at a time.
typedef struct proto_parser {
  proto_lexer lexer;
  /// The token that is next.
  proto_token token;
  arena *memory;
  proto_file *file;
  /// "proto2", "proto3" or "editions".
  const char *syntax;
  int depth;
  char *problem;
  size_t problem_size;
} proto_parser;

/// An option: its name without spaces, cut at PROTO_OPTION_NAME_MAX; its value, of kind PROTO_SYMBOL if it is a
/// message.
typedef struct proto_option {
  char name[PROTO_OPTION_NAME_MAX + 1];
  proto_token value;
  int is_negative;
} proto_option;

/// What options of a field are kept in.
typedef struct proto_field_options {
  proto_features features;
  int packed;
  const char *preset;
  int64_t preset_size;
} proto_field_options;

/// Notes that something else was expected than the next token. Returns 0. [any]
int proto_expected(proto_parser *parser, const char *what);

/// Notes what is wrong with a token. Returns 0. [any]
int proto_wrong(proto_parser *parser, const proto_token *token, const char *problem);

/// Notes that memory ran out. Returns 0. [any]
int proto_no_memory(proto_parser *parser);

/// Whether the next token is this word or symbol. [any]
int proto_is_next(const proto_parser *parser, const char *text);

/// Goes to the token behind the next one. [any]
void proto_advance(proto_parser *parser);

/// Goes past this word or symbol, if it is next. [any]
int proto_accept(proto_parser *parser, const char *text);

/// Goes past this word or symbol; `text` with quotes in messages. [any]
int proto_require(proto_parser *parser, const char *text);

/// Goes past an identifier. `what` it names, for messages. [any]
int proto_identifier(proto_parser *parser, const char *what, proto_token *out);

/// Reads identifiers with dots between them, and before them if `may_be_absolute`; the arena's. NULL, noted.
/// [any]
const char *proto_dotted(proto_parser *parser, const char *what, int may_be_absolute);

/// Reads a text, of several literals if they follow each other. NULL, noted. [any]
const char *proto_text(proto_parser *parser, int64_t *size);

/// Reads `name = value` of an option. [any]
int proto_option_read(proto_parser *parser, proto_option *out);

/// Reads the statement behind `option`, up to its ';'; features are put into `features`. [any]
int proto_option_statement(proto_parser *parser, proto_features *features);

/// Reads a field's options from '[' to ']', if there are any. [any]
int proto_field_options_read(proto_parser *parser, proto_field_options *out);

/// Goes past braces and what is in them. [any]
int proto_skip_block(proto_parser *parser);

/// Goes past the statement of `reserved` or `extensions`. [any]
int proto_skip_ranges(proto_parser *parser);

/// Read what comes behind `message`, `enum` and `extend`, into a message or a file's root. [any]
int proto_message_read(proto_parser *parser, proto_message *scope);
int proto_enum_read(proto_parser *parser, proto_message *scope);
int proto_extend_read(proto_parser *parser, proto_message *scope);

/// Reads a message's body from '{' to '}'. [any]
int proto_message_body(proto_parser *parser, proto_message *message);

/// Reads a field, a map or a group into `owner`; messages that it makes go into `scope`. `oneof`: its number,
/// -1 for none. [any]
int proto_field_read(proto_parser *parser, proto_message *scope, proto_message *owner, int32_t oneof);

#endif
