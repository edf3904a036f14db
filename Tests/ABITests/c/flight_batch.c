/// Batches made by hand, without the SDK's builder: what the operator gets must not be what the same code made.
#include "flight_rows.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS 8

static const char *const names[COLUMNS] = {
    "tailnum", "carrier",         "origin",       "dest", "scheduled_departure",
    "flight",  "departure_delay", "arrival_delay"};
static const char *const text_formats[LAYOUT_KINDS] = {"vu", "u", "U", "vu"};

static void release_schema(struct ArrowSchema *schema) {
  free(schema->children[0]);
  free(schema->children);
  schema->release = NULL;
}

void flight_schema(struct ArrowSchema *out, int layout) {
  struct ArrowSchema *children = calloc(COLUMNS, sizeof *children);
  memset(out, 0, sizeof *out);
  out->format = "+s";
  out->n_children = COLUMNS;
  out->children = calloc(COLUMNS, sizeof *out->children);
  out->release = release_schema;
  for (int i = 0; i < COLUMNS; i++) {
    out->children[i] = &children[i];
    children[i].name = names[i];
    children[i].format = i < 4 ? text_formats[layout] : i == 4 ? "tsu:UTC" : "i";
    children[i].flags = i == 0 || i > 5 ? ARROW_FLAG_NULLABLE : 0;
  }
}

/// The view of a text, by the specification's bytes rather than the SDK's struct.
static void make_view(uint8_t *view, const char *text, char *data, int32_t *used) {
  int32_t size = (int32_t)strlen(text);
  memcpy(view, &size, 4);
  if (size <= 12) {
    memcpy(view + 4, text, (size_t)size);
    return;
  }
  memcpy(view + 4, text, 4); // the buffer's index, bytes 8 to 11, is 0
  memcpy(view + 12, used, 4);
  memcpy(data + *used, text, (size_t)size);
  *used += size;
}

static void make_texts(struct ArrowArray *array, const flight_row *rows, size_t count, int which, int layout) {
  size_t skip = (size_t)array->offset;
  char *data = calloc(count + 1, FLIGHT_TEXT);
  int32_t used = 0;
  if (layout == LAYOUT_VIEWS || layout == LAYOUT_SLICED) {
    uint8_t *views = calloc(count + skip, 16);
    for (size_t i = 0; i < count; i++)
      make_view(views + 16 * (i + skip), rows[i].texts[which], data, &used);
    int64_t *sizes = malloc(sizeof *sizes);
    sizes[0] = used;
    array->n_buffers = 4;
    array->buffers[1] = views;
    array->buffers[2] = data;
    array->buffers[3] = sizes;
    return;
  }
  int32_t *narrow = calloc(count + 1, sizeof *narrow);
  int64_t *wide = calloc(count + 1, sizeof *wide);
  for (size_t i = 0; i < count; i++) {
    size_t size = strlen(rows[i].texts[which]);
    memcpy(data + used, rows[i].texts[which], size);
    used += (int32_t)size;
    narrow[i + 1] = used;
    wide[i + 1] = used;
  }
  int is_wide = layout == LAYOUT_OFFSETS_64;
  array->n_buffers = 3;
  array->buffers[1] = is_wide ? (void *)wide : (void *)narrow;
  array->buffers[2] = data;
  free(is_wide ? (void *)narrow : (void *)wide);
}

static int is_null(const flight_row *row, int column) {
  return column == 0   ? row->texts[0][0] == '\0'
         : column == 6 ? row->departure_delay == FLIGHT_NULL
                       : column == 7 && row->arrival_delay == FLIGHT_NULL;
}

static void make_numbers(struct ArrowArray *array, const flight_row *rows, size_t count, int column) {
  size_t skip = (size_t)array->offset;
  int64_t *times = calloc(count + skip, sizeof *times);
  int32_t *numbers = (int32_t *)times;
  for (size_t i = 0; i < count; i++)
    if (column == 4)
      times[i + skip] = rows[i].scheduled_us;
    else
      numbers[i + skip] = column == 5   ? rows[i].flight
                          : column == 6 ? rows[i].departure_delay
                                        : rows[i].arrival_delay;
  array->n_buffers = 2;
  array->buffers[1] = times;
}

static void release_batch(mill_batch *batch) {
  for (int i = 0; i < COLUMNS; i++) {
    struct ArrowArray *array = batch->columns.children[i];
    for (int64_t b = 0; b < array->n_buffers; b++)
      free((void *)array->buffers[b]);
    free(array->buffers);
  }
  free(batch->columns.children[0]);
  free(batch->columns.children);
  free((void *)batch->event_time_us);
  batch->release = NULL;
}

void flight_batch(mill_batch *out, const flight_row *rows, size_t count, int layout) {
  static const void *no_validity[1];
  memset(out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  out->release = release_batch;
  out->columns.length = (int64_t)count;
  out->columns.n_buffers = 1;
  out->columns.buffers = no_validity;
  out->columns.n_children = COLUMNS;
  out->columns.children = calloc(COLUMNS, sizeof *out->columns.children);
  struct ArrowArray *arrays = calloc(COLUMNS, sizeof *arrays);
  int64_t *times = calloc(count + 1, sizeof *times);
  for (int c = 0; c < COLUMNS; c++) {
    struct ArrowArray *array = out->columns.children[c] = &arrays[c];
    array->length = (int64_t)count;
    array->null_count = -1;
    array->offset = layout == LAYOUT_SLICED ? 3 : 0;
    array->buffers = calloc(4, sizeof *array->buffers);
    uint8_t *validity = calloc((count + 3) / 8 + 1, 1);
    for (size_t i = 0; i < count; i++)
      if (!is_null(&rows[i], c))
        validity[(i + (size_t)array->offset) / 8] |= (uint8_t)(1 << ((i + (size_t)array->offset) % 8));
    array->buffers[0] = validity;
    if (c < 4)
      make_texts(array, rows, count, c, layout);
    else
      make_numbers(array, rows, count, c);
  }
  for (size_t i = 0; i < count; i++)
    times[i] = rows[i].scheduled_us;
  out->event_time_us = times;
}
