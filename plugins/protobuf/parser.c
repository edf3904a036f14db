#include "parser.h"

#include "millrace_sdk.h"

#include <stdio.h>
#include <string.h>

int proto_wrong(proto_parser *parser, const proto_token *token, const char *problem) {
  if (parser->problem[0] == '\0')
    snprintf(parser->problem, parser->problem_size, "line %d, column %d: %s", token->line, token->column,
             problem);
  return 0;
}

int proto_expected(proto_parser *parser, const char *what) {
  char problem[200];
  const proto_token *token = &parser->token;
  int shown = token->size > 40 ? 40 : (int)token->size;
  int64_t cut = mill_utf8_invalid_at((const uint8_t *)token->start, shown);
  shown = cut >= 0 ? (int)cut : shown; // no part of a character
  for (int i = shown - 1; i >= 0; i--)
    if (token->start[i] >= '\0' && token->start[i] < ' ')
      shown = i;
  if (token->kind == PROTO_END)
    snprintf(problem, sizeof problem, "expected %s, but the file ends", what);
  else if (token->size == 0)
    snprintf(problem, sizeof problem, "expected %s, found a comment that does not end", what);
  else if (shown == 0)
    snprintf(problem, sizeof problem, "expected %s, found what is no text", what);
  else
    snprintf(problem, sizeof problem, "expected %s, found %.*s", what, shown, token->start);
  return proto_wrong(parser, token, problem);
}

int proto_no_memory(proto_parser *parser) { return proto_wrong(parser, &parser->token, "out of memory"); }

int proto_is_next(const proto_parser *parser, const char *text) {
  const proto_token *token = &parser->token;
  return (token->kind == PROTO_IDENTIFIER || token->kind == PROTO_SYMBOL) && strlen(text) == token->size &&
         memcmp(text, token->start, token->size) == 0;
}

void proto_advance(proto_parser *parser) { parser->token = proto_lexer_next(&parser->lexer); }

int proto_accept(proto_parser *parser, const char *text) {
  if (!proto_is_next(parser, text))
    return 0;
  proto_advance(parser);
  return 1;
}

int proto_require(proto_parser *parser, const char *text) {
  char what[40];
  if (proto_accept(parser, text))
    return 1;
  snprintf(what, sizeof what, "\"%s\"", text);
  return proto_expected(parser, what);
}

int proto_identifier(proto_parser *parser, const char *what, proto_token *out) {
  if (parser->token.kind != PROTO_IDENTIFIER)
    return proto_expected(parser, what);
  *out = parser->token;
  proto_advance(parser);
  return 1;
}

const char *proto_dotted(proto_parser *parser, const char *what, int may_be_absolute) {
  char name[1024];
  size_t size = 0;
  if (may_be_absolute && proto_accept(parser, "."))
    name[size++] = '.';
  do {
    proto_token part = {.size = 0};
    if (!proto_identifier(parser, what, &part))
      return NULL;
    if (part.size + 2 > sizeof name - size) {
      proto_wrong(parser, &part, "a name of more than 1000 bytes");
      return NULL;
    }
    memcpy(name + size, part.start, part.size);
    size += part.size;
    name[size++] = '.';
  } while (proto_accept(parser, "."));
  const char *copy = arena_copy(parser->memory, name, size - 1);
  if (copy == NULL)
    proto_no_memory(parser);
  return copy;
}

// How long all literals that follow here are together.
static size_t texts_size(const proto_parser *parser) {
  proto_lexer ahead = parser->lexer;
  size_t size = 0;
  for (proto_token token = parser->token; token.kind == PROTO_TEXT; token = proto_lexer_next(&ahead))
    size += token.size;
  return size;
}

const char *proto_text(proto_parser *parser, int64_t *size) {
  if (parser->token.kind != PROTO_TEXT) {
    proto_expected(parser, "a text in quotes");
    return NULL;
  }
  char *text = arena_get(parser->memory, texts_size(parser) + 16);
  if (text == NULL) {
    proto_no_memory(parser);
    return NULL;
  }
  for (*size = 0; parser->token.kind == PROTO_TEXT; proto_advance(parser)) {
    int64_t more = proto_text_unescape(&parser->token, text + *size);
    if (more < 0) {
      proto_wrong(parser, &parser->token, "a text with an escape that is none");
      return NULL;
    }
    *size += more;
  }
  text[*size] = '\0';
  return text;
}

int proto_skip_block(proto_parser *parser) {
  if (!proto_require(parser, "{"))
    return 0;
  for (int depth = 1; depth > 0; proto_advance(parser)) {
    if (parser->token.kind == PROTO_END || parser->token.kind == PROTO_BAD)
      return proto_expected(parser, "\"}\"");
    depth += proto_is_next(parser, "{") - proto_is_next(parser, "}");
  }
  return 1;
}
