import CRdKafka
import Synchronization

/// Asks the brokers whether the principal may write a topic, without writing anything: a request that they refuse for a
/// number of acknowledgements that there is not, once they have found that the principal may write at all.
final class WriteTrial {
  /// Brokers know -1, 0 and 1.
  private static let impossibleAcks = "2"

  private final class Answer: Sendable {
    let code = Mutex<rd_kafka_resp_err_t?>(nil)
  }

  private let handle: OpaquePointer
  private let principal: KafkaPrincipal
  private let answer = Answer()

  /// Does not connect. Throws `KafkaFailure`.
  init(properties: KafkaProperties, timeout_ms: Int32) throws {
    principal = properties.principal
    let configuration = try properties.writeTrial(acks: Self.impossibleAcks, timeout_ms: timeout_ms)
    rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(answer).toOpaque())
    rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, opaque in
      guard let message, let opaque else { return }
      let code = message.pointee.err
      Unmanaged<Answer>.fromOpaque(opaque).takeUnretainedValue().code.withLock { $0 = code }
    }
    // What goes wrong is in the answer.
    rd_kafka_conf_set_log_cb(configuration) { _, _, _, _ in }
    var text = [CChar](repeating: 0, count: 512)
    guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else {
      rd_kafka_conf_destroy(configuration)
      throw KafkaFailure.configuration("producer", text)
    }
    self.handle = handle
  }

  deinit {
    rd_kafka_purge(handle, Int32(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT))
    rd_kafka_destroy(handle)
  }

  /// Throws `KafkaFailure` if `topic` can't be written. Blocks until a broker answers, up to `timeout_ms` and a second.
  func run(_ topic: String, timeout_ms: Int32) throws {
    let what = "writing topic \"\(topic)\""
    guard let target = rd_kafka_topic_new(handle, topic, nil) else {
      throw KafkaFailure(what, code: rd_kafka_last_error())
    }
    defer { rd_kafka_topic_destroy(target) }
    answer.code.withLock { $0 = nil }
    guard rd_kafka_produce(target, 0, 0, nil, 0, nil, 0, nil) == 0 else {
      throw KafkaFailure(what, code: rd_kafka_last_error())
    }
    let deadline = Patience.now_ms() + Int64(timeout_ms) + 1000
    while Patience.now_ms() < deadline {
      rd_kafka_poll(handle, 50)
      guard let code = answer.code.withLock({ $0 }) else { continue }
      guard code != RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
      throw KafkaFailure(what, code: code).lacking([KafkaAccess(.write, .topic(topic))], principal)
    }
    throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR__TIMED_OUT)
  }
}
