#include <librdkafka/rdkafka.h>

/// Produces one message with what rd_kafka_produce has no room for: rd_kafka_producev is variadic, which Swift can't
/// call. `headers` are the library's on success, the caller's otherwise; may be NULL. `timestamp_ms` 0: now.
static inline rd_kafka_resp_err_t mill_kafka_produce(rd_kafka_t *rk, const char *topic, int32_t partition,
                                                     const void *key, size_t key_size, const void *value,
                                                     size_t value_size, int64_t timestamp_ms,
                                                     rd_kafka_headers_t *headers) {
  if (headers)
    return rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                             RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE((void *)value, value_size),
                             RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
  return rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                           RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE((void *)value, value_size),
                           RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
}
