#include "parser.h"

#include <string.h>

int proto_skip_ranges(proto_parser *parser) {
  do {
    if (parser->token.kind == PROTO_TEXT) {
      int64_t size;
      if (proto_text(parser, &size) == NULL)
        return 0;
      continue;
    }
    int is_negative = proto_accept(parser, "-"), is_name = parser->token.kind == PROTO_IDENTIFIER;
    if (parser->token.kind != PROTO_INTEGER && (is_negative || !is_name))
      return proto_expected(parser, "a number or a name");
    proto_advance(parser);
    if (is_name || !proto_accept(parser, "to"))
      continue;
    proto_accept(parser, "-");
    if (parser->token.kind != PROTO_INTEGER && !proto_is_next(parser, "max"))
      return proto_expected(parser, "a number or \"max\"");
    proto_advance(parser);
  } while (proto_accept(parser, ","));
  proto_field_options options;
  return proto_field_options_read(parser, &options) && proto_require(parser, ";");
}

static int read_value(proto_parser *parser, proto_enum *to) {
  proto_token name;
  proto_field_options options;
  if (!proto_identifier(parser, "an enum's value, or \"}\"", &name) || !proto_require(parser, "="))
    return 0;
  int is_negative = proto_accept(parser, "-");
  proto_token number = parser->token;
  if (number.kind != PROTO_INTEGER)
    return proto_expected(parser, "a number");
  if (number.value > (uint64_t)INT32_MAX + (uint64_t)is_negative)
    return proto_wrong(parser, &number, "an enum's number has 32 bits");
  proto_advance(parser);
  proto_value *value = proto_add_value(parser->memory, to, name.start, name.size);
  if (value == NULL)
    return proto_no_memory(parser);
  value->number = (int32_t)(is_negative ? -(int64_t)number.value : (int64_t)number.value);
  return proto_field_options_read(parser, &options) && proto_require(parser, ";");
}

int proto_enum_read(proto_parser *parser, proto_message *scope) {
  proto_token name;
  if (!proto_identifier(parser, "the enum's name", &name) || !proto_require(parser, "{"))
    return 0;
  proto_enum *made = proto_add_enum(parser->memory, scope, name.start, name.size);
  if (made == NULL)
    return proto_no_memory(parser);
  while (!proto_accept(parser, "}")) {
    int is_read = proto_accept(parser, ";")          ? 1
                  : proto_accept(parser, "option")   ? proto_option_statement(parser, &made->features)
                  : proto_accept(parser, "reserved") ? proto_skip_ranges(parser)
                                                     : read_value(parser, made);
    if (!is_read)
      return 0;
  }
  return made->count > 0 || proto_wrong(parser, &name, "an enum without values");
}

static int read_oneof(proto_parser *parser, proto_message *message) {
  proto_token name;
  proto_features ignored = {0};
  int32_t number = (int32_t)message->oneof_count++;
  if (!proto_identifier(parser, "the oneof's name", &name) || !proto_require(parser, "{"))
    return 0;
  while (!proto_accept(parser, "}")) {
    int is_read = proto_accept(parser, ";")        ? 1
                  : proto_accept(parser, "option") ? proto_option_statement(parser, &ignored)
                                                   : proto_field_read(parser, message, message, number);
    if (!is_read)
      return 0;
  }
  return 1;
}

int proto_extend_read(proto_parser *parser, proto_message *scope) {
  // Extensions are unknown fields to whoever reads; their messages are not.
  proto_message extended = {.full_name = scope->full_name};
  if (proto_dotted(parser, "the message that is extended", 1) == NULL || !proto_require(parser, "{"))
    return 0;
  while (!proto_accept(parser, "}"))
    if (!proto_accept(parser, ";") && !proto_field_read(parser, scope, &extended, -1))
      return 0;
  return 1;
}

static int read_statement(proto_parser *parser, proto_message *message) {
  if (proto_accept(parser, ";"))
    return 1;
  if (proto_accept(parser, "message"))
    return proto_message_read(parser, message);
  if (proto_accept(parser, "enum"))
    return proto_enum_read(parser, message);
  if (proto_accept(parser, "oneof"))
    return read_oneof(parser, message);
  if (proto_accept(parser, "extend"))
    return proto_extend_read(parser, message);
  if (proto_accept(parser, "option"))
    return proto_option_statement(parser, &message->features);
  if (proto_accept(parser, "extensions") || proto_accept(parser, "reserved"))
    return proto_skip_ranges(parser);
  return proto_field_read(parser, message, message, -1);
}

int proto_message_body(proto_parser *parser, proto_message *message) {
  if (parser->depth == PROTO_DEPTH_MAX)
    return proto_wrong(parser, &parser->token, "messages are nested more than 64 deep");
  if (!proto_require(parser, "{"))
    return 0;
  parser->depth++;
  while (!proto_accept(parser, "}")) {
    if (parser->token.kind == PROTO_END || parser->token.kind == PROTO_BAD)
      return proto_expected(parser, "a field or \"}\"");
    if (!read_statement(parser, message))
      return 0;
  }
  parser->depth--;
  return 1;
}

int proto_message_read(proto_parser *parser, proto_message *scope) {
  proto_token name;
  if (!proto_identifier(parser, "the message's name", &name))
    return 0;
  proto_message *message = proto_add_message(parser->memory, scope, name.start, name.size);
  return message == NULL ? proto_no_memory(parser) : proto_message_body(parser, message);
}
