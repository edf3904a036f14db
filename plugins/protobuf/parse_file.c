#include "parse.h"
#include "parser.h"
#include "schema.h"

#include <stdio.h>
#include <string.h>

// Reads `syntax = "…";` or `edition = "…";`, if the file begins with it; without, it is of proto2.
static int read_syntax(proto_parser *parser) {
  char problem[PROTO_SHOWN_MAX + 60];
  int is_edition = proto_is_next(parser, "edition");
  parser->syntax = "proto2";
  proto_features_of("proto2", 0, &parser->file->root.features);
  if (!is_edition && !proto_is_next(parser, "syntax"))
    return 1;
  proto_advance(parser);
  proto_token at = parser->token;
  int64_t size;
  if (!proto_require(parser, "="))
    return 0;
  at = parser->token;
  const char *name = proto_text(parser, &size);
  if (name == NULL)
    return 0;
  if (!proto_features_of(name, is_edition, &parser->file->root.features)) {
    snprintf(problem, sizeof problem, "\"%.*s\" is no %s", proto_shown(name), name,
             is_edition ? "edition that is known: 2023, 2024" : "syntax: proto2, proto3");
    return proto_wrong(parser, &at, problem);
  }
  parser->syntax = is_edition ? "editions" : name;
  return proto_require(parser, ";");
}

static int read_import(proto_parser *parser) {
  int64_t size;
  if (!proto_accept(parser, "public") && !proto_accept(parser, "weak"))
    proto_accept(parser, "option");
  const char *path = proto_text(parser, &size);
  if (path == NULL)
    return 0;
  if (proto_add_import(parser->memory, parser->file, path, (size_t)size) == NULL)
    return proto_no_memory(parser);
  return proto_require(parser, ";");
}

static int read_package(proto_parser *parser) {
  proto_token at = parser->token;
  proto_message *root = &parser->file->root;
  const char *name = proto_dotted(parser, "the package's name", 0);
  if (name == NULL)
    return 0;
  if (root->full_name[0] != '\0' || root->first_message != NULL || root->first_enum != NULL)
    return proto_wrong(parser, &at, "a second package, or one behind messages");
  root->full_name = name;
  return proto_require(parser, ";");
}

static int read_service(proto_parser *parser) {
  proto_token name;
  return proto_identifier(parser, "the service's name", &name) && proto_skip_block(parser);
}

static int read_statement(proto_parser *parser) {
  proto_message *root = &parser->file->root;
  if (proto_accept(parser, ";"))
    return 1;
  if (proto_accept(parser, "import"))
    return read_import(parser);
  if (proto_accept(parser, "package"))
    return read_package(parser);
  if (proto_accept(parser, "option"))
    return proto_option_statement(parser, &root->features);
  if (proto_accept(parser, "export") || proto_accept(parser, "local")) {
    if (!proto_is_next(parser, "message") && !proto_is_next(parser, "enum"))
      return proto_expected(parser, "\"message\" or \"enum\"");
  }
  if (proto_accept(parser, "message"))
    return proto_message_read(parser, root);
  if (proto_accept(parser, "enum"))
    return proto_enum_read(parser, root);
  if (proto_accept(parser, "extend"))
    return proto_extend_read(parser, root);
  if (proto_accept(parser, "service"))
    return read_service(parser);
  return proto_expected(
      parser, "\"message\", \"enum\", \"import\", \"package\", \"option\", \"extend\" or \"service\"");
}

proto_file *proto_parse(arena *memory, const char *text, int64_t size, char *problem, size_t problem_size) {
  proto_file *file = arena_get(memory, sizeof *file);
  problem[0] = '\0';
  if (file == NULL) {
    snprintf(problem, problem_size, "out of memory");
    return NULL;
  }
  file->root.name = file->root.full_name = "";
  proto_parser parser = {.memory = memory, .file = file, .problem = problem, .problem_size = problem_size};
  proto_lexer_begin(&parser.lexer, text, size);
  proto_advance(&parser);
  int is_good = read_syntax(&parser);
  while (is_good && parser.token.kind != PROTO_END)
    is_good = read_statement(&parser);
  return is_good ? file : NULL;
}
