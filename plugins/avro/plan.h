/// Plans: how messages of a writer's schema become columns. Compiled once, run for each row.
#ifndef AVRO_PLAN_H
#define AVRO_PLAN_H

#include "decoder.h"

/// Steps of a plan at most.
#define AVRO_STEPS_MAX 65536

struct avro_place;

/// A plan.
typedef struct avro_plan {
  arena arena;
  /// The writer's schema; the plan's, unless it is the reader's.
  avro_schema *written;
  /// NULL: messages of this schema can't be read, for the reason in `message`.
  avro_step *root;
  /// Not 0: the datum is the row. Else it is the only column.
  int is_row;
  /// One for each step of the row, for reading rows side by side; NULL: the datum is read by `root` alone.
  struct avro_place *places;
  /// Not 0: it makes no items of lists and maps.
  int is_flat;
  char message[MILL_ERROR_MESSAGE_SIZE];
} avro_plan;

/// Reads the datum at the decoder's start, by a plan that has steps, into a slot of the row's columns: what is
/// behind it, NULL if it is bad. [task]
static inline const uint8_t *avro_plan_read(avro_decoder *decoder, const avro_plan *plan, column_builder *row,
                                            int64_t slot) {
  decoder->depth = 0;
  return avro_read_value(decoder, plan->root, plan->is_row ? row : &row->children[0], slot, decoder->start);
}

/// The state of compiling. Functions return NULL after noting the first difference.
typedef struct avro_compiler {
  avro_plan *plan;
  int depth, steps;
  /// A step that passes over each of the writer's types, by its index; NULL if none has been made. While a
  /// default is compiled, which consists of the reader's types, it is `preset_skips`.
  avro_step **skips, **preset_skips;
  char problem[320];
} avro_compiler;

/// Compiles the plan for `written`, read as `read` (NULL: as it was written), into columns. The plan is to be
/// freed by avro_plan_free, but `written` only if the plan is kept. NULL without memory. [any]
avro_plan *avro_plan_make(avro_schema *written, const avro_schema *read, const column_type *row);

/// Frees a plan, but not its schema. [any]
void avro_plan_free(avro_plan *plan);

/// Notes a difference between types; `column` (may be NULL) says where. Returns NULL. [any]
__attribute__((format(printf, 3, 4))) avro_step *
avro_plan_fail(avro_compiler *compiler, const column_type *column, const char *format, ...);

/// As avro_plan_fail for what no branch of a union can get around: no step can be made afterwards. Returns
/// NULL. [any]
avro_step *avro_plan_stop(avro_compiler *compiler, const char *problem);

/// A new step with room for `count` others; NULL, noted, if there are too many or no memory. [any]
avro_step *avro_plan_step(avro_compiler *compiler, avro_read read, const avro_type *written, uint32_t count);

/// A step that fails for what was noted last, with `code`. [any]
avro_step *avro_plan_failure(avro_compiler *compiler, const avro_type *written, int32_t code);

/// The step from `written`, read as `read` (NULL: as it was written), to a column. [any]
avro_step *avro_plan_resolve(avro_compiler *compiler, const avro_type *written, const avro_type *read,
                             const column_type *column);

/// The step for a type without others in it. [any]
avro_step *avro_plan_leaf(avro_compiler *compiler, const avro_type *written, const avro_type *read,
                          const column_type *column);

/// The steps for types with others in them; of unions, `written` or `read` is one. [any]
avro_step *avro_plan_record(avro_compiler *compiler, const avro_type *written, const avro_type *read,
                            const column_type *column);
avro_step *avro_plan_items(avro_compiler *compiler, const avro_type *written, const avro_type *read,
                           const column_type *column);

/// The step that passes over a type. [any]
avro_step *avro_plan_skip(avro_compiler *compiler, const avro_type *written);

/// Whether a struct has a nullable field for each of some branches of a union, and no other. [any]
int avro_has_branches(const column_type *column, const avro_type *type);

/// The name that a struct's field for a branch has. [any]
static inline const char *avro_branch_name(const avro_type *branch) { return branch->short_name; }

#endif
