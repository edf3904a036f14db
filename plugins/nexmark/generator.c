#include "generator.h"

#define GOLDEN_GAMMA UINT64_C(0x9E3779B97F4A7C15)

void nexmark_draw(nexmark_draws *draws, int64_t block, int32_t first, int32_t count) {
  uint64_t state = ((uint64_t)block * NEXMARK_BLOCK_SIZE + (uint64_t)first) * GOLDEN_GAMMA + 1;
  for (int32_t i = 0; i < count; i++, state += GOLDEN_GAMMA) {
    uint64_t draw = nexmark_mix(state);
    draws->first[i] = draw;
    draws->second[i] = nexmark_mix(draw + GOLDEN_GAMMA);
  }
}

nexmark_people nexmark_people_of(int64_t block) {
  int64_t active = block + 1 < 1000 ? block + 1 : 1000;
  nexmark_people people = {.first_id = NEXMARK_FIRST_ID + block + 1 - active,
                           .count = active + 10,
                           .hot_id = NEXMARK_FIRST_ID + block / NEXMARK_HOT_STRIDE * NEXMARK_HOT_STRIDE};
  return people;
}
