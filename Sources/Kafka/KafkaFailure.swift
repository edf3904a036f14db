import CRdKafka
import Checkpointing

/// A call to Kafka that failed.
package struct KafkaFailure: Error, CustomStringConvertible {
  /// What was tried, e.g. "commit of epoch 7".
  package var what: String
  /// Kafka's or librdkafka's name of the error, e.g. "_TIMED_OUT".
  package var name: String
  /// What it says.
  package var message: String
  /// What to do about it, for the epoch protocol.
  package var epochKind: EpochFailure.Kind
  /// What the user can do.
  package var remedy = ""

  package var description: String {
    "\(what): \(message) (\(name))" + (remedy.isEmpty ? "" : ". \(remedy)")
  }

  init(_ what: String, name: String, _ message: String, _ kind: EpochFailure.Kind, remedy: String = "") {
    self.what = what
    self.name = name
    self.message = message
    epochKind = kind
    self.remedy = remedy
  }

  init(_ what: String, code: rd_kafka_resp_err_t, remedy: String = "") {
    self.init(
      what, name: String(cString: rd_kafka_err2name(code)), String(cString: rd_kafka_err2str(code)),
      Self.kind(code), remedy: remedy)
  }

  /// Takes the error over and destroys it.
  init(_ what: String, owned error: OpaquePointer) {
    let code = rd_kafka_error_code(error)
    var kind = Self.kind(code)
    if rd_kafka_error_is_retriable(error) != 0 { kind = .retriable }
    if rd_kafka_error_txn_requires_abort(error) != 0 { kind = .fatal }
    if rd_kafka_error_is_fatal(error) != 0 { kind = Self.isFencing(code) ? .fenced : .fatal }
    self.init(
      what, name: String(cString: rd_kafka_err2name(code)), String(cString: rd_kafka_error_string(error)), kind)
    rd_kafka_error_destroy(error)
  }

  private static func isFencing(_ code: rd_kafka_resp_err_t) -> Bool {
    code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED
      || code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH
  }

  private static func kind(_ code: rd_kafka_resp_err_t) -> EpochFailure.Kind {
    if isFencing(code) { return .fenced }
    switch code {
    case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
      RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
      RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
      return .retriable
    default: return .fatal
    }
  }
}

/// A partition of a topic.
package struct TopicPartition: Hashable, Sendable {
  package var topic: String
  package var partition: Int32
  package init(topic: String, partition: Int32) {
    self.topic = topic
    self.partition = partition
  }
}

/// A place in a partition.
package struct PartitionOffset: Hashable, Sendable {
  package var topic: String
  package var partition: Int32
  package var offset: Int64
  package init(topic: String, partition: Int32, offset: Int64) {
    self.topic = topic
    self.partition = partition
    self.offset = offset
  }
}
