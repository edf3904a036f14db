import CRdKafka
import Checkpointing

/// A call to Kafka that failed.
package struct KafkaFailure: Error, CustomStringConvertible, Sendable {
  /// What was tried, e.g. "commit of epoch 7".
  package var what: String
  /// Kafka's or librdkafka's name of the error, e.g. "_TIMED_OUT"; "CONFIG" for a wrong property.
  package var name: String
  /// What it says.
  package var message: String
  /// What to do about it, for the epoch protocol.
  package var epochKind: EpochFailure.Kind
  /// What the user can do; may be empty.
  package var remedy = ""

  /// Whether a row was refused for its size.
  package var isTooLarge: Bool { name == Self.tooLarge }
  private static let tooLarge = String(cString: rd_kafka_err2name(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE))

  package var description: String {
    "\(what): \(message) (\(name))" + (remedy.isEmpty ? "" : ". \(remedy)")
  }

  /// Whether ACLs do not allow something on a topic.
  var isTopicRefused: Bool { name == String(cString: rd_kafka_err2name(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)) }

  /// Whether it says that a topic, or a partition of it, is not there.
  var isUnknownTopic: Bool {
    [
      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
    ].contains { name == String(cString: rd_kafka_err2name($0)) }
  }

  init(_ what: String, name: String, _ message: String, _ kind: EpochFailure.Kind, remedy: String = "") {
    self.what = what
    self.name = name
    self.message = message
    epochKind = kind
    self.remedy = remedy
  }

  /// `message`: what librdkafka said beside the code, if anything.
  init(_ what: String, code: rd_kafka_resp_err_t, message: String? = nil, remedy: String? = nil) {
    self.init(
      what, name: String(cString: rd_kafka_err2name(code)), message ?? String(cString: rd_kafka_err2str(code)),
      KafkaCode.kind(code), remedy: remedy ?? KafkaCode.remedy(code))
  }

  /// An error of the transactional API; takes it over and destroys it.
  init(_ what: String, owned error: OpaquePointer) {
    let code = rd_kafka_error_code(error)
    self.init(what, code: code, message: String(cString: rd_kafka_error_string(error)))
    if rd_kafka_error_is_retriable(error) != 0 { epochKind = .retriable }
    if rd_kafka_error_txn_requires_abort(error) != 0 { epochKind = .fatal }
    if rd_kafka_error_is_fatal(error) != 0 { epochKind = KafkaCode.isFencing(code) ? .fenced : .fatal }
    if KafkaCode.isRefusal(code) { epochKind = .refused }
    rd_kafka_error_destroy(error)
  }

  /// A handle could not be made or configured.
  static func configuration(_ what: String, _ text: [CChar], remedy: String = "") -> KafkaFailure {
    let message = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return KafkaFailure(what, name: "CONFIG", message, .fatal, remedy: remedy)
  }

  /// The same, saying at which connection it happened.
  func at(connection: String) -> KafkaFailure {
    var failure = self
    failure.what = "connection \"\(connection)\": \(what)"
    return failure
  }

  static func outOfMemory(_ what: String) -> KafkaFailure {
    KafkaFailure(what, name: "MEMORY", "out of memory", .fatal, remedy: "Give the process more memory")
  }
}

/// What librdkafka's codes mean to us.
enum KafkaCode {
  static func isFencing(_ code: rd_kafka_resp_err_t) -> Bool {
    code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED
      || code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH
  }

  static func isUnknownTopic(_ code: rd_kafka_resp_err_t) -> Bool {
    code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC
      || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION
  }

  /// Whether producing a row failed because of the row, or of where it was to go.
  static func isOfRow(_ code: rd_kafka_resp_err_t) -> Bool {
    code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || isUnknownTopic(code)
  }

  static func isUnreachable(_ code: rd_kafka_resp_err_t) -> Bool {
    switch code {
    case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__TRANSPORT,
      RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE:
      return true
    default: return false
    }
  }

  /// Whether ACLs do not allow what was asked for.
  static func isRefusal(_ code: rd_kafka_resp_err_t) -> Bool {
    switch code {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return true
    default: return false
    }
  }

  static func kind(_ code: rd_kafka_resp_err_t) -> EpochFailure.Kind {
    if isFencing(code) { return .fenced }
    if isRefusal(code) { return .refused }
    return isUnreachable(code) || isPassing(code) ? .retriable : .fatal
  }

  /// Whether brokers, or librdkafka of them, say by this that they can't now: what Kafka's protocol calls retriable, but
  /// for topics and messages that are not there or damaged.
  static func isPassing(_ code: rd_kafka_resp_err_t) -> Bool {
    switch code {
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
      RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
      RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
      RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
      RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
      RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
      RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
      RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
      RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
      // Of clients that were let in before: credentials rotate. Those that never were find out by `FirstContact`.
      RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL:
      return true
    default: return false
    }
  }

  static func remedy(_ code: rd_kafka_resp_err_t) -> String {
    if isFencing(code) {
      return "Another instance of this job took over, or the transaction outlived transaction.timeout.ms"
    }
    if isUnknownTopic(code) { return "Create the topic, or correct its name in the pipeline file" }
    if isUnreachable(code) { return "Check that the brokers of bootstrap.servers run and can be reached from here" }
    switch code {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return "Grant READ (source) or WRITE (sink) on the topic"
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return "Grant READ on the groups <job> and <job>.epochs"
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return "Grant WRITE and DESCRIBE on the transactional ids that begin with <job>-"
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
      return "Lower transaction.timeout.ms, or raise the brokers' transaction.max.timeout.ms"
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
      return
        "Raise message.timestamp.before.max.ms or message.timestamp.after.max.ms of the topic, or write it without "
        + "`timestamp`"
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
      return "Bring the brokers of the topic's other replicas back, or lower its min.insync.replicas"
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
      return "Look at the disks of the brokers that lead the topic's partitions"
    case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED: return "Raise the principal's quota at the brokers, or wait"
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: return "Raise message.max.bytes of the connection and of the topic"
    default: return ""
    }
  }
}
