/// Fuzzes the source of Avro's container files. The first byte of an input is flags; the file follows: its
/// bytes, or, with FLAG_MADE, its schema and its blocks, with SEPARATOR between, a byte before each block for
/// how many rows it has.
///
/// A second instance goes on in the middle, and must come to the same rows and the same end.
#include "columns.h"
#include "round.h"

#include <sys/mman.h>
#include <unistd.h>

enum { FLAG_FEW_ROWS = 1, FLAG_TWO_SPLITS = 2, FLAG_MADE = 4, ROWS_MAX = 2000 };

static unsigned long long all_files, good_files, good_rows, resumed_rows;

static void print_rows(void) {
  fprintf(stderr, "rows: %llu files, %llu good, %llu rows good, %llu rows good once more\n", all_files,
          good_files, good_rows, resumed_rows);
}

static const mill_source_vtable *source_of_plugin(void) {
  static const mill_source_vtable *source;
  if (source == NULL) {
    const mill_plugin *mill_plugin_v1(void);
    source = ((const mill_sources *)mill_plugin_v1()->get_extension(MILL_SOURCES))->types[0]->vtable;
    atexit(print_rows);
  }
  return source;
}

// The file, in memory.
typedef struct file {
  int descriptor;
  char config[80];
} file;

static void put(const file *to, const void *bytes, size_t size) {
  if (size > 0 && write(to->descriptor, bytes, size) != (ssize_t)size)
    die("write", "the file in memory");
}

static void put_long(const file *to, int64_t value) {
  uint64_t bits = (uint64_t)value << 1;
  for (; bits > 127; bits >>= 7)
    put(to, &(uint8_t){(uint8_t)(bits | 128)}, 1);
  put(to, &(uint8_t){(uint8_t)bits}, 1);
}

static void put_made(const file *to, const uint8_t *bytes, int64_t size) {
  static const char sync[] = "0123456789abcdef", key[] = "\x16"
                                                         "avro.schema";
  put(to, "Obj\1\2", 5);
  put(to, key, sizeof key - 1);
  for (int is_schema = 1; size >= 0; is_schema = 0) {
    const uint8_t *piece = bytes;
    int64_t length = piece_cut(&bytes, &size);
    if (!is_schema && length > 0) {
      put_long(to, *piece++);
      length--;
    }
    put_long(to, length);
    put(to, piece, (size_t)length);
    put(to, "", is_schema); // the end of the metadata
    put(to, sync, 16);
  }
}

static file make_file(unsigned flags, const uint8_t *bytes, int64_t size) {
  file made = {.descriptor = memfd_create("fuzz", MFD_CLOEXEC)};
  if (made.descriptor < 0)
    die("memfd_create", "no file in memory");
  snprintf(made.config, sizeof made.config, "{\"path\":\"/proc/self/fd/%d\"}", made.descriptor);
  if ((flags & FLAG_MADE) != 0)
    put_made(&made, bytes, size);
  else
    put(&made, bytes, (size_t)size);
  return made;
}

// What came of reading.
typedef struct outcome {
  int count;
  uint64_t hashes[ROWS_MAX + 1];
  // Behind a batch.
  int middle_count;
  int64_t middle;
  char error[MILL_ERROR_MESSAGE_SIZE];
} outcome;

static void take_batch(const struct ArrowSchema *schema, mill_batch *batch, outcome *out) {
  columns_check(schema, &batch->columns);
  for (int64_t row = 0; row < batch->columns.length && out->count < ROWS_MAX; row++)
    out->hashes[out->count++] = columns_hash(schema, &batch->columns, row, 1);
  batch->release(batch);
}

static void poll_all(const mill_source_vtable *source, void *self, int64_t max_rows, outcome *out,
                     mill_error *error) {
  struct ArrowSchema schema;
  if (source->schema(self, &schema, error) != MILL_OK)
    die("schema", "it was good before");
  for (int32_t ended = 0; !ended && out->count < ROWS_MAX;) {
    mill_batch batch = {.release = NULL};
    if (source->poll(self, max_rows, &batch, &ended, error) != MILL_OK) {
      strcpy(out->error, error->message);
      break;
    }
    if (batch.release != NULL)
      take_batch(&schema, &batch, out);
    if (out->middle_count == 0 || out->count < 10) {
      out->middle_count = out->count;
      out->middle = source->position(self);
    }
  }
  schema.release(&schema);
}

// Reads a file from a position; 0 if it is none.
static int read_file(const file *from, unsigned split_count, int64_t max_rows, int64_t position, outcome *out) {
  const mill_source_vtable *source = source_of_plugin();
  mill_error error = {.struct_size = sizeof error};
  void *self;
  *out = (outcome){.count = 0};
  if (source->create(NULL, from->config, 0, split_count, &self, &error) != MILL_OK)
    return 0;
  if (source->seek(self, position, &error) == MILL_OK)
    poll_all(source, self, max_rows, out, &error);
  else
    strcpy(out->error, error.message);
  source->destroy(self);
  return 1;
}

// Both hold the same rows from the middle of the first on, as far as both go.
static void compare(const outcome *first, const outcome *second) {
  int left = first->count - first->middle_count, same = left < second->count ? left : second->count;
  if (memcmp(first->hashes + first->middle_count, second->hashes, (size_t)same * sizeof second->hashes[0]) != 0)
    die("positions", "other rows");
  if (first->count < ROWS_MAX && second->count < ROWS_MAX && strcmp(first->error, second->error) != 0)
    die("positions, another end", second->error);
  if (first->count < ROWS_MAX && first->error[0] == '\0' && left != second->count)
    die("positions", "another number of rows");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static outcome first, second;
  if (size < 1)
    return 0;
  unsigned splits = (data[0] & FLAG_TWO_SPLITS) != 0 ? 2 : 1;
  int64_t max_rows = (data[0] & FLAG_FEW_ROWS) != 0 ? 3 : 1000;
  file from = make_file(data[0], data + 1, (int64_t)size - 1);
  all_files++;
  if (read_file(&from, splits, max_rows, 0, &first)) {
    good_files += first.error[0] == '\0';
    good_rows += (unsigned)first.count;
    if (!read_file(&from, splits, 1003 - max_rows, first.middle, &second))
      die("create", "it was good before");
    compare(&first, &second);
    resumed_rows += (unsigned)second.count;
  }
  close(from.descriptor);
  return 0;
}
