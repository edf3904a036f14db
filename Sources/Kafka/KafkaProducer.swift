import CRdKafka
import Glibc
import Synchronization

/// One producer handle with a thread that takes its events. Any thread may call.
final class KafkaProducer: @unchecked Sendable {
  let handle: OpaquePointer
  private let callbacks: KafkaCallbacks
  let principal: KafkaPrincipal
  private let isTransactional: Bool
  private let polling: Polling
  private let topics = Mutex(Topics())
  private let batch_bytes: Int
  /// Whoever hands a run of rows over.
  private let turn = Mutex<Void>(())
  private var thread = pthread_t()
  private var hasThread = false
  /// 0: empty.
  private let contentSince_ms = Atomic<Int64>(0)

  private struct Topics {
    var handles: [String: OpaquePointer] = [:]
    /// Of those topics that runs of rows went to.
    var partitionCounts: [String: Int32] = [:]
    var partitionTotal = 0
  }
  /// Batches of a partition that are of use: librdkafka has one on its way, the next one fills meanwhile.
  private static let usefulBatches = 2
  /// Rows in a request at most: `batch.num.messages`, librdkafka's default.
  private static let batch_rows = 10_000

  /// Does not connect. Throws `KafkaFailure`.
  init(properties: KafkaProperties, transactionalID: String?, transactionTimeout_ms: Int? = nil) throws {
    let configuration = try properties.producer(
      transactionalID: transactionalID, transactionTimeout_ms: transactionTimeout_ms)
    callbacks = KafkaCallbacks(properties)
    principal = properties.principal
    isTransactional = transactionalID != nil
    batch_bytes = Int(clamping: properties.batch_bytes)
    callbacks.attach(to: configuration, deliveries: true)
    var text = [CChar](repeating: 0, count: 512)
    guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else {
      rd_kafka_conf_destroy(configuration)
      throw KafkaFailure.configuration("producer", text)
    }
    self.handle = handle
    polling = Polling(handle, callbacks)
    // Tokens are made anew on a thread of librdkafka's.
    if properties.hasTokens, let error = rd_kafka_sasl_background_callbacks_enable(handle) {
      throw KafkaFailure("renewal of tokens", owned: error)
    }
    try startPolling()
  }

  private func startPolling() throws {
    let own = Unmanaged.passRetained(polling)
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        mill_kafka_name_thread("kafka-events")
        Unmanaged<Polling>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, own.toOpaque())
    guard code == 0 else {
      own.release()
      throw KafkaFailure.outOfMemory("thread of a producer")
    }
    hasThread = true
  }

  /// Since when there is something in its transaction, so that brokers know of it, in `Patience.sinceBoot_ms`; nil:
  /// there is not.
  var openSince_ms: Int64? {
    let since_ms = contentSince_ms.load(ordering: .relaxed)
    return since_ms == 0 ? nil : since_ms
  }

  /// Something is about to come into its transaction.
  func transactionHasContent() {
    guard contentSince_ms.load(ordering: .relaxed) == 0 else { return }
    contentSince_ms.store(max(1, Patience.sinceBoot_ms()), ordering: .relaxed)
  }

  /// Its transaction is new, or committed.
  func transactionIsEmpty() { contentSince_ms.store(0, ordering: .relaxed) }

  deinit {
    polling.stop()
    if hasThread { pthread_join(thread, nil) }
    polling.close()
    topics.withLock { for topic in $0.handles.values { rd_kafka_topic_destroy(topic) } }
    // What is still queued belongs to a transaction that will be aborted.
    rd_kafka_purge(handle, Int32(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT))
    rd_kafka_destroy(handle)
  }

  /// Why rows can't go out any more: the transaction's end before its time, the first row that could not be delivered,
  /// or the handle's own end; nil if all is well. With transactions: only while one is open.
  func failure(_ what: String) -> KafkaFailure? {
    let cause = transactionFailure(what) ?? callbacks.failure ?? KafkaCallbacks.fatal(handle, what)
    let needed = topics.withLock { $0.handles.keys.sorted() }.map { KafkaAccess(.write, .topic($0)) }
    return cause?.lacking(needed + [KafkaAccess(.idempotentWrite, .cluster)], principal)
  }

  /// Why the open transaction can only be aborted; nil if it can go on.
  private func transactionFailure(_ what: String) -> KafkaFailure? {
    // Within a transaction none can begin: this only makes librdkafka say what it has against the one that is open.
    guard isTransactional, let error = rd_kafka_begin_transaction(handle) else { return nil }
    guard rd_kafka_error_txn_requires_abort(error) != 0 || rd_kafka_error_is_fatal(error) != 0 else {
      rd_kafka_error_destroy(error)
      return nil
    }
    return KafkaFailure(what, owned: error)
  }

  /// The handle of a topic; made once.
  func topic(_ name: String) throws -> OpaquePointer {
    try topics.withLock { known in
      if let topic = known.handles[name] { return topic }
      guard let topic = rd_kafka_topic_new(handle, name, nil) else {
        throw KafkaFailure("topic \"\(name)\"", code: rd_kafka_last_error())
      }
      known.handles[name] = topic
      return topic
    }
  }

  /// How many rows of about this size may wait here before more are of no use, in view of the partitions of all topics
  /// and of how many batches librdkafka sends at once. Rows go to `topic`, which has so many partitions.
  func usefulRows(_ topic: String, partitionCount: Int32, row_bytes: Int) -> Int {
    let partitions = topics.withLock { known in
      let before = known.partitionCounts.updateValue(partitionCount, forKey: topic) ?? 0
      known.partitionTotal += Int(partitionCount - before)
      return known.partitionTotal
    }
    return partitions * Self.usefulBatches * max(1, min(Self.batch_rows, batch_bytes / max(1, row_bytes)))
  }

  /// How many rows wait here or are on their way.
  var waitingRows: Int { Int(rd_kafka_outq_len(handle)) }

  /// Hands messages over, copied, all to one partition; false if some were not taken: their `err` says why. Threads take
  /// turns by runs: librdkafka's own locks are per row, and who has to wait for one goes through the kernel.
  func produce(
    _ messages: UnsafeMutablePointer<rd_kafka_message_t>, count: Int, to topic: OpaquePointer, partition: Int32
  ) -> Bool {
    turn.withLock { _ in
      rd_kafka_produce_batch(topic, partition, Int32(RD_KAFKA_MSG_F_COPY), messages, Int32(count)) == Int32(count)
    }
  }

  /// Waits until all rows are acknowledged. Throws the first failure; retriable if the time is over.
  func flush(timeout_ms: Int32, _ what: String) throws {
    let code = rd_kafka_flush(handle, timeout_ms)
    let isWell = code == RD_KAFKA_RESP_ERR_NO_ERROR && callbacks.failure == nil
    if let failure = isWell ? KafkaCallbacks.fatal(handle, what) : failure(what) { throw failure }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw KafkaFailure(
        what, code: code, message: "\(rd_kafka_outq_len(handle)) rows still wait for the brokers")
    }
  }
}

/// What a producer's thread does. It must not hold on to the producer, whose end ends it.
private final class Polling: @unchecked Sendable {
  /// How long the thread waits for an event, in milliseconds.
  private static let turn_ms: Int32 = 1000

  private let handle: OpaquePointer
  private let queue: OpaquePointer?
  private let callbacks: KafkaCallbacks
  private let isStopping = Atomic<Bool>(false)

  init(_ handle: OpaquePointer, _ callbacks: KafkaCallbacks) {
    self.handle = handle
    self.callbacks = callbacks
    queue = rd_kafka_queue_get_main(handle)
  }

  /// Takes events until `stop`.
  func run() {
    while !isStopping.load(ordering: .relaxed) {
      guard let event = rd_kafka_queue_poll(queue, Self.turn_ms) else { continue }
      callbacks.take(event, of: handle)
      rd_kafka_event_destroy(event)
    }
  }

  /// Ends `run`.
  func stop() {
    isStopping.store(true, ordering: .relaxed)
    rd_kafka_queue_yield(queue)
  }

  /// To be called when `run` has ended, before the handle goes.
  func close() { rd_kafka_queue_destroy(queue) }
}
