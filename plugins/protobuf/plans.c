#include "plans.h"

// A message's plan, in a list.
typedef struct message_plan {
  struct message_plan *next;
  proto_index index;
  proto_plan *plan;
} message_plan;

// What is kept of a writer's schema. `schema` is NULL if it is none, for the reason in `error`.
typedef struct written_schema {
  proto_schema *schema;
  message_plan *first;
  int count;
  mill_error error;
} written_schema;

static void drop_plans(written_schema *written) {
  while (written->first != NULL) {
    message_plan *plan = written->first;
    written->first = plan->next;
    proto_plan_free(plan->plan);
    free(plan);
  }
  written->count = 0;
}

static void drop(void *plan) {
  written_schema *written = plan;
  drop_plans(written);
  proto_schema_free(written->schema);
  free(written);
}

static int is_same(const proto_index *a, const proto_index *b) {
  return a->count == b->count && memcmp(a->path, b->path, (size_t)a->count * sizeof a->path[0]) == 0;
}

// A plan for what can't be read.
static proto_plan *make_failed(const char *problem, int is_bad_index) {
  proto_plan *plan = calloc(1, sizeof *plan);
  if (plan == NULL)
    return NULL;
  snprintf(plan->problem, sizeof plan->problem, "%s", problem);
  plan->is_bad_index = is_bad_index;
  return plan;
}

static proto_plan *make_plan(const written_schema *written, const proto_index *index, const column_type *row) {
  char problem[160];
  if (written->schema == NULL)
    return make_failed(written->error.message, 0);
  const proto_message *message = proto_schema_at(written->schema, index->path, index->count);
  if (message != NULL)
    return proto_plan_make(written->schema, message, row);
  snprintf(problem, sizeof problem,
           "the message's index or name, %d deep, is of no message of schema \"%.80s\"", index->count,
           written->schema->title);
  return make_failed(problem, 1);
}

static const proto_plan *add_plan(written_schema *written, const proto_index *index, const column_type *row) {
  if (written->count == PROTO_PLANS_OF_SCHEMA_MAX)
    drop_plans(written);
  message_plan *added = calloc(1, sizeof *added);
  if (added == NULL || (added->plan = make_plan(written, index, row)) == NULL) {
    free(added);
    return NULL;
  }
  added->index = *index;
  added->next = written->first;
  written->first = added;
  written->count++;
  return added->plan;
}

// The place of a message that is named; one that no message has if the schema lacks it.
static proto_index find_named(const written_schema *written, const proto_index *named) {
  proto_index index = {.count = 1, .path = {-1}};
  if (written->schema != NULL)
    index.path[0] = proto_schema_place(written->schema, (const char *)named->name, named->name_size);
  return index;
}

const proto_plan *proto_plans_get(plan_cache *plans, const mill_schema *schema, const proto_index *index,
                                  const column_type *row) {
  proto_index found;
  void **place = plan_cache_place(plans, schema->number, drop);
  written_schema *written = *place;
  if (written == NULL) {
    if ((written = calloc(1, sizeof *written)) == NULL)
      return NULL;
    written->error.struct_size = sizeof written->error;
    written->schema = proto_schema_read(schema, &written->error);
    *place = written;
  }
  if (index->count < 0) {
    found = find_named(written, index);
    index = &found;
  }
  for (const message_plan *one = written->first; one != NULL; one = one->next)
    if (is_same(&one->index, index))
      return one->plan;
  return add_plan(written, index, row);
}

void proto_plans_clear(plan_cache *plans) { plan_cache_clear(plans, drop); }

static const uint8_t *read_name(const uint8_t *at, const uint8_t *end, proto_index *out) {
  uint64_t size = 0;
  at = varint_read(at, &size);
  if (at == NULL || at > end || size > (uint64_t)(end - at))
    return NULL;
  out->count = -1;
  out->name = at;
  out->name_size = (int64_t)size;
  return at + size;
}

const uint8_t *proto_index_read(const uint8_t *at, const uint8_t *end, proto_index *out) {
  uint64_t bits = 0;
  out->count = 1;
  out->path[0] = 0;
  at = varint_read(at, &bits);
  if (at == NULL || at > end || bits == 0)
    return at != NULL && at <= end ? at : NULL;
  int64_t count = varint_unzigzag(bits);
  if (count == -1)
    return read_name(at, end, out);
  if (count < 1 || count > PROTO_DEPTH_MAX)
    return NULL;
  out->count = (int)count;
  for (int i = 0; i < out->count; i++) {
    at = varint_read(at, &bits);
    if (at == NULL || at > end)
      return NULL;
    out->path[i] = varint_unzigzag(bits);
  }
  return at;
}
