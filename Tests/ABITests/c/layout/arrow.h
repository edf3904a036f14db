// Layout of millrace/arrow.h on 64-bit machines, pinned. Offsets never change; a struct that grows adds lines
// and raises its size.

PIN_SIZE(struct ArrowSchema, 72)
PIN_FIELD(struct ArrowSchema, format, 0, 8)
PIN_FIELD(struct ArrowSchema, name, 8, 8)
PIN_FIELD(struct ArrowSchema, metadata, 16, 8)
PIN_FIELD(struct ArrowSchema, flags, 24, 8)
PIN_FIELD(struct ArrowSchema, n_children, 32, 8)
PIN_FIELD(struct ArrowSchema, children, 40, 8)
PIN_FIELD(struct ArrowSchema, dictionary, 48, 8)
PIN_FIELD(struct ArrowSchema, release, 56, 8)
PIN_FIELD(struct ArrowSchema, private_data, 64, 8)

PIN_SIZE(struct ArrowArray, 80)
PIN_FIELD(struct ArrowArray, length, 0, 8)
PIN_FIELD(struct ArrowArray, null_count, 8, 8)
PIN_FIELD(struct ArrowArray, offset, 16, 8)
PIN_FIELD(struct ArrowArray, n_buffers, 24, 8)
PIN_FIELD(struct ArrowArray, n_children, 32, 8)
PIN_FIELD(struct ArrowArray, buffers, 40, 8)
PIN_FIELD(struct ArrowArray, children, 48, 8)
PIN_FIELD(struct ArrowArray, dictionary, 56, 8)
PIN_FIELD(struct ArrowArray, release, 64, 8)
PIN_FIELD(struct ArrowArray, private_data, 72, 8)

PIN_VALUE(ARROW_FLAG_DICTIONARY_ORDERED, 1)
PIN_VALUE(ARROW_FLAG_NULLABLE, 2)
PIN_VALUE(ARROW_FLAG_MAP_KEYS_SORTED, 4)
