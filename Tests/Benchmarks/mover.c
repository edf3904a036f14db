/// Bytes from a topic to another with librdkafka and nothing else: the floor under every engine that does so.
///
///     mover BROKERS FROM TO COMMIT_MS
///
/// One thread; idempotent and transactional, a transaction each COMMIT_MS with the source offsets in it. Reads
/// until the end of every partition. Prints, with tabs between: rows, seconds, rows a second, CPU seconds per
/// million rows, peak RSS in MB, transactions. The clock runs from the first row to the last commit; CPU is the
/// whole process's.
#include <librdkafka/rdkafka.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { BATCH_ROWS = 4096, OUT_QUEUE_MAX = 300000, TIMEOUT_MS = 30000 };

typedef struct mover {
  rd_kafka_t *consumer, *producer;
  rd_kafka_queue_t *in;
  rd_kafka_topic_t *to;
  /// Of each partition, where to go on.
  rd_kafka_topic_partition_list_t *positions;
  int partitions_at_end;
  int64_t rows;
  int transactions;
  double first_s, committed_s;
} mover;

static int64_t undelivered;

static double now_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "mover: %s: %s\n", what, why);
  exit(1);
}

static void must(const char *what, rd_kafka_error_t *error) {
  if (error != NULL)
    fail(what, rd_kafka_error_string(error));
}

static void delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
  (void)producer, (void)opaque;
  undelivered += message->err != RD_KAFKA_RESP_ERR_NO_ERROR;
}

/// A handle with `properties`: names and values by turns, NULL at the end.
static rd_kafka_t *make(rd_kafka_type_t type, const char *const *properties) {
  char why[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  for (; *properties != NULL; properties += 2)
    if (rd_kafka_conf_set(conf, properties[0], properties[1], why, sizeof why) != RD_KAFKA_CONF_OK)
      fail(properties[0], why);
  if (type == RD_KAFKA_PRODUCER)
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  rd_kafka_t *handle = rd_kafka_new(type, conf, why, sizeof why);
  if (handle == NULL)
    fail("making a client", why);
  return handle;
}

static void connect_to(mover *self, const char *brokers, const char *name) {
  // Once either queue limit is reached, librdkafka 2.0 stops fetching for about a second: both are far away.
  const char *const consumer[] = {"bootstrap.servers",
                                  brokers,
                                  "group.id",
                                  name,
                                  "enable.auto.commit",
                                  "false",
                                  "isolation.level",
                                  "read_committed",
                                  "enable.partition.eof",
                                  "true",
                                  "fetch.message.max.bytes",
                                  "1048576",
                                  "fetch.wait.max.ms",
                                  "50",
                                  "queued.min.messages",
                                  "1000000",
                                  "queued.max.messages.kbytes",
                                  "262144",
                                  NULL};
  const char *const producer[] = {"bootstrap.servers",
                                  brokers,
                                  "transactional.id",
                                  name,
                                  "enable.idempotence",
                                  "true",
                                  "compression.codec",
                                  "lz4",
                                  "linger.ms",
                                  "5",
                                  "batch.size",
                                  "262144",
                                  "queue.buffering.max.messages",
                                  "500000",
                                  "queue.buffering.max.kbytes",
                                  "262144",
                                  "delivery.report.only.error",
                                  "true",
                                  NULL};
  self->consumer = make(RD_KAFKA_CONSUMER, consumer);
  self->producer = make(RD_KAFKA_PRODUCER, producer);
  must("init_transactions", rd_kafka_init_transactions(self->producer, TIMEOUT_MS));
}

static int partition_count(rd_kafka_t *client, const char *name) {
  const struct rd_kafka_metadata *metadata;
  rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
  rd_kafka_resp_err_t error = rd_kafka_metadata(client, 0, topic, &metadata, TIMEOUT_MS);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail(name, rd_kafka_err2str(error));
  int count = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(topic);
  return count;
}

static void assign_all(mover *self, const char *from) {
  rd_kafka_poll_set_consumer(self->consumer);
  int count = partition_count(self->consumer, from);
  if (count == 0)
    fail(from, "no such topic");
  self->positions = rd_kafka_topic_partition_list_new(count);
  for (int i = 0; i < count; i++)
    rd_kafka_topic_partition_list_add(self->positions, from, i)->offset = 0;
  if (rd_kafka_assign(self->consumer, self->positions) != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail(from, "assigning its partitions failed");
  self->in = rd_kafka_queue_get_consumer(self->consumer);
}

/// Makes messages to produce of those consumed, and notes positions; how many there are.
static int convert(mover *self, rd_kafka_message_t **in, ssize_t count, rd_kafka_message_t *out) {
  int used = 0;
  for (ssize_t i = 0; i < count; i++) {
    const rd_kafka_message_t *message = in[i];
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      self->partitions_at_end++;
      continue;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
      fail("consuming", rd_kafka_message_errstr(message));
    memset(&out[used], 0, sizeof out[used]);
    out[used].key = message->key;
    out[used].key_len = message->key_len;
    out[used].payload = message->payload;
    out[used].len = message->len;
    out[used++].partition = message->partition;
    self->positions->elems[message->partition].offset = message->offset + 1;
  }
  return used;
}

static void produce(mover *self, rd_kafka_message_t *messages, int count) {
  while (rd_kafka_outq_len(self->producer) > OUT_QUEUE_MAX)
    rd_kafka_poll(self->producer, 5);
  int taken = rd_kafka_produce_batch(self->to, RD_KAFKA_PARTITION_UA,
                                     RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_PARTITION, messages, count);
  // The queue has room for a whole batch more, so this is no back-pressure.
  if (taken != count)
    fail("producing", "the producer did not take a row");
  rd_kafka_poll(self->producer, 0);
  self->rows += count;
}

static void move_batch(mover *self) {
  static rd_kafka_message_t *in[BATCH_ROWS], out[BATCH_ROWS];
  ssize_t count = rd_kafka_consume_batch_queue(self->in, 20, in, BATCH_ROWS);
  if (count < 0)
    fail("consuming", rd_kafka_err2str(rd_kafka_last_error()));
  int used = convert(self, in, count, out);
  if (used > 0) {
    if (self->first_s == 0)
      self->first_s = self->committed_s = now_s();
    produce(self, out, used);
  }
  for (ssize_t i = 0; i < count; i++)
    rd_kafka_message_destroy(in[i]);
}

static void commit(mover *self) {
  rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(self->consumer);
  if (rd_kafka_flush(self->producer, TIMEOUT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail("flush", "rows are not acknowledged");
  must("send_offsets_to_transaction",
       rd_kafka_send_offsets_to_transaction(self->producer, self->positions, group, TIMEOUT_MS));
  must("commit_transaction", rd_kafka_commit_transaction(self->producer, TIMEOUT_MS));
  rd_kafka_consumer_group_metadata_destroy(group);
  self->transactions++;
  self->committed_s = now_s();
}

static void move_all(mover *self, double commit_s) {
  must("begin_transaction", rd_kafka_begin_transaction(self->producer));
  for (;;) {
    move_batch(self);
    int is_end = self->partitions_at_end >= self->positions->cnt;
    if (!is_end && (self->first_s == 0 || now_s() - self->committed_s < commit_s))
      continue;
    commit(self);
    if (is_end)
      return;
    must("begin_transaction", rd_kafka_begin_transaction(self->producer));
  }
}

static void print(const mover *self) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  double seconds = self->committed_s - self->first_s, rows = (double)self->rows;
  printf("%lld\t%.3f\t%.0f\t%.3f\t%ld\t%d\n", (long long)self->rows, seconds, rows / seconds,
         cpu_s / rows * 1e6, usage.ru_maxrss / 1024, self->transactions);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: mover BROKERS FROM TO COMMIT_MS\n");
    return 2;
  }
  char name[64];
  mover self = {0};
  snprintf(name, sizeof name, "mover-%ld-%ld", (long)time(NULL), (long)getpid());
  connect_to(&self, argv[1], name);
  assign_all(&self, argv[2]);
  self.to = rd_kafka_topic_new(self.producer, argv[3], NULL);
  move_all(&self, strtod(argv[4], NULL) * 1e-3);
  if (undelivered != 0 || self.rows == 0)
    fail("result", undelivered != 0 ? "rows were not delivered" : "there was nothing to move");
  print(&self);
  rd_kafka_topic_destroy(self.to);
  rd_kafka_topic_partition_list_destroy(self.positions);
  rd_kafka_queue_destroy(self.in);
  rd_kafka_destroy(self.producer);
  rd_kafka_destroy(self.consumer);
  return 0;
}
