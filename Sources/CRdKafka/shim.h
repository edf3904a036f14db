/// librdkafka, and what Swift can't call of it.
#ifndef MILLRACE_CRDKAFKA_SHIM_H
#define MILLRACE_CRDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>
#include <sys/prctl.h>

/// Hands one message with a timestamp or headers to the producer, which copies key and value. `partition`:
/// RD_KAFKA_PARTITION_UA leaves it to the partitioner.
/// rd_kafka_produce has no room for those, and rd_kafka_producev is variadic, which Swift can't call.
/// `key` and `value` may be NULL (no key, a tombstone). `timestamp_ms`: milliseconds since 1970; 0: now.
/// `headers`: the library's on success, the caller's otherwise; may be NULL. [any]
static inline rd_kafka_resp_err_t mill_kafka_produce(rd_kafka_t *rk, rd_kafka_topic_t *topic, int32_t partition,
                                                     const void *key, size_t key_size, const void *value,
                                                     size_t value_size, int64_t timestamp_ms,
                                                     rd_kafka_headers_t *headers) {
  if (!headers)
    return rd_kafka_producev(rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(key, key_size),
                             RD_KAFKA_V_VALUE((void *)value, value_size), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
                             RD_KAFKA_V_END);
  return rd_kafka_producev(rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                           RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(key, key_size),
                           RD_KAFKA_V_VALUE((void *)value, value_size), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
                           RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
}

/// Names the calling thread for `top -H` and debuggers; 15 bytes count. prctl is variadic too. [any]
static inline void mill_kafka_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

#endif
