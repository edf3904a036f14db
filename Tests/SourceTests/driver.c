/// A fake host for sources: reads a split, checks its batches, and prints them and where it is after each.
///
///   driver PLUGIN CONFIG SPLIT_INDEX SPLIT_COUNT MAX_ROWS POSITION
///
/// Prints the schema as schema_read takes it, behind each line's `C `; then per batch its rows as `R VALUE` and
/// the position behind them as `P NUMBER`; then `END`, or `ERROR MESSAGE` for a call that failed.
#include "driver.h"
#include "../Fuzz/columns.h"

#include <dlfcn.h>

enum { BATCHES_MAX = 1 << 16 };

typedef struct taken {
  mill_batch batch;
  int64_t position;
} taken;

static const mill_source_type *load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    die("dlopen", dlerror());
  const mill_plugin *(*entry)(void) = NULL;
  *(void **)&entry = dlsym(library, MILL_ENTRY_SYMBOL);
  const mill_sources *sources = entry == NULL ? NULL : entry()->get_extension(MILL_SOURCES);
  if (sources == NULL || sources->count != 1)
    die("not one source", path);
  return sources->types[0];
}

// Bytes that are charged.
static int64_t charged;

static void charge(uint64_t bytes) { charged += (int64_t)bytes; }
static void discharge(uint64_t bytes) { charged -= (int64_t)bytes; }

static const void *get_extension(const mill_host *host, const char *id) {
  static const mill_memory memory = {.struct_size = sizeof memory, .charge = charge, .discharge = discharge};
  (void)host;
  return strcmp(id, MILL_MEMORY) == 0 ? &memory : NULL;
}

static const mill_host host = {.struct_size = sizeof host,
                               .abi_minor = MILL_ABI_MINOR,
                               .version = "1.0.0",
                               .get_extension = get_extension};

static void fail(const mill_error *error) { printf("ERROR %s\n", error->message); }

static void print_schema(const struct ArrowSchema *schema) {
  printf("C %lld %lld\t%s\t%s\n", (long long)schema->n_children, (long long)schema->flags, schema->format,
         schema->name);
  for (int64_t i = 0; i < schema->n_children; i++)
    print_schema(schema->children[i]);
}

// Takes batches until the end or a failure: how many; `is_good` becomes 0 after a failure.
static int take_all(const mill_source_vtable *source, void *self, int64_t max_rows, taken *out, int *is_good,
                    mill_error *error) {
  int count = 0;
  for (int32_t ended = 0; !ended;) {
    mill_batch batch = {.release = NULL};
    if (source->poll(self, max_rows, &batch, &ended, error) != MILL_OK) {
      *is_good = 0;
      break;
    }
    if (batch.release == NULL)
      continue;
    if (count == BATCHES_MAX || batch.columns.length < 1 || batch.columns.length > max_rows)
      die("poll", "too many batches, or rows");
    out[count++] = (taken){batch, source->position(self)};
  }
  return count;
}

static void print_batch(const struct ArrowSchema *schema, taken *of) {
  columns_check(schema, &of->batch.columns);
  for (int64_t row = 0; row < of->batch.columns.length; row++) {
    printf("R ");
    dump_value(schema, &of->batch.columns, row);
    putchar('\n');
  }
  printf("P %lld\n", (long long)of->position);
  of->batch.release(&of->batch);
}

// Destroys the instance, too.
static void read_split(const mill_source_vtable *source, void *self, char **arguments, mill_error *error) {
  struct ArrowSchema schema;
  if (source->schema(self, &schema, error) != MILL_OK) {
    source->destroy(self);
    fail(error);
    return;
  }
  print_schema(&schema);
  taken *all = get_memory(BATCHES_MAX * sizeof *all);
  int is_good = source->seek(self, atoll(arguments[6]), error) == MILL_OK;
  int count = is_good ? take_all(source, self, atoll(arguments[5]), all, &is_good, error) : 0;
  if (count > 0 && charged <= 0)
    die("memory", "batches are not counted");
  source->destroy(self); // batches outlive it
  for (int i = 0; i < count; i++)
    print_batch(&schema, &all[i]);
  if (is_good)
    puts("END");
  else
    fail(error);
  schema.release(&schema);
  free(all);
}

int main(int count, char **arguments) {
  if (count != 7)
    die("usage", "driver PLUGIN CONFIG SPLIT_INDEX SPLIT_COUNT MAX_ROWS POSITION");
  const mill_source_vtable *source = load(arguments[1])->vtable;
  mill_error error = {.struct_size = sizeof error};
  void *self = NULL;
  if (source->create(&host, arguments[2], (uint32_t)atoi(arguments[3]), (uint32_t)atoi(arguments[4]), &self,
                     &error) != MILL_OK)
    fail(&error);
  else
    read_split(source, self, arguments, &error);
  if (charged != 0)
    die("memory", "something counts that is gone");
  return 0;
}
