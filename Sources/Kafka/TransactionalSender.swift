import CRdKafka
import Glibc

/// Sends messages in transactions, one a call: for tools, not for jobs. One thread at a time.
package final class TransactionalSender {
  /// A message to send.
  package struct Message: Sendable {
    package var topic: String
    /// Less than 0: the partitioner's choice.
    package var partition: Int32
    package var key: [UInt8]?
    package var value: [UInt8]?
    package var headers: [HeaderList.Header]
    /// Milliseconds since 1970; nil: the time of writing.
    package var timestamp_ms: Int64?

    package init(
      topic: String, partition: Int32, key: [UInt8]?, value: [UInt8]?, headers: [HeaderList.Header],
      timestamp_ms: Int64?
    ) {
      self.topic = topic
      self.partition = partition
      self.key = key
      self.value = value
      self.headers = headers
      self.timestamp_ms = timestamp_ms
    }

    /// Bytes of the key, the value and the headers.
    package var size: Int {
      headers.reduce((key?.count ?? 0) + (value?.count ?? 0)) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) }
    }
  }

  /// How long brokers may be away before a call fails, in milliseconds.
  private static let patience_ms: Int64 = 60_000
  /// How long one flush may take before it is asked for again, in milliseconds.
  private static let flushTimeout_ms: Int32 = 5000
  /// How long to wait for room in the producer's queue, in microseconds.
  private static let pause_us: UInt32 = 1000

  private let transactionalID: String
  private let properties: KafkaProperties
  private let sink: TransactionalSink
  /// A number for each transaction.
  private var epoch: UInt64 = 0

  /// Takes `transactionalID`: who has it is fenced, and its open transaction aborted. Throws `KafkaFailure`.
  package init(transactionalID: String, properties: KafkaProperties) throws {
    self.transactionalID = transactionalID
    self.properties = properties
    sink = try TransactionalSink(
      job: transactionalID, properties: properties, isTransactional: true, recordTopic: "",
      transactionalIDs: [transactionalID])
    try sink.fence()
  }

  /// Waits until these topics are known, up to about half a minute. Throws `KafkaFailure` if one is not there.
  package func require(_ topics: [String]) throws {
    let deadline_ms = Patience.now_ms() + Self.patience_ms
    try sink.require(topics.map { ($0, nil) }, isWanted: { Patience.now_ms() < deadline_ms })
  }

  /// Sends all or none. Throws `KafkaFailure`: none was sent, unless the failure was the commit's (its kind is
  /// `unknownOutcome`, `retriable` or `fenced`): then only reading the topics again can tell.
  package func send(_ messages: [Message]) throws {
    epoch += 1
    do {
      try sink.begin(epoch: epoch)
      for message in messages { try handOver(message) }
      try Patience.retry(for: Self.patience_ms) { try sink.flush(epoch: epoch, timeout_ms: Self.flushTimeout_ms) }
      try Patience.retry(for: Self.patience_ms) { try sink.commit(epoch: epoch) }
    } catch {
      release()
      throw error
    }
  }

  private func handOver(_ message: Message) throws {
    let deadline_ms = Patience.now_ms() + Self.patience_ms
    while true {
      let taken = try sink.produce(
        epoch: epoch, topic: message.topic, partition: message.partition, key: message.key, value: message.value,
        headers: message.headers, timestamp_ms: message.timestamp_ms)
      if let refusal = taken.refusal { throw refusal }
      if taken.count == 1 { return }
      guard Patience.now_ms() < deadline_ms else {
        throw KafkaFailure("a row for topic \"\(message.topic)\"", code: RD_KAFKA_RESP_ERR__TIMED_OUT)
      }
      usleep(Self.pause_us)
    }
  }

  /// Ends the transaction that is open, which readers of committed rows would wait for.
  private func release() {
    guard let next = try? KafkaProducer(properties: properties, transactionalID: transactionalID) else { return }
    try? Fencing.run([(id: transactionalID, producer: next)], patience_ms: Self.patience_ms, isWanted: { true })
  }
}
