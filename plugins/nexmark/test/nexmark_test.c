/// The test of the plugin, linked with its sources. Ends with "N passed, N failed".
///
///     nexmark_test                          runs it
///     nexmark_test dump KIND FROM TO        prints rows: event time, then all columns, with tabs between
#include "fake_task.h"
#include "generator.h"
#include "keys.h"
#include "rows.h"

#include <inttypes.h>
#include <math.h>
#include <threads.h>

static int passed, failed;

static void check(int is_right, const char *what) {
  passed += is_right;
  failed += !is_right;
  if (!is_right)
    printf("FAILED %s\n", what);
}

static text kind_text(const char *kind, int64_t from, int64_t to) {
  char config[96];
  snprintf(config, sizeof config, "{\"events\":%" PRId64 ",\"kind\":\"%s\"}", to, kind);
  return source_text(config, 0, 1, from, 4096);
}

static int same(text one, text other) {
  int result = one.size == other.size && memcmp(one.bytes, other.bytes, one.size) == 0;
  free(one.bytes);
  free(other.bytes);
  return result;
}

/// Fingerprints of the rows as `dump` prints them, taken from another implementation of the stream.
static void test_stream(void) {
  static const struct {
    const char *kind;
    int64_t from, to;
    uint64_t fingerprint;
  } golden[] = {
      {"bid", 0, 200000, UINT64_C(0x2A4FE1BB7B88FC30)},
      {"bid", 999999950, 1000100000, UINT64_C(0x22185B552C80D0DB)},
      {"auction", 0, 200000, UINT64_C(0x32F815810F0C2208)},
      {"auction", 999999950, 1000100000, UINT64_C(0x5A9D5000F699E0CA)},
      {"person", 0, 200000, UINT64_C(0x1642AF3E20DB2C23)},
      {"person", 999999950, 1000100000, UINT64_C(0x72454ACE36357C35)},
  };
  for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
    text rows = kind_text(golden[i].kind, golden[i].from, golden[i].to);
    uint64_t found = fingerprint(rows.bytes, rows.size);
    printf("%s %" PRId64 "…%" PRId64 ": %016" PRIx64 "\n", golden[i].kind, golden[i].from, golden[i].to, found);
    check(found == golden[i].fingerprint, "fingerprint of the rows");
    free(rows.bytes);
  }
}

static void test_batch_sizes(void) {
  static const int64_t sizes[] = {1, 7, 46, 1000, INT64_MAX};
  static const char *const configs[] = {
      "{\"events\":20000}",
      "{\"events\":20000,\"key\":\"uniform\",\"keys\":300}",
      "{\"events\":20000,\"key\":\"zipf\",\"keys\":5001,\"each_key_first\":true}",
  };
  for (size_t c = 0; c < sizeof configs / sizeof configs[0]; c++)
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
      check(same(source_text(configs[c], 0, 1, 0, 4096), source_text(configs[c], 0, 1, 0, sizes[i])),
            "batch size");
}

static void test_projection(void) {
  text rows = source_text("{\"events\":50,\"columns\":[\"extra\", \"auction\"]}", 0, 1, 0, 1);
  text all = source_text("{\"events\":50}", 0, 1, 0, 1);
  char time[32], auction[32], extra[128], line[256];
  int found = sscanf(all.bytes, "%31s %31s %*s %*s %*s %*s %*s %127s", time, auction, extra);
  int size = snprintf(line, sizeof line, "%s\t%s\t%s\n", time, extra, auction);
  check(found == 3 && rows.size > (size_t)size && memcmp(rows.bytes, line, (size_t)size) == 0, "projection");
  free(rows.bytes);
  free(all.bytes);
}

/// Rows of block n of the whole are the rows of block n / 3 of split n % 3.
static void test_splits(void) {
  const char *config = "{\"events\":1500,\"columns\":[\"auction\"]}";
  for (int64_t n = 0; n < 30; n++) {
    text whole = source_text(config, 0, 1, n * 50, 46);
    text part = source_text(config, (uint32_t)(n % 3), 3, n / 3 * 50, 46);
    size_t line = strcspn(whole.bytes, "\n") + 1;
    check(part.size >= line * 46 && memcmp(whole.bytes, part.bytes, line * 46) == 0, "split");
    free(whole.bytes);
    free(part.bytes);
  }
}

/// Polls `polls` batches of seven rows and goes on in another instance from where the first was.
static int resumes(const char *config, int polls) {
  const mill_source_vtable *table = nexmark_source.vtable;
  mill_error error = {.struct_size = sizeof error};
  text rows = {NULL, 0, 0};
  struct ArrowSchema schema;
  void *self;
  if (table->create(NULL, config, 1, 2, &self, &error) != MILL_OK ||
      table->schema(self, &schema, &error) != MILL_OK)
    return 0;
  for (int i = 0; i < polls; i++) {
    mill_batch batch = {0};
    int32_t ended;
    if (table->poll(self, 7, &batch, &ended, &error) != MILL_OK || batch.release == NULL)
      return 0;
    text_add_rows(&rows, &schema, &batch);
    batch.release(&batch);
  }
  text rest = source_text(config, 1, 2, table->position(self), 4096),
       whole = source_text(config, 1, 2, 0, 4096);
  int is_right = rows.size + rest.size == whole.size && memcmp(whole.bytes, rows.bytes, rows.size) == 0 &&
                 memcmp(whole.bytes + rows.size, rest.bytes, rest.size) == 0;
  schema.release(&schema);
  table->destroy(self);
  free(rows.bytes);
  free(rest.bytes);
  free(whole.bytes);
  return is_right;
}

static void test_resume(void) {
  for (int polls = 1; polls < 20; polls++) {
    check(resumes("{\"events\":1000,\"columns\":[\"bidder\",\"url\"]}", polls), "resume of bids");
    check(resumes("{\"events\":20000,\"kind\":\"auction\"}", polls), "resume of auctions");
    check(resumes("{\"events\":20000,\"kind\":\"person\"}", polls), "resume of persons");
  }
}

static int release_batches(void *batches) {
  for (mill_batch *batch = batches; batch->release != NULL; batch++)
    batch->release(batch);
  return 0;
}

/// Batches outlive their source, and are released elsewhere. (The sanitizer watches.)
static void test_release(void) {
  const mill_source_vtable *table = nexmark_source.vtable;
  mill_error error = {.struct_size = sizeof error};
  mill_batch batches[2][9];
  void *self;
  thrd_t threads[2];
  int32_t ended, status = table->create(NULL, "{\"events\":1000000}", 0, 1, &self, &error);
  memset(batches, 0, sizeof batches);
  for (int i = 0; i < 16; i++)
    status |= table->poll(self, i + 1, &batches[i % 2][i / 2], &ended, &error);
  for (int i = 0; i < 2; i++)
    status |= thrd_create(&threads[i], release_batches, batches[i]);
  for (int i = 0; i < 1000; i++) {
    mill_batch batch;
    status |= table->poll(self, 32, &batch, &ended, &error);
    batch.release(&batch);
  }
  table->destroy(self);
  for (int i = 0; i < 2; i++)
    status |= thrd_join(threads[i], NULL);
  check(status == 0, "batches that are released on other threads");
}

static void test_rate(void) {
  const mill_source_vtable *table = nexmark_source.vtable;
  mill_error error = {.struct_size = sizeof error};
  void *self;
  int32_t ended, status = table->create(NULL, "{\"events\":1000000,\"rate\":50000}", 0, 1, &self, &error);
  mill_batch batch = {0};
  status |= table->poll(self, 4096, &batch, &ended, &error);
  check(status == MILL_OK && batch.release == NULL && !ended, "rate: nothing is due at once");
  thrd_sleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  status |= table->poll(self, 1 << 16, &batch, &ended, &error);
  check(status == MILL_OK && table->position(self) >= 500, "rate: ten milliseconds later 500 events are due");
  if (batch.release != NULL)
    batch.release(&batch);
  table->destroy(self);
}

static void test_wrong_configs(void) {
  static const char *const wrong[][2] = {
      {"{}", "\"events\" is missing"},
      {"{\"events\":-1}", "must be an integer from 0"},
      {"{\"events\":50,\"kind\":\"sale\"}", "write \"bid\""},
      {"{\"events\":50,\"columns\":[]}", "is empty"},
      {"{\"events\":50,\"columns\":\"price\"}", "must be a list"},
      {"{\"events\":50,\"columns\":[1]}", "must be a list"},
      {"{\"events\":50,\"columns\":[\"seller\"]}", "a bid has no \"seller\""},
      {"{\"events\":50,\"columns\":[\"price\",\"price\"]}", "names \"price\" twice"},
      {"{\"events\":50,\"columns\":[\"key\"]}", "a bid has no \"key\""},
      {"{\"events\":50,\"keys\":10}", "write \"uniform\" or \"zipf\""},
      {"{\"events\":50,\"key\":\"zipf\"}", "\"keys\" is missing"},
      {"{\"events\":50,\"key\":\"zipf\",\"keys\":10,\"exponent\":-1}", "a number from 0 to 4"},
      {"{\"events\":50,\"key\":\"zipf\",\"keys\":10,\"kind\":\"person\"}", "is for bids"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    mill_error error = {.struct_size = sizeof error};
    void *self = NULL;
    int32_t status = nexmark_source.vtable->create(NULL, wrong[i][0], 0, 1, &self, &error);
    check(status != MILL_OK && strstr(error.message, wrong[i][1]) != NULL, wrong[i][0]);
  }
  mill_error error = {.struct_size = sizeof error};
  void *self = NULL;
  nexmark_source.vtable->create(NULL, "{\"events\":100}", 0, 1, &self, &error);
  check(nexmark_source.vtable->seek(self, 101, &error) != MILL_OK, "a position past the end");
  nexmark_source.vtable->destroy(self);
}

static int precedes(const void *one, const void *other) {
  int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
  return (a > b) - (a < b);
}

/// The first bids over both splits have all keys, each once, the next ones none but these.
static void test_each_key_first(const char *distribution) {
  enum { KEYS = 2311, BIDS = 46 * 200 };
  static int64_t keys[BIDS];
  nexmark_keys config;
  char json[96];
  mill_error error = {.struct_size = sizeof error};
  snprintf(json, sizeof json, "{\"key\":\"%s\",\"keys\":%d,\"each_key_first\":true}", distribution, KEYS);
  check(nexmark_keys_read(json, &config, &error) == MILL_OK, "configuration of keys");
  for (int64_t block = 0; block < BIDS / 46; block++)
    nexmark_keys_fill(&config, keys + block * 46, block, 4, 46);
  qsort(keys, KEYS, sizeof keys[0], precedes);
  int is_right = 1;
  for (int i = 1; i < KEYS; i++)
    is_right &= keys[i] != keys[i - 1];
  for (int i = KEYS; i < BIDS; i++)
    is_right &= bsearch(&keys[i], keys, KEYS, sizeof keys[0], precedes) != NULL;
  check(is_right, "each key first");
}

/// How often each number comes is within five standard deviations of how often it should.
static void test_zipf(double exponent) {
  enum { COUNT = 1000, DRAWS = 1000000 };
  static int64_t found[COUNT + 1];
  nexmark_zipf zipf = nexmark_zipf_make(COUNT, exponent);
  double total = 0;
  int wrong = 0;
  memset(found, 0, sizeof found);
  for (int i = 0; i < DRAWS; i++) {
    int64_t number = nexmark_zipf_draw(&zipf, nexmark_mix((uint64_t)i));
    if (number < 1 || number > COUNT)
      wrong++;
    else
      found[number]++;
  }
  for (int number = 1; number <= COUNT; number++)
    total += pow(number, -exponent);
  for (int number = 1; number <= COUNT; number++) {
    double expected = DRAWS * pow(number, -exponent) / total;
    wrong += fabs((double)found[number] - expected) > 5 * sqrt(expected) + 5;
  }
  check(wrong == 0, "Zipf's distribution");
}

static void check_query(const char *name, const mill_operator_type *middle, const char *events,
                        const char *checksum_config, int64_t want_rows, int64_t want_checksum) {
  int64_t rows, checksum;
  run_query(events, middle, checksum_config, &rows, &checksum);
  printf("%s: %" PRId64 " rows, checksum %" PRId64 "\n", name, rows, checksum);
  check(rows == want_rows && checksum == want_checksum, name);
}

/// Totals of the queries, taken from another implementation.
static void test_queries(void) {
  check_query("bids as they are", NULL, "{\"events\":200000}", "{\"columns\":[\"price\"]}", 184000,
              1339572511218);
  check_query("currency", &nexmark_currency, "{\"events\":200000}", "{\"columns\":[\"price\"]}", 184000,
              1216331748631);
  check_query("filter", &nexmark_filter_auction, "{\"events\":200000}", "{\"columns\":[\"auction\",\"price\"]}",
              1561, 11461312608);
  check_query("count", &nexmark_count_by_auction, "{\"events\":200000,\"columns\":[\"auction\"]}",
              "{\"columns\":[\"auction\",\"count\"]}", 184000, 39698337029);
  check_query("count of 4,000,000", &nexmark_count_by_auction, "{\"events\":4000000,\"columns\":[\"auction\"]}",
              "{\"columns\":[\"auction\",\"count\"]}", 3680000, 13799078636548);
  check_query("count of uniform keys", &nexmark_count_by_key,
              "{\"events\":200000,\"columns\":[\"key\"],\"key\":\"uniform\",\"keys\":1000000}",
              "{\"columns\":[\"key\",\"count\"]}", 184000, 2855599833170);
  check_query("count of uniform keys in values", &nexmark_store_value,
              "{\"events\":200000,\"columns\":[\"key\"],\"key\":\"uniform\",\"keys\":1000000}",
              "{\"columns\":[\"key\",\"count\"],\"skip_events\":1000}", 184000, 2855599833170);
}

static int dump(const char *kind, const char *from, const char *to) {
  text rows = kind_text(kind, strtoll(from, NULL, 10), strtoll(to, NULL, 10));
  fwrite(rows.bytes, 1, rows.size, stdout);
  free(rows.bytes);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 5 && strcmp(argv[1], "dump") == 0)
    return dump(argv[2], argv[3], argv[4]);
  test_stream();
  test_batch_sizes();
  test_projection();
  test_splits();
  test_resume();
  test_release();
  test_rate();
  test_wrong_configs();
  test_each_key_first("uniform");
  test_each_key_first("zipf");
  test_zipf(0);
  test_zipf(0.5);
  test_zipf(0.99);
  test_zipf(1);
  test_zipf(2.5);
  test_queries();
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
