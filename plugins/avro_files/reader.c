#include "reader.h"

#include "schema_file.h"

avro_schema *reader_schema_of(const container *file, mill_error *error) {
  return schema_text_read(file->path, "avro.schema", file->schema, file->schema_size, FILES_TITLE, error);
}

static void drop_plan(reader *self) {
  if (self->rows.plan != NULL)
    avro_plan_free(self->rows.plan);
  self->rows.plan = NULL;
  avro_schema_free(self->written);
  self->written = NULL;
}

// Compiles the plan for the open file, unless it has the same schema as the one before.
static int32_t make_plan(reader *self, mill_error *error) {
  if (self->rows.plan != NULL && strcmp(self->written->text, self->file.schema) == 0)
    return MILL_OK;
  drop_plan(self);
  self->written = reader_schema_of(&self->file, error);
  if (self->written == NULL)
    return MILL_FAILED;
  self->rows.plan = avro_plan_make(self->written, self->read, self->rows.type);
  if (self->rows.plan == NULL)
    return mill_fail_memory(error, FILES_TITLE);
  if (self->rows.plan->root != NULL)
    return MILL_OK;
  char problem[MILL_ERROR_MESSAGE_SIZE];
  snprintf(problem, sizeof problem, "%.280s; give a `schema` that all files can be read by",
           self->rows.plan->message);
  container_fail(&self->file, NULL, problem, error);
  drop_plan(self); // which is no plan
  return MILL_FAILED;
}

static void close_file(reader *self) {
  rows_end(&self->rows);
  if (self->is_open)
    container_close(&self->file);
  self->is_open = 0;
  self->unwanted = 0;
  mill_recount(self->memory, &self->counted, 0);
}

// Opens the file at `index`: its first row comes next.
static int32_t open_file(reader *self, int64_t index, mill_error *error) {
  close_file(self);
  if (container_open(&self->file, self->files.paths[index], error) != MILL_OK)
    return MILL_FAILED;
  self->is_open = 1;
  uint32_t check = position_check(self->files.paths, index + 1, self->file.sync, self->split_count);
  self->at = (place){.file = index, .row = 0, .check = check};
  if (make_plan(self, error) == MILL_OK)
    return MILL_OK;
  close_file(self);
  return MILL_FAILED;
}

// Lets the block go if all its rows were taken; what follows them is damage.
static int32_t end_block(reader *self, mill_error *error) {
  if (rows_are_left(&self->rows))
    return MILL_OK;
  const char *problem = rows_end(&self->rows);
  return problem == NULL ? MILL_OK : container_fail(&self->file, &self->block, problem, error);
}

static int32_t load_block(reader *self, mill_error *error) {
  buffer bytes = {.size = 0};
  if (container_load(&self->file, &self->block, &bytes, error) != MILL_OK) {
    buffer_free(&bytes);
    return MILL_FAILED;
  }
  mill_recount(self->memory, &self->counted, (size_t)self->file.stored.capacity);
  block_bytes *made = block_bytes_make(&bytes, self->memory);
  if (made == NULL) {
    buffer_free(&bytes);
    return mill_fail_memory(error, FILES_TITLE);
  }
  rows_begin(&self->rows, made, self->block.row_count);
  return end_block(self, error);
}

// Goes to the next block that has rows, be it in the next file; `*ended` becomes 1 if there is none.
static int32_t next_block(reader *self, int *ended, mill_error *error) {
  while (!rows_are_left(&self->rows)) {
    int is_file_done = !self->is_open;
    if (self->is_open && container_next(&self->file, &self->block, &is_file_done, error) != MILL_OK)
      return MILL_FAILED;
    int64_t index = self->is_open ? self->at.file + 1 : self->at.file;
    *ended = is_file_done && index >= self->files.count;
    if (*ended)
      return MILL_OK;
    if ((is_file_done ? open_file(self, index, error) : load_block(self, error)) != MILL_OK)
      return MILL_FAILED;
  }
  return MILL_OK;
}

static int32_t fail_row(const reader *self, const char *problem, mill_error *error) {
  if (problem[0] == '\0')
    return mill_fail_memory(error, FILES_TITLE);
  char text[MILL_ERROR_MESSAGE_SIZE];
  snprintf(text, sizeof text, "row %lld: %.250s; mend the file, or take it out of `path`",
           (long long)self->rows.next, problem);
  return container_fail(&self->file, &self->block, text, error);
}

static int32_t take(reader *self, int64_t max_rows, mill_batch *out, mill_error *error) {
  int64_t left = self->rows.count - self->rows.next;
  if (self->unwanted == 0 && self->at.row > POSITION_ROWS_MAX - left)
    return container_fail(&self->file, &self->block, "it has more than 2^35 rows; make more files of it",
                          error);
  int64_t count = left < max_rows ? left : max_rows;
  if (self->unwanted > 0 && count > self->unwanted)
    count = self->unwanted;
  const char *problem = rows_take(&self->rows, count, out);
  if (problem != NULL)
    return fail_row(self, problem, error);
  // Before the rows are handed out: a checkpoint between the two would pass over it.
  int32_t status = end_block(self, error);
  if (status != MILL_OK || self->unwanted > 0)
    out->release(out);
  if (self->unwanted > 0)
    self->unwanted -= count;
  else if (status == MILL_OK)
    self->at.row += count;
  return status;
}

int32_t reader_take(reader *self, int64_t max_rows, mill_batch *out, mill_error *error) {
  int ended = 0;
  out->release = NULL;
  while (out->release == NULL) {
    if (!rows_are_left(&self->rows) && next_block(self, &ended, error) != MILL_OK)
      return MILL_FAILED;
    if (ended)
      return MILL_OK;
    if (take(self, max_rows, out, error) != MILL_OK)
      return MILL_FAILED;
  }
  return MILL_OK;
}

// Goes to a row of the open file: loads its block, unless the row is the one behind the last.
static int32_t find_row(reader *self, int64_t row, mill_error *error) {
  int64_t before = 0;
  int ended = 0;
  while (before < row) {
    if (container_next(&self->file, &self->block, &ended, error) != MILL_OK)
      return MILL_FAILED;
    if (ended)
      return container_fail(
          &self->file, NULL,
          "it has fewer rows than were read of it; put it back as it was, or start the job anew", error);
    if (self->block.row_count > row - before) {
      if (load_block(self, error) != MILL_OK)
        return MILL_FAILED;
      self->unwanted = row - before;
      break;
    }
    before += self->block.row_count;
  }
  self->at.row = row;
  return MILL_OK;
}

int32_t reader_seek(reader *self, int64_t position, mill_error *error) {
  place to;
  close_file(self);
  self->at = (place){.file = 0};
  if (position == 0)
    return MILL_OK;
  if (!position_read(position, &to) || to.file >= self->files.count)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     FILES_TITLE
                     ": the checkpoint goes on in file %lld of this split, which has %lld; keep the files "
                     "and `splits`, or start the job anew",
                     (long long)to.file, (long long)self->files.count);
  if (open_file(self, to.file, error) != MILL_OK)
    return MILL_FAILED;
  if (self->at.check != to.check)
    return container_fail(
        &self->file, NULL,
        "it, or a file before it, is not the one that was there at the checkpoint; keep the files "
        "and `splits`, or start the job anew",
        error);
  return find_row(self, to.row, error);
}

void reader_free(reader *self) {
  close_file(self);
  drop_plan(self);
  file_list_free(&self->files);
}
