/// How much memory a connection's readers and producers use, in bytes.
package struct KafkaMemory: Sendable, Equatable {
  /// What is fetched ahead for each reader at most, about, with what librdkafka adds to each message.
  package var queue_bytes: Int
  /// Buffers of raw batches that each reader keeps for reuse.
  package var pool_bytes: Int
  /// Rows on their way out in each of the two producers: `queue.buffering.max.kbytes`.
  package var producer_bytes: Int
  /// The user's `queued.min.messages`; nil: as many as `queue_bytes` has room for.
  package var userQueued_messages: Int?
  /// The user's `queue.buffering.max.messages`; nil: as many as are of use.
  package var userProducer_messages: Int?

  /// As much as is of use.
  package static let most = KafkaMemory(queue_bytes: 256 << 20, pool_bytes: 64 << 20, producer_bytes: 256 << 20)
  /// As little as works: a fetch of some messages, a buffer or two, a few batches of a producer.
  package static let least = KafkaMemory(queue_bytes: 256 << 10, pool_bytes: 64 << 10, producer_bytes: 4 << 20)

  package init(queue_bytes: Int, pool_bytes: Int, producer_bytes: Int) {
    self.queue_bytes = queue_bytes
    self.pool_bytes = pool_bytes
    self.producer_bytes = producer_bytes
  }

  /// Of a job with `readers` readers (of all its connections) that have `prefetch_bytes` in common, three quarters for
  /// what is fetched ahead and one for buffers, and `output_bytes` for both producers; between `least` and `most`.
  package init(prefetch_bytes: Int, output_bytes: Int, readers: Int) {
    let each = prefetch_bytes / max(1, readers)
    queue_bytes = min(Self.most.queue_bytes, max(Self.least.queue_bytes, each / 4 * 3))
    pool_bytes = min(Self.most.pool_bytes, max(Self.least.pool_bytes, each / 4))
    producer_bytes = min(Self.most.producer_bytes, max(Self.least.producer_bytes, output_bytes / 2))
  }

  /// What librdkafka takes for a message beside its key and value: measured, 300 to 350 with 2.0.2.
  private static let messageOverhead_bytes = 320

  /// `queued.max.messages.kbytes`, which counts keys and values only: half of the queue, the other being for what is
  /// added to them.
  var queued_kbytes: Int { max(1, queue_bytes >> 11) }
  /// `queued.min.messages`: no more are fetched ahead, however small they are.
  var queued_messages: Int { userQueued_messages ?? max(1, queue_bytes / 2 / Self.messageOverhead_bytes) }

  /// `linger.ms` of a transaction, whose rows need not go out before its end: so short that a million rows a second get
  /// through the queue even where no batch fills.
  var transactionLinger_ms: Int { min(100, max(1, producer_messages / 1000)) }

  /// `queue.buffering.max.messages`.
  var producer_messages: Int {
    userProducer_messages ?? max(10_000, min(500_000, producer_bytes / 2 / Self.messageOverhead_bytes))
  }

  /// What a reader uses at most, about.
  package var reader_bytes: Int { queue_bytes + pool_bytes }

  /// `fetch.message.max.bytes`: what is asked for of each partition at once, compressed. Each may overshoot the queue by
  /// what that becomes, some ten times as much where messages are small.
  var fetch_bytes: Int { min(1 << 20, max(64 << 10, queue_bytes / 32)) }
}
