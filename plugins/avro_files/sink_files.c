#include "sink_files.h"

#include "file_list.h"
#include "sink_options.h"

#include <inttypes.h>

#define PART_ENDING ".part"

int32_t sink_owner_make(const mill_sink_step *step, sink_owner *out, mill_error *error) {
  if (strlen(step->job) > SINK_STEP_MAX || strlen(step->step) > SINK_STEP_MAX)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     SINK_TITLE ": the name of the job or of the step has more than %d bytes; shorten it",
                     SINK_STEP_MAX);
  snprintf(out->prefix, sizeof out->prefix, "%s~%s~", step->job, step->step);
  return MILL_OK;
}

void sink_file_name(const sink_owner *owner, sink_file file, char *out) {
  snprintf(out, SINK_NAME_SIZE, "%s%s%012" PRIu64 "~%" PRIu32 FILE_ENDING "%s", file.is_part ? "." : "",
           owner->prefix, file.epoch, file.worker_index, file.is_part ? PART_ENDING : "");
}

// Reads digits up to `end`; what is behind that, NULL if there are none, or too great a number.
static const char *read_number(const char *at, char end, uint64_t greatest, uint64_t *out) {
  const char *start = at;
  *out = 0;
  for (; *at >= '0' && *at <= '9'; at++) {
    uint64_t digit = (uint64_t)(*at - '0');
    if (*out > (greatest - digit) / 10)
      return NULL;
    *out = *out * 10 + digit;
  }
  return at == start || *at != end ? NULL : at + 1;
}

int sink_file_parse(const sink_owner *owner, const char *name, sink_file *out) {
  size_t size = strlen(owner->prefix);
  uint64_t worker_index;
  char same[SINK_NAME_SIZE];
  out->is_part = name[0] == '.';
  const char *at = name + out->is_part;
  if (strncmp(at, owner->prefix, size) != 0 ||
      (at = read_number(at + size, '~', UINT64_MAX, &out->epoch)) == NULL ||
      read_number(at, FILE_ENDING[0], UINT32_MAX, &worker_index) == NULL)
    return 0;
  out->worker_index = (uint32_t)worker_index;
  sink_file_name(owner, *out, same);
  return out->epoch > 0 && strcmp(name, same) == 0;
}

int sink_file_list_add(sink_file_list *to, sink_file file) {
  if (to->count == to->capacity) {
    int64_t capacity = to->capacity < 16 ? 16 : 2 * to->capacity;
    sink_file *all = realloc(to->all, (size_t)capacity * sizeof *all);
    if (all == NULL)
      return 0;
    to->all = all;
    to->capacity = capacity;
  }
  to->all[to->count++] = file;
  return 1;
}

void sink_file_list_free(sink_file_list *list) {
  free(list->all);
  *list = (sink_file_list){.count = 0};
}
