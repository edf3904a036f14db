#include "pools.h"

#include <math.h>
#include <threads.h>

// More than all texts at their greatest lengths: 1.7 MB.
static uint8_t bytes[2 << 20];
static nexmark_pools pools;

/// SplitMix64 as java.util.SplittableRandom has it, draws below a bound included.
static uint64_t seed = 42;

static int32_t draw_int32(void) {
  uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 33)) * UINT64_C(0x62A9D9ED799705F5);
  return (int32_t)(((z ^ (z >> 28)) * UINT64_C(0xCB24D0A5C88C35B3)) >> 32);
}

static int32_t draw_below(int32_t bound) {
  uint32_t drawn = (uint32_t)draw_int32(), most = (uint32_t)bound - 1;
  if (((uint32_t)bound & most) == 0)
    return (int32_t)(drawn & most);
  // Draws from the last, incomplete run of `bound` numbers would favour the small ones.
  for (uint32_t half = drawn >> 1;; half = (uint32_t)draw_int32() >> 1) {
    uint32_t rest = half % (uint32_t)bound;
    if (half - rest + most <= INT32_MAX)
      return (int32_t)rest;
  }
}

/// Keeps a text; the view for it.
static mill_view keep(const char *text, size_t size) {
  mill_view view;
  memset(&view, 0, sizeof view);
  view.size = (int32_t)size;
  if (size <= MILL_VIEW_INLINE) {
    memcpy(view.as.inlined, text, size);
    return view;
  }
  memcpy(view.as.ref.prefix, text, sizeof view.as.ref.prefix);
  view.as.ref.offset = (int32_t)pools.size;
  memcpy(bytes + pools.size, text, size);
  pools.size += (int64_t)size;
  return view;
}

static mill_view keep_string(const char *text) { return keep(text, strlen(text)); }

static char *put_letters(char *at, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    *at++ = (char)('a' + draw_below(26));
  return at;
}

static char *put_string(char *at, const char *text) {
  size_t size = strlen(text);
  memcpy(at, text, size);
  return at + size;
}

/// A text of `least` letters and up to `more` - 1 more.
static mill_view letters(int32_t least, int32_t more) {
  char text[512];
  int32_t count = least + draw_below(more);
  return keep(text, (size_t)(put_letters(text, count) - text));
}

static char *put_url(char *at) {
  at = put_string(at, "https://www.nexmark.com/");
  for (int i = 0; i < 3; i++)
    at = put_string(put_letters(at, 5), "/");
  return put_string(at, "item.htm?query=1");
}

static mill_view hot_url(void) {
  char text[128];
  return keep(text, (size_t)(put_url(text) - text));
}

static mill_view url_of_channel(int channel) {
  char text[128], *end = put_url(text);
  end += snprintf(end, 24, "&channel_id=%d", channel);
  return keep(text, (size_t)(end - text));
}

static mill_view channel_name(int channel) {
  char text[24];
  return keep(text, (size_t)snprintf(text, sizeof text, "channel-%d", channel));
}

/// Two words with `between` between them and `after` behind.
static mill_view words(int32_t first, const char *between, int32_t second, const char *after) {
  char text[64], *end = put_string(put_letters(text, first), between);
  end = put_string(put_letters(end, second), after);
  return keep(text, (size_t)(end - text));
}

static mill_view credit_card(void) {
  int32_t part[4];
  for (int i = 0; i < 4; i++)
    part[i] = draw_below(10000);
  char text[64];
  int size = snprintf(text, sizeof text, "%04d %04d %04d %04d", part[0], part[1], part[2], part[3]);
  return keep(text, (size_t)size);
}

static void make_fixed_texts(void) {
  static const char *const channels[] = {"Google", "Facebook", "Baidu", "Apple"};
  static const char *const states[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
  static const char *const cities[] = {"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
                                       "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
  for (int i = 0; i < NEXMARK_HOT_CHANNELS; i++)
    pools.channel[NEXMARK_CHANNELS + i] = keep_string(channels[i]);
  for (int i = 0; i < NEXMARK_STATES; i++)
    pools.state[i] = keep_string(states[i]);
  for (int i = 0; i < NEXMARK_CITIES; i++)
    pools.city[i] = keep_string(cities[i]);
}

static void make(void) {
  pools.bytes = bytes;
  make_fixed_texts();
  // The order of the draws is part of the stream's definition.
  for (int i = 0; i < NEXMARK_HOT_CHANNELS; i++)
    pools.url[NEXMARK_CHANNELS + i] = hot_url();
  for (int i = 0; i < NEXMARK_CHANNELS; i++) {
    pools.channel[i] = channel_name(i);
    pools.url[i] = url_of_channel(i);
  }
  for (int i = 0; i < NEXMARK_TEXTS; i++) {
    pools.bid_extra[i] = letters(54, 28);
    pools.auction_extra[i] = letters(312, 156);
    pools.person_extra[i] = letters(112, 56);
    pools.item_name[i] = letters(3, 18);
    pools.description[i] = letters(3, 98);
    pools.name[i] = words(5, " ", 7, "");
    pools.email[i] = words(7, "@", 5, ".com");
    pools.credit_card[i] = credit_card();
  }
  for (int i = 0; i < NEXMARK_PRICES; i++)
    pools.price[i] = (int32_t)floor(pow(10.0, (i + 0.5) / NEXMARK_PRICES * 6.0) * 100.0 + 0.5);
}

const nexmark_pools *nexmark_pools_get(void) {
  static once_flag once = ONCE_FLAG_INIT;
  call_once(&once, make);
  return &pools;
}
