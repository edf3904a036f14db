/// A fake host for sources: reads a split, checks its batches, and prints them and where it is after each.
///
///   driver PLUGIN CONFIG SPLIT_INDEX SPLIT_COUNT MAX_ROWS POSITION
///
/// Prints the schema as schema_read takes it, behind each line's `C `; then per batch its rows as `R VALUE` and
/// the position behind them as `P NUMBER`; then `END`, or `ERROR MESSAGE` for a call that failed.
#include "../Fuzz/columns.h"
#include "driver_host.h"

enum { BATCHES_MAX = 1 << 16 };

typedef struct taken {
  mill_batch batch;
  int64_t position;
} taken;

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
  if (count > 0 && driver_charged() <= 0)
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
  const mill_source_vtable *source = driver_source(driver_load(arguments[1]))->vtable;
  mill_error error = {.struct_size = sizeof error};
  void *self = NULL;
  if (source->create(&driver_host, arguments[2], (uint32_t)atoi(arguments[3]), (uint32_t)atoi(arguments[4]),
                     &self, &error) != MILL_OK)
    fail(&error);
  else
    read_split(source, self, arguments, &error);
  if (driver_charged() != 0)
    die("memory", "something counts that is gone");
  return 0;
}
