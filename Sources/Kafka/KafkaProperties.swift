import CRdKafka

/// librdkafka's properties of one connection: the user's over the engine's defaults.
package struct KafkaProperties: Sendable {
  private let user: [String: String]
  /// What readers and producers of the connection use; the user's limits, where there are some.
  package let memory: KafkaMemory
  let onLog: KafkaLogHandler?

  /// Properties that the engine sets by itself, with the reason.
  private static let owned: [String: String] = [
    "transactional.id": "transactional ids belong to the engine, so that no two jobs can meet in one",
    "group.id": "the group is named after the job",
    "group.instance.id": "the job deals partitions out to its workers by itself",
    "enable.auto.commit": "offsets are committed with the epoch",
    "enable.auto.offset.store": "offsets are committed with the epoch",
    "enable.idempotence": "rows are always produced idempotently, so that retries keep their order",
    "enable.partition.eof": "the engine needs the ends of partitions",
    "auto.offset.reset": "where reading starts is said by `start:` at the step",
    "delivery.report.only.error": "the engine needs no report of rows that arrive",
    "log.queue": "the engine's log takes librdkafka's",
  ]

  // librdkafka looks only once a second whether a queue that was full has room again: up to 2.1 readers make it look, newer
  // ones take a time.
  private var consumerDefaults: [String: String] {
    var defaults = [
      "queued.min.messages": String(memory.queued_messages),
      "queued.max.messages.kbytes": String(memory.queued_kbytes),
      "fetch.message.max.bytes": String(memory.fetch_bytes),
      // The end of a partition is told only when a fetch comes back empty.
      "fetch.wait.max.ms": "50",
      "isolation.level": "read_committed",
    ]
    if Self.hasQueueBackoff { defaults["fetch.queue.backoff.ms"] = "10" }
    return defaults
  }
  /// Whether librdkafka (2.2.0 or newer) can be told how soon it looks whether a full queue has room again.
  static var hasQueueBackoff: Bool { rd_kafka_version() >= 0x0202_0000 }
  // An idempotent producer of librdkafka 2.0 has one request on its way to each partition, so it has to be a large one. And
  // it looks again and again, without a pause, at a partition with more rows when the oldest has waited longer than
  // linger.ms. In a transaction, whose rows all go out at its end and are not to be seen before, they may wait longer; but
  // a queue that is full stands still until they go.
  private func producerDefaults(isTransactional: Bool) -> [String: String] {
    [
      "linger.ms": isTransactional ? String(memory.transactionLinger_ms) : "5",
      "batch.size": "524288", "compression.codec": "lz4",
      "queue.buffering.max.messages": String(memory.producer_messages),
      "queue.buffering.max.kbytes": String(memory.producer_bytes >> 10),
      // A topic is made only where the pipeline says so.
      "allow.auto.create.topics": "false",
      // As Java's producer does: the same key lands in the same partition, whoever writes.
      "partitioner": "murmur2_random",
    ]
  }
  private static let commonDefaults = [
    "client.id": "millrace", "reconnect.backoff.max.ms": "1000", "socket.nagle.disable": "true",
  ]

  /// Checks the properties without connecting. `memory`: defaults of the limits; those in `user` go before. `onLog` gets
  /// librdkafka's log lines. Throws `KafkaFailure` for a property that is the engine's, unknown to librdkafka, or has a
  /// wrong value.
  package init(_ user: [String: String], memory: KafkaMemory = .most, onLog: KafkaLogHandler? = nil) throws {
    for (name, reason) in Self.owned.sorted(by: { $0.key < $1.key }) where user[name] != nil {
      throw KafkaFailure("property \"\(name)\"", name: "CONFIG", "can't be set: \(reason)", .fatal, remedy: "Remove it")
    }
    guard user["bootstrap.servers"] != nil || user["metadata.broker.list"] != nil else {
      throw KafkaFailure(
        "property \"bootstrap.servers\"", name: "CONFIG", "is missing", .fatal,
        remedy: "Name one or more brokers, e.g. \"127.0.0.1:9092\"")
    }
    try Self.checkTokens(user)
    self.user = user
    self.memory = Self.memory(memory, user)
    self.onLog = onLog
    rd_kafka_conf_destroy(try consumer(group: "check"))
    rd_kafka_conf_destroy(try producer(transactionalID: nil))
  }

  /// librdkafka before 2.2.0 crashes when it makes a token of its own anew.
  private static func checkTokens(_ user: [String: String]) throws {
    let name = "enable.sasl.oauthbearer.unsecure.jwt"
    guard let value = user[name]?.lowercased(), !["false", "f", "0"].contains(value), rd_kafka_version() < 0x0202_0000
    else { return }
    throw KafkaFailure(
      "property \"\(name)\"", name: "CONFIG",
      "can't be set with librdkafka \(String(cString: rd_kafka_version_str())), which crashes when it renews such a token",
      .fatal, remedy: "Take librdkafka 2.2.0 or newer, or tokens of a provider")
  }

  /// `memory` with the user's limits in place of its own.
  private static func memory(_ memory: KafkaMemory, _ user: [String: String]) -> KafkaMemory {
    func bytes(_ name: String, or other: Int) -> Int {
      user[name].flatMap(Int32.init).map { max(0, Int($0)) << 10 } ?? other
    }
    func count(_ name: String) -> Int? { user[name].flatMap(Int32.init).map { max(1, Int($0)) } }
    var memory = memory
    memory.userQueued_messages = count("queued.min.messages")
    memory.userProducer_messages = count("queue.buffering.max.messages")
    memory.queue_bytes = 2 * bytes("queued.max.messages.kbytes", or: memory.queue_bytes / 2)
    memory.producer_bytes = bytes("queue.buffering.max.kbytes", or: memory.producer_bytes)
    return memory
  }

  /// How many bytes of rows go out together at most.
  var batch_bytes: Int64 {
    (user["batch.size"] ?? producerDefaults(isTransactional: false)["batch.size"]).flatMap { Int64($0) } ?? .max
  }

  /// The value of a property that the user has set.
  package subscript(name: String) -> String? { user[name] }

  /// As whom the brokers know this connection's clients.
  package var principal: KafkaPrincipal { KafkaPrincipal { user[$0] } }

  /// The SASL mechanism, as librdkafka knows it.
  var mechanism: String { (user["sasl.mechanisms"] ?? user["sasl.mechanism"] ?? "GSSAPI").uppercased() }

  /// Whether clients log in with tokens, which have to be made anew from time to time.
  var hasTokens: Bool { mechanism == "OAUTHBEARER" }

  /// Whether brokers ask who the client is, or it asks who they are.
  var isSecured: Bool { (user["security.protocol"] ?? "plaintext").lowercased() != "plaintext" }

  /// A client that only connects.
  func contact() throws -> OpaquePointer { try configuration(Self.commonDefaults.merging(user) { $1 }) }

  /// `isolation` overrides isolation.level.
  func consumer(group: String, isolation: String? = nil) throws -> OpaquePointer {
    var all = Self.commonDefaults.merging(consumerDefaults) { $1 }.merging(user) { $1 }
    all["group.id"] = group
    all["enable.auto.commit"] = "false"
    all["enable.auto.offset.store"] = "false"
    all["enable.partition.eof"] = "true"
    all["auto.offset.reset"] = "error"
    if let isolation { all["isolation.level"] = isolation }
    let made = try configuration(all)
    if hasTokens { rd_kafka_conf_enable_sasl_queue(made, 1) }
    return made
  }

  /// `transactionTimeout_ms` yields to the user's transaction.timeout.ms.
  func producer(transactionalID: String?, transactionTimeout_ms: Int? = nil) throws -> OpaquePointer {
    let defaults = producerDefaults(isTransactional: transactionalID != nil)
    var all = Self.commonDefaults.merging(defaults) { $1 }.merging(user) { $1 }
    all["enable.idempotence"] = "true"
    all["delivery.report.only.error"] = "true"
    if let transactionalID {
      all["transactional.id"] = transactionalID
      if let timeout = transactionTimeout_ms, user["transaction.timeout.ms"] == nil {
        all["transaction.timeout.ms"] = String(timeout)
      }
    }
    let made = try configuration(all)
    if hasTokens { rd_kafka_conf_enable_sasl_queue(made, 1) }
    return made
  }

  /// A producer that neither repeats nor batches, and tells of each row what became of it.
  func writeTrial(acks: String, timeout_ms: Int32) throws -> OpaquePointer {
    var all = Self.commonDefaults.merging(producerDefaults(isTransactional: false)) { $1 }.merging(user) { $1 }
    for other in [
      "request.required.acks", "delivery.timeout.ms", "queue.buffering.max.ms", "enable.gapless.guarantee",
    ] { all[other] = nil }
    let own = [
      "acks": acks, "linger.ms": "0", "message.timeout.ms": String(timeout_ms), "delivery.report.only.error": "false",
    ]
    return try configuration(all.merging(own) { $1 })
  }

  private func configuration(_ all: [String: String]) throws -> OpaquePointer {
    guard let configuration = rd_kafka_conf_new() else { throw KafkaFailure.outOfMemory("configuration") }
    var text = [CChar](repeating: 0, count: 512)
    for (name, value) in all.sorted(by: { $0.key < $1.key })
    where rd_kafka_conf_set(configuration, name, value, &text, text.count) != RD_KAFKA_CONF_OK {
      rd_kafka_conf_destroy(configuration)
      throw KafkaFailure.configuration(
        "property \"\(name)\"", text, remedy: "See librdkafka's CONFIGURATION.md for the names and values")
    }
    return configuration
  }
}
