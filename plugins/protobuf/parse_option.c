#include "parser.h"

#include <string.h>

static void add(char *name, const char *text, size_t size) {
  size_t used = strlen(name), room = PROTO_OPTION_NAME_MAX - used;
  memcpy(name + used, text, size < room ? size : room);
}

// Reads a part of an option's name: an identifier, or an extension's name in parentheses.
static int read_part(proto_parser *parser, char *name) {
  proto_token part;
  if (!proto_accept(parser, "(")) {
    if (!proto_identifier(parser, "an option's name", &part))
      return 0;
    add(name, part.start, part.size);
    return 1;
  }
  const char *extension = proto_dotted(parser, "an extension's name", 1);
  if (extension == NULL)
    return 0;
  add(name, "(", 1);
  add(name, extension, strlen(extension));
  add(name, ")", 1);
  return proto_require(parser, ")");
}

static int read_value(proto_parser *parser, proto_option *out) {
  out->is_negative = proto_accept(parser, "-");
  if (!out->is_negative)
    proto_accept(parser, "+");
  out->value = parser->token;
  if (proto_is_next(parser, "{"))
    return proto_skip_block(parser);
  if (parser->token.kind == PROTO_TEXT) {
    while (parser->token.kind == PROTO_TEXT)
      proto_advance(parser);
    return 1;
  }
  if (parser->token.kind != PROTO_IDENTIFIER && parser->token.kind != PROTO_INTEGER &&
      parser->token.kind != PROTO_DECIMAL)
    return proto_expected(parser, "an option's value");
  proto_advance(parser);
  return 1;
}

int proto_option_read(proto_parser *parser, proto_option *out) {
  memset(out, 0, sizeof *out);
  if (!read_part(parser, out->name))
    return 0;
  while (proto_accept(parser, ".")) {
    add(out->name, ".", 1);
    if (!read_part(parser, out->name))
      return 0;
  }
  return proto_require(parser, "=") && read_value(parser, out);
}

static int is_value(const proto_option *option, const char *word) {
  return option->value.size == strlen(word) && memcmp(option->value.start, word, option->value.size) == 0;
}

// Puts a feature, if the option is one that has to do with messages' bytes.
static void set_feature(const proto_option *option, proto_features *features) {
  static const struct {
    const char *name;
    size_t at;
    const char *values[3];
  } known[] = {
      {"features.field_presence",
       offsetof(proto_features, presence),
       {"EXPLICIT", "IMPLICIT", "LEGACY_REQUIRED"}},
      {"features.enum_type", offsetof(proto_features, enum_type), {"OPEN", "CLOSED", ""}},
      {"features.repeated_field_encoding", offsetof(proto_features, repeated), {"PACKED", "EXPANDED", ""}},
      {"features.message_encoding", offsetof(proto_features, message), {"LENGTH_PREFIXED", "DELIMITED", ""}}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    for (uint8_t value = 0; value < 3 && strcmp(option->name, known[i].name) == 0; value++)
      if (is_value(option, known[i].values[value]))
        ((uint8_t *)features)[known[i].at] = value + 1;
}

int proto_option_statement(proto_parser *parser, proto_features *features) {
  proto_option option;
  if (!proto_option_read(parser, &option))
    return 0;
  set_feature(&option, features);
  return proto_require(parser, ";");
}

// Keeps a default: a text unescaped, anything else as it is written.
static int set_preset(proto_parser *parser, const proto_option *option, proto_field_options *out) {
  const proto_token *value = &option->value;
  if (value->kind == PROTO_TEXT) {
    proto_parser at_value = *parser;
    proto_lexer_begin(&at_value.lexer, value->start, parser->lexer.end - value->start);
    at_value.lexer.line = value->line;
    at_value.lexer.line_start = value->start - value->column + 1;
    proto_advance(&at_value);
    out->preset = proto_text(&at_value, &out->preset_size);
    return out->preset != NULL;
  }
  if (value->kind == PROTO_SYMBOL)
    return proto_wrong(parser, value, "a default can't be a message");
  char *text = arena_get(parser->memory, value->size + 2);
  if (text == NULL)
    return proto_no_memory(parser);
  text[0] = '-';
  memcpy(text + option->is_negative, value->start, value->size);
  out->preset = text;
  out->preset_size = (int64_t)value->size + option->is_negative;
  return 1;
}

int proto_field_options_read(proto_parser *parser, proto_field_options *out) {
  *out = (proto_field_options){.packed = -1};
  if (!proto_accept(parser, "["))
    return 1;
  do {
    proto_option option;
    if (!proto_option_read(parser, &option))
      return 0;
    set_feature(&option, &out->features);
    if (strcmp(option.name, "packed") == 0)
      out->packed = is_value(&option, "true");
    if (strcmp(option.name, "default") == 0 && !set_preset(parser, &option, out))
      return 0;
  } while (proto_accept(parser, ","));
  return proto_require(parser, "]");
}
