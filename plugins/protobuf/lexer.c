#include "lexer.h"

#include <string.h>

// As the language has them, whatever the locale.
static int is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static int is_digit(char c) { return c >= '0' && c <= '9'; }

static int digit_of(char c) {
  if (is_digit(c))
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

void proto_lexer_begin(proto_lexer *lexer, const char *text, int64_t size) {
  *lexer = (proto_lexer){.at = text, .end = text + size, .line_start = text, .line = 1};
  if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
    lexer->at += 3;
}

static void end_line(proto_lexer *lexer) {
  lexer->line++;
  lexer->line_start = lexer->at + 1;
}

// Goes past a comment that begins here; 0 if it does not end.
static int skip_comment(proto_lexer *lexer) {
  int is_block = lexer->at[1] == '*';
  for (lexer->at += 2; lexer->at < lexer->end; lexer->at++) {
    if (*lexer->at == '\n') {
      if (!is_block)
        return 1;
      end_line(lexer);
    }
    if (is_block && *lexer->at == '*' && lexer->end - lexer->at > 1 && lexer->at[1] == '/') {
      lexer->at += 2;
      return 1;
    }
  }
  return !is_block;
}

// Goes to the next token; 0 at a comment that does not end.
static int skip_space(proto_lexer *lexer) {
  while (lexer->at < lexer->end) {
    char c = *lexer->at;
    if (c == '/' && lexer->end - lexer->at > 1 && (lexer->at[1] == '/' || lexer->at[1] == '*')) {
      if (!skip_comment(lexer))
        return 0;
      continue;
    }
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\v' && c != '\f')
      return 1;
    if (c == '\n')
      end_line(lexer);
    lexer->at++;
  }
  return 1;
}

// The value of digits; 0 if it is 2^64 or more, or a digit is none.
static int read_integer(const char *at, const char *end, uint64_t *out) {
  int base = 10;
  if (*at == '0' && end - at > 1) {
    base = at[1] == 'x' || at[1] == 'X' ? 16 : 8;
    at += base == 16 ? 2 : 1;
    if (at == end)
      return 0;
  }
  for (*out = 0; at < end; at++)
    if (digit_of(*at) >= base || __builtin_mul_overflow(*out, (uint64_t)base, out) ||
        __builtin_add_overflow(*out, (uint64_t)digit_of(*at), out))
      return 0;
  return 1;
}

// Digits, letters and points, and signs behind an exponent's letter.
static const char *number_end(const char *at, const char *end) {
  int is_hex = end - at > 1 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
  for (const char *start = at; at < end; at++) {
    int is_sign = (*at == '+' || *at == '-') && at > start && (at[-1] == 'e' || at[-1] == 'E') && !is_hex;
    if (!is_letter(*at) && !is_digit(*at) && *at != '.' && !is_sign)
      break;
  }
  return at;
}

static int is_decimal(const char *at, const char *end) {
  int digits = 0, has_point = 0;
  for (; at < end && (is_digit(*at) || (*at == '.' && !has_point)); at++)
    is_digit(*at) ? digits++ : has_point++;
  if (digits > 0 && at < end && (*at == 'e' || *at == 'E')) {
    at += end - at > 1 && (at[1] == '+' || at[1] == '-') ? 2 : 1;
    for (digits = 0; at < end && is_digit(*at); at++)
      digits++;
  }
  if (digits > 0 && end - at == 1 && (*at == 'f' || *at == 'F'))
    at++;
  return digits > 0 && at == end;
}

static void read_number(proto_lexer *lexer, proto_token *token) {
  lexer->at = number_end(token->start, lexer->end);
  token->kind = read_integer(token->start, lexer->at, &token->value) ? PROTO_INTEGER
                : is_decimal(token->start, lexer->at)                ? PROTO_DECIMAL
                                                                     : PROTO_BAD;
}

static void read_text(proto_lexer *lexer, proto_token *token) {
  char quote = *lexer->at++;
  for (; lexer->at < lexer->end && *lexer->at != '\n'; lexer->at++) {
    if (*lexer->at == quote) {
      lexer->at++;
      token->kind = PROTO_TEXT;
      return;
    }
    if (*lexer->at == '\\' && lexer->end - lexer->at > 1 && lexer->at[1] != '\n')
      lexer->at++;
  }
}

proto_token proto_lexer_next(proto_lexer *lexer) {
  int is_whole = skip_space(lexer);
  proto_token token = {.kind = is_whole ? PROTO_END : PROTO_BAD,
                       .start = lexer->at,
                       .line = lexer->line,
                       .column = (int)(lexer->at - lexer->line_start) + 1};
  if (lexer->at == lexer->end)
    return token;
  char c = *lexer->at;
  token.kind = PROTO_BAD;
  if (is_letter(c)) {
    while (lexer->at < lexer->end && (is_letter(*lexer->at) || is_digit(*lexer->at)))
      lexer->at++;
    token.kind = PROTO_IDENTIFIER;
  } else if (is_digit(c) || (c == '.' && lexer->end - lexer->at > 1 && is_digit(lexer->at[1]))) {
    read_number(lexer, &token);
  } else if (c == '"' || c == '\'') {
    read_text(lexer, &token);
  } else {
    lexer->at++;
    token.kind = strchr("{}[]()<>=;:,.-+/", c) != NULL && c != '\0' ? PROTO_SYMBOL : PROTO_BAD;
  }
  token.size = (size_t)(lexer->at - token.start);
  return token;
}

// Reads up to `most` digits of a base; where they end.
static const char *read_digits(const char *at, const char *end, uint32_t base, int most, uint32_t *out) {
  *out = 0;
  for (; most > 0 && at < end && (uint32_t)digit_of(*at) < base; most--)
    *out = *out * base + (uint32_t)digit_of(*at++);
  return at;
}

static size_t write_utf8(uint32_t point, char *out) {
  if (point < 0x80) {
    out[0] = (char)point;
    return 1;
  }
  size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (size_t i = size - 1; i > 0; i--, point >>= 6)
    out[i] = (char)(0x80 | (point & 0x3F));
  out[0] = (char)((size == 2 ? 0xC0 : size == 3 ? 0xE0 : 0xF0) | point);
  return size;
}

// Reads the escape behind a backslash; where it ends, NULL if it is none. Writes what it stands for.
static const char *unescape(const char *at, const char *end, char **out) {
  static const char names[] = "abfnrtv\\'\"?", values[] = "\a\b\f\n\r\t\v\\'\"?";
  const char *name = *at == '\0' ? NULL : strchr(names, *at);
  uint32_t value;
  if (name != NULL) {
    *(*out)++ = values[name - names];
    return at + 1;
  }
  int is_point = *at == 'u' || *at == 'U';
  if (!is_point && *at != 'x' && *at != 'X') {
    const char *behind = read_digits(at, end, 8, 3, &value);
    *(*out)++ = (char)value;
    return behind == at || value > 255 ? NULL : behind;
  }
  int most = *at == 'u' ? 4 : *at == 'U' ? 8 : 2;
  const char *behind = read_digits(at + 1, end, 16, most, &value);
  if (behind == at + 1 || (is_point && (behind - at - 1 != most || value > 0x10FFFF)))
    return NULL;
  if (is_point)
    *out += write_utf8(value, *out);
  else
    *(*out)++ = (char)value;
  return behind;
}

int64_t proto_text_unescape(const proto_token *token, char *out) {
  const char *at = token->start + 1, *end = token->start + token->size - 1;
  char *to = out;
  while (at < end) {
    if (*at != '\\') {
      *to++ = *at++;
      continue;
    }
    if ((at = unescape(at + 1, end, &to)) == NULL)
      return -1;
  }
  return to - out;
}
