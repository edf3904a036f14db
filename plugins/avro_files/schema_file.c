#include "schema_file.h"

#include "buffer.h"
#include "file_list.h"
#include "options.h"

static int32_t fail(const char *path, const char *title, const char *problem, mill_error *error) {
  return mill_fail(error, MILL_CLASS_FATAL, 0, "%s: \"%s\": %s", title, file_shown(path), problem);
}

// Reads a file of at most AVRO_TEXT_MAX bytes; BUFFER_PADDING zeros follow them.
static int32_t read_text(const char *path, const char *title, buffer *out, mill_error *error) {
  if (!buffer_reserve(out, AVRO_TEXT_MAX + 1))
    return mill_fail_memory(error, title);
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    return fail(path, title, strerror(errno), error);
  out->size = (int64_t)fread(out->bytes, 1, (size_t)out->capacity, file);
  const char *problem = ferror(file) ? strerror(errno) : out->size > AVRO_TEXT_MAX ? "longer than 1 MiB" : NULL;
  fclose(file);
  buffer_pad(out);
  return problem == NULL ? MILL_OK : fail(path, title, problem, error);
}

avro_schema *schema_text_read(const char *path, const char *name, const char *text, int64_t size,
                              const char *title, mill_error *error) {
  char place[64 + PATH_SHOWN_MAX];
  snprintf(place, sizeof place, "%s: \"%s\"", title, file_shown(path));
  mill_schema from = {
      .struct_size = sizeof from, .format = MILL_SCHEMA_AVRO, .name = name, .text = text, .text_size = size};
  return avro_schema_read(&from, place, error);
}

avro_schema *schema_file_read(const char *path, const char *title, mill_error *error) {
  buffer text = {.size = 0};
  avro_schema *made = NULL;
  if (read_text(path, title, &text, error) == MILL_OK)
    made = schema_text_read(path, file_name(path), (const char *)text.bytes, text.size, title, error);
  buffer_free(&text);
  return made;
}
