/// Runs a workload by hand.
///
///     hand q0|q1|q2|kc|ku EVENTS THREADS(1 or 2) [SOURCE_OPTIONS]
///
/// Prints, with tabs between: threads, events, seconds, events a second, CPU seconds per million events, peak
/// RSS in MB, rows, checksum. SOURCE_OPTIONS are members of the source's configuration, such as `"keys":1000`.
#include "hand.h"

#include "clock.h"

#include <inttypes.h>
#include <sys/resource.h>

static void must(int32_t status, const mill_error *error) {
  if (status == MILL_OK)
    return;
  fprintf(stderr, "hand: %s\n", error->message);
  exit(1);
}

void *hand_source(const char *config, uint32_t index, uint32_t count) {
  mill_error error = {.struct_size = sizeof error};
  void *source;
  must(nexmark_source.vtable->create(NULL, config, index, count, &source, &error), &error);
  return source;
}

int hand_poll(void *source, mill_batch *out) {
  mill_error error = {.struct_size = sizeof error};
  int32_t ended = 0;
  must(nexmark_source.vtable->poll(source, HAND_BATCH_ROWS, out, &ended, &error), &error);
  return !ended;
}

static int usage(void) {
  fprintf(stderr, "usage: hand q0|q1|q2|kc|ku EVENTS THREADS [SOURCE_OPTIONS], with 1 or 2 threads\n");
  return 2;
}

static hand_result run(const char *workload, const char *events, uint32_t threads, const char *options) {
  char config[512];
  const char *comma = options[0] == '\0' ? "" : ",";
  if (workload[0] == 'q') {
    snprintf(config, sizeof config, "{\"events\":%s%s%s}", events, comma, options);
    return hand_query(workload[1] - '0', config, threads);
  }
  int is_uniform = strcmp(workload, "ku") == 0;
  snprintf(config, sizeof config, "{\"events\":%s,\"columns\":[\"%s\"]%s%s}", events,
           is_uniform ? "key" : "auction", comma, options);
  return hand_count(config, threads);
}

int main(int argc, char **argv) {
  static const char *const workloads[] = {"q0", "q1", "q2", "kc", "ku"};
  uint32_t threads = argc == 4 || argc == 5 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0, known = 0;
  for (size_t i = 0; threads > 0 && i < sizeof workloads / sizeof workloads[0]; i++)
    known += strcmp(argv[1], workloads[i]) == 0;
  if (threads < 1 || threads > HAND_THREADS_MAX || !known)
    return usage();
  // Made before the clock runs, as the engine's start is.
  nexmark_pools_get();
  int64_t start_ns = nexmark_clock_ns(), start_cpu_ns = nexmark_clock_cpu_ns();
  hand_result result = run(argv[1], argv[2], threads, argc == 5 ? argv[4] : "");
  double seconds = (double)(nexmark_clock_ns() - start_ns) * 1e-9;
  double cpu_seconds = (double)(nexmark_clock_cpu_ns() - start_cpu_ns) * 1e-9, events = (double)result.events;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("%u\t%" PRId64 "\t%.3f\t%.0f\t%.4f\t%ld\t%" PRId64 "\t%" PRId64 "\n", threads, result.events, seconds,
         events / seconds, cpu_seconds / events * 1e6, used.ru_maxrss / 1024, result.rows,
         (int64_t)result.checksum);
  return 0;
}
