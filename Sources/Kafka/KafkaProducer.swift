import CRdKafka
import Glibc
import Synchronization

/// One producer handle with a thread that serves its callbacks. Any thread may call.
final class KafkaProducer: @unchecked Sendable {
  let handle: OpaquePointer
  private let callbacks: KafkaCallbacks
  let principal: KafkaPrincipal
  private let isTransactional: Bool
  private let polling: Polling
  private let topics = Mutex<[String: OpaquePointer]>([:])
  private var thread = pthread_t()
  private var hasThread = false

  /// Does not connect. Throws `KafkaFailure`.
  init(properties: KafkaProperties, transactionalID: String?, transactionTimeout_ms: Int? = nil) throws {
    let configuration = try properties.producer(
      transactionalID: transactionalID, transactionTimeout_ms: transactionTimeout_ms)
    callbacks = KafkaCallbacks(properties)
    principal = properties.principal
    isTransactional = transactionalID != nil
    callbacks.attach(to: configuration, deliveries: true)
    var text = [CChar](repeating: 0, count: 512)
    guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else {
      rd_kafka_conf_destroy(configuration)
      throw KafkaFailure.configuration("producer", text)
    }
    self.handle = handle
    polling = Polling(handle)
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

  deinit {
    polling.stop()
    if hasThread { pthread_join(thread, nil) }
    topics.withLock { for topic in $0.values { rd_kafka_topic_destroy(topic) } }
    // What is still queued belongs to a transaction that will be aborted.
    rd_kafka_purge(handle, Int32(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT))
    rd_kafka_destroy(handle)
  }

  /// Why rows can't go out any more: the transaction's end before its time, the first row that could not be delivered,
  /// or the handle's own end; nil if all is well. With transactions: only while one is open.
  func failure(_ what: String) -> KafkaFailure? {
    let cause = transactionFailure(what) ?? callbacks.failure ?? KafkaCallbacks.fatal(handle, what)
    let needed = topics.withLock { $0.keys.sorted() }.map { KafkaAccess(.write, .topic($0)) }
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
      if let topic = known[name] { return topic }
      guard let topic = rd_kafka_topic_new(handle, name, nil) else {
        throw KafkaFailure("topic \"\(name)\"", code: rd_kafka_last_error())
      }
      known[name] = topic
      return topic
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
  private let handle: OpaquePointer
  private let isStopping = Atomic<Bool>(false)

  init(_ handle: OpaquePointer) { self.handle = handle }

  /// Serves callbacks until `stop`.
  func run() { while !isStopping.load(ordering: .relaxed) { rd_kafka_poll(handle, 50) } }
  func stop() { isStopping.store(true, ordering: .relaxed) }
}
