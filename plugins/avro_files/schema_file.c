#include "schema_file.h"

#include "buffer.h"
#include "file_list.h"
#include "options.h"

static int32_t fail(const char *path, const char *problem, mill_error *error) {
  return mill_fail(error, MILL_CLASS_FATAL, 0, FILES_TITLE ": \"%s\": %s", file_shown(path), problem);
}

// Reads a file of at most AVRO_TEXT_MAX bytes; BUFFER_PADDING zeros follow them.
static int32_t read_text(const char *path, buffer *out, mill_error *error) {
  if (!buffer_reserve(out, AVRO_TEXT_MAX + 1))
    return mill_fail_memory(error, FILES_TITLE);
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    return fail(path, strerror(errno), error);
  out->size = (int64_t)fread(out->bytes, 1, (size_t)out->capacity, file);
  const char *problem = ferror(file) ? strerror(errno) : out->size > AVRO_TEXT_MAX ? "longer than 1 MiB" : NULL;
  fclose(file);
  buffer_pad(out);
  return problem == NULL ? MILL_OK : fail(path, problem, error);
}

avro_schema *schema_text_read(const char *path, const char *name, const char *text, int64_t size,
                              mill_error *error) {
  char title[sizeof FILES_TITLE + PATH_SHOWN_MAX + 8];
  snprintf(title, sizeof title, FILES_TITLE ": \"%s\"", file_shown(path));
  mill_schema from = {
      .struct_size = sizeof from, .format = MILL_SCHEMA_AVRO, .name = name, .text = text, .text_size = size};
  return avro_schema_read(&from, title, error);
}

avro_schema *schema_file_read(const char *path, mill_error *error) {
  buffer text = {.size = 0};
  avro_schema *made = NULL;
  if (read_text(path, &text, error) == MILL_OK)
    made = schema_text_read(path, file_name(path), (const char *)text.bytes, text.size, error);
  buffer_free(&text);
  return made;
}
