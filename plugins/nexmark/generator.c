#include "generator.h"

void nexmark_draw(nexmark_draws *draws, int64_t block, int32_t first, int32_t count) {
  uint64_t state = ((uint64_t)block * NEXMARK_BLOCK_SIZE + (uint64_t)first) * NEXMARK_GOLDEN_GAMMA + 1;
  for (int32_t i = 0; i < count; i++, state += NEXMARK_GOLDEN_GAMMA) {
    uint64_t draw = nexmark_mix(state);
    draws->first[i] = draw;
    draws->second[i] = nexmark_mix(draw + NEXMARK_GOLDEN_GAMMA);
  }
}

nexmark_people nexmark_people_of(int64_t block) {
  int64_t active = block + 1 < 1000 ? block + 1 : 1000;
  nexmark_people people = {.first_id = NEXMARK_FIRST_ID + block + 1 - active,
                           .count = active + 10,
                           .hot_id = NEXMARK_FIRST_ID + block / NEXMARK_HOT_STRIDE * NEXMARK_HOT_STRIDE};
  return people;
}
