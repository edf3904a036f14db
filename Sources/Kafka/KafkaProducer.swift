import CRdKafka
import Checkpointing
import Glibc
import Synchronization

/// One producer handle with a thread that serves its callbacks.
final class KafkaProducer: @unchecked Sendable {
  let handle: OpaquePointer
  private let stopping = Atomic<Bool>(false)
  private let failure: Mutex<KafkaFailure?>
  private let topics = Mutex<[String: OpaquePointer]>([:])
  private var thread = pthread_t()
  private let name: String

  /// Holds what callbacks need: they may come until the handle is destroyed.
  private final class CallbackTarget: Sendable {
    let failure = Mutex<KafkaFailure?>(nil)
  }
  private let target = CallbackTarget()

  init(properties: KafkaProperties, transactionalID: String?) throws {
    name = transactionalID ?? "producer"
    failure = Mutex(nil)
    let configuration = try properties.producer(transactionalID: transactionalID)
    rd_kafka_conf_set_log_cb(configuration, nil)
    rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(target).toOpaque())
    rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, opaque in
      guard let message, let opaque, message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
      let topic = String(cString: rd_kafka_topic_name(message.pointee.rkt))
      let problem = KafkaFailure("a row for topic \"\(topic)\"", code: message.pointee.err)
      Unmanaged<CallbackTarget>.fromOpaque(opaque).takeUnretainedValue().failure.withLock { $0 = $0 ?? problem }
    }
    var text = [CChar](repeating: 0, count: 512)
    guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else {
      rd_kafka_conf_destroy(configuration)
      throw KafkaFailure(
        "producer", name: "CONFIG", String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self), .fatal)
    }
    self.handle = handle
    startPolling()
  }

  private func startPolling() {
    // The thread ends before the object does: `deinit` joins it.
    pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let own = Unmanaged<KafkaProducer>.fromOpaque(argument).takeUnretainedValue()
        while !own.stopping.load(ordering: .relaxed) { rd_kafka_poll(own.handle, 50) }
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    stopping.store(true, ordering: .relaxed)
    pthread_join(thread, nil)
    topics.withLock { for topic in $0.values { rd_kafka_topic_destroy(topic) } }
    // What is still queued belongs to a transaction that will be aborted.
    rd_kafka_purge(handle, Int32(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT))
    rd_kafka_destroy(handle)
  }

  /// The first row that could not be delivered.
  func takeFailure() -> KafkaFailure? { target.failure.withLock { $0 } }

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

  /// Waits until all rows are acknowledged. Throws the first that was not.
  func flush(timeout_ms: Int32, _ what: String) throws {
    let code = rd_kafka_flush(handle, timeout_ms)
    if let failure = takeFailure() { throw failure }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw KafkaFailure(what, code: code, remedy: "The brokers acknowledge slowly or not at all; it is tried again")
    }
  }
}
