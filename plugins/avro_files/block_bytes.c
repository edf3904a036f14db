#include "block_bytes.h"

static void retain(const mill_raw_batch *raw) { ((block_bytes *)(uintptr_t)raw)->references++; }

static void release(const mill_raw_batch *raw) {
  block_bytes *bytes = (block_bytes *)(uintptr_t)raw;
  if (--bytes->references > 0)
    return;
  mill_recount(bytes->memory, &bytes->counted, 0);
  buffer_free(&bytes->bytes);
  free(bytes);
}

block_bytes *block_bytes_make(buffer *from, const mill_memory *memory) {
  block_bytes *made = calloc(1, sizeof *made);
  if (made == NULL || !buffer_reserve(from, 0)) {
    free(made);
    return NULL;
  }
  buffer_pad(from);
  made->bytes = *from;
  *from = (buffer){.size = 0};
  made->raw = (mill_raw_batch){.struct_size = sizeof made->raw,
                               .topic = "",
                               .data = made->bytes.bytes,
                               .data_size = made->bytes.size,
                               .retain = retain,
                               .release = release};
  made->memory = memory;
  mill_recount(memory, &made->counted, (size_t)made->bytes.capacity + BUFFER_PADDING);
  made->references = 1;
  return made;
}

void block_bytes_release(block_bytes *bytes) {
  if (bytes != NULL)
    release(&bytes->raw);
}
