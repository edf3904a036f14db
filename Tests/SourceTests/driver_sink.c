/// A fake host for sinks: writes rows that the plugin's source reads.
///
///   driver_sink PLUGIN CONFIG JOB STEP WORKER_COUNT FILE < COMMANDS
///
/// The rows have the columns of the Avro file FILE. Commands, a line each:
///
///   recover EPOCH; prepare EPOCH; commit EPOCH
///   write WORKER_INDEX EPOCH FILE MAX_ROWS    the rows of a file, in batches of at most MAX_ROWS
///   again                                     goes on with the batch that could not be written
///   together EPOCH FILE                       all workers write the file, while the epoch before is committed
///   kind KIND                                 the first row of each batch is of that kind (MILL_ROW_*)
///   limit BYTES                               files can have no more; -1: as many as they like
///   fault CALL ERRNO SKIPPED; trace           see driver_faults.h
///   shell COMMAND
///   crash                                     ends the process as if it were killed
///
/// Prints `B ROW CODE MESSAGE` for each bad row, numbered within its batch, and after each command `OK`, or
/// `ERROR CLASS MESSAGE`; so, too, for making the instance, and for binding it.
#include "driver_faults.h"
#include "driver_host.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LINE_MAX_SIZE = 4096, WORKERS_MAX = 64, BATCH_ROWS_MAX = 65536 };

// A file's rows on their way to a worker's part of the sink.
typedef struct flow {
  const mill_source_vtable *source;
  void *reader;
  mill_batch batch; // not released: it is to be written again
  uint32_t worker_index;
  uint64_t epoch;
  int64_t max_rows;
} flow;

typedef struct host {
  const mill_plugin *plugin;
  const mill_sink_vtable *sink;
  void *self;
  uint32_t worker_count;
  uint8_t kinds[BATCH_ROWS_MAX]; // of a batch's rows
  flow waiting;
} host;

static void *open_file(const mill_source_vtable *source, const char *path) {
  char config[LINE_MAX_SIZE + 32];
  mill_error error = {.struct_size = sizeof error};
  void *reader;
  snprintf(config, sizeof config, "{\"path\":\"%s\"}", path);
  if (source->create(&driver_host, config, 0, 1, &reader, &error) != MILL_OK)
    die("the source", error.message);
  return reader;
}

static void report(const mill_row_errors *errors, int64_t row, int32_t code, const char *message) {
  int64_t *last = errors->context;
  if (row <= *last)
    die("report", "rows are out of order, or reported twice");
  *last = row;
  printf("B %lld %d %s\n", (long long)row, code, message);
}

static int32_t write_batch(const host *own, flow *of, mill_error *error) {
  int64_t last = -1;
  const mill_row_errors errors = {sizeof errors, 0, &last, report};
  of->batch.row_kind = own->kinds[0] == MILL_ROW_INSERT ? NULL : own->kinds;
  int32_t status = own->sink->write(own->self, of->worker_index, of->epoch, &of->batch, &errors, error);
  if (status == MILL_OK)
    of->batch.release(&of->batch);
  else if (last >= 0)
    die("write", "it failed after it had reported rows");
  return status;
}

// Writes all that is left.
static int32_t run_flow(const host *own, flow *of, mill_error *error) {
  int64_t count = 0;
  if (of->reader == NULL)
    die("again", "nothing is waiting");
  for (int32_t ended = 0; !ended;) {
    count += of->batch.release != NULL;
    if (of->batch.release != NULL && write_batch(own, of, error) != MILL_OK)
      return MILL_FAILED;
    if (of->source->poll(of->reader, of->max_rows, &of->batch, &ended, error) != MILL_OK)
      die("the source", error->message);
  }
  of->source->destroy(of->reader);
  of->reader = NULL;
  if (count > 0 && driver_charged() <= 0)
    die("memory", "rows that are not written yet are not counted");
  return MILL_OK;
}

static flow make_flow(const host *own, uint32_t worker_index, uint64_t epoch, const char *path,
                      int64_t max_rows) {
  const mill_source_vtable *source = driver_source(own->plugin)->vtable;
  return (flow){.source = source,
                .reader = open_file(source, path),
                .worker_index = worker_index,
                .epoch = epoch,
                .max_rows = max_rows};
}

typedef struct worker {
  pthread_t thread;
  const host *own;
  flow flow;
} worker;

static void *work(void *raw) {
  worker *self = raw;
  mill_error error = {.struct_size = sizeof error};
  if (run_flow(self->own, &self->flow, &error) != MILL_OK)
    die("write", error.message);
  return NULL;
}

static int32_t together(const host *own, uint64_t epoch, const char *path, mill_error *error) {
  worker all[WORKERS_MAX];
  for (uint32_t i = 0; i < own->worker_count; i++) {
    all[i] = (worker){.own = own, .flow = make_flow(own, i, epoch, path, 100)};
    if (pthread_create(&all[i].thread, NULL, work, &all[i]) != 0)
      die("pthread_create", "no thread");
  }
  int32_t status = own->sink->commit(own->self, epoch - 1, error);
  for (uint32_t i = 0; i < own->worker_count; i++)
    pthread_join(all[i].thread, NULL);
  return status;
}

static void limit(long long bytes) {
  struct rlimit to;
  getrlimit(RLIMIT_FSIZE, &to);
  to.rlim_cur = bytes < 0 ? to.rlim_max : (rlim_t)bytes;
  if (setrlimit(RLIMIT_FSIZE, &to) != 0)
    die("setrlimit", "files can't be limited");
}

static int32_t run_write(host *own, const char *line, mill_error *error) {
  unsigned worker_index;
  unsigned long long epoch;
  char path[LINE_MAX_SIZE];
  long long max_rows;
  if (sscanf(line, "write %u %llu %s %lld", &worker_index, &epoch, path, &max_rows) != 4)
    die("what is to be written?", line);
  own->waiting = make_flow(own, worker_index, epoch, path, max_rows);
  return run_flow(own, &own->waiting, error);
}

static int32_t run_epoch(const host *own, const char *name, unsigned long long epoch, const char *path,
                         mill_error *error) {
  if (strcmp(name, "recover") == 0)
    return own->sink->recover(own->self, epoch, error);
  if (strcmp(name, "prepare") == 0)
    return own->sink->prepare(own->self, epoch, error);
  if (strcmp(name, "commit") == 0)
    return own->sink->commit(own->self, epoch, error);
  if (strcmp(name, "together") != 0)
    die("no command", name);
  return together(own, epoch, path, error);
}

static int32_t run_line(host *own, const char *line, mill_error *error) {
  char name[16], path[LINE_MAX_SIZE];
  unsigned long long epoch;
  if (strncmp(line, "write ", 6) == 0)
    return run_write(own, line, error);
  if (strcmp(line, "again") == 0)
    return run_flow(own, &own->waiting, error);
  if (strcmp(line, "crash") == 0) {
    puts("OK");
    fflush(stdout);
    _exit(0);
  }
  int number, skipped;
  if (sscanf(line, "fault %15s %d %d", name, &number, &skipped) == 3)
    faults_set(name, number, skipped);
  else if (sscanf(line, "kind %d", &number) == 1)
    own->kinds[0] = (uint8_t)number;
  else if (strcmp(line, "trace") == 0)
    faults_trace();
  else if (strncmp(line, "limit ", 6) == 0)
    limit(atoll(line + 6));
  else if (strncmp(line, "shell ", 6) == 0) {
    if (system(line + 6) != 0)
      die("shell", line);
  } else if (sscanf(line, "%15s %llu %s", name, &epoch, path) >= 2)
    return run_epoch(own, name, epoch, path, error);
  else
    die("no command", line);
  return MILL_OK;
}

static int32_t say(int32_t status, const mill_error *error) {
  if (status == MILL_OK)
    puts("OK");
  else
    printf("ERROR %d %s\n", error->error_class, error->message);
  return status;
}

static int32_t bind_columns(const host *own, const char *path, mill_error *error) {
  const mill_source_vtable *source = driver_source(own->plugin)->vtable;
  struct ArrowSchema columns;
  void *reader = open_file(source, path);
  if (source->schema(reader, &columns, error) != MILL_OK)
    die("the source", error->message);
  source->destroy(reader);
  int32_t status = own->sink->bind(own->self, &columns, error);
  columns.release(&columns);
  return status;
}

static void run_lines(host *own, mill_error *error) {
  char line[LINE_MAX_SIZE];
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    *error = (mill_error){.struct_size = sizeof *error};
    say(run_line(own, line, error), error);
  }
  if (own->waiting.batch.release != NULL)
    own->waiting.batch.release(&own->waiting.batch);
  if (own->waiting.reader != NULL)
    own->waiting.source->destroy(own->waiting.reader);
}

int main(int count, char **arguments) {
  if (count != 7 || atoi(arguments[5]) > WORKERS_MAX)
    die("usage", "driver_sink PLUGIN CONFIG JOB STEP WORKER_COUNT FILE < COMMANDS");
  signal(SIGXFSZ, SIG_IGN);
  host own = {.plugin = driver_load(arguments[1]), .worker_count = (uint32_t)atoi(arguments[5])};
  own.sink = driver_sink(own.plugin)->vtable;
  mill_error error = {.struct_size = sizeof error};
  const mill_sink_step step = {sizeof step, own.worker_count, arguments[3], arguments[4]};
  if (say(own.sink->create(&driver_host, arguments[2], &step, &own.self, &error), &error) != MILL_OK)
    return 0;
  if (say(bind_columns(&own, arguments[6], &error), &error) == MILL_OK)
    run_lines(&own, &error);
  own.sink->destroy(own.self);
  if (driver_charged() != 0)
    die("memory", "something counts that is gone");
  return 0;
}
