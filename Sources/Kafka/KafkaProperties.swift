import CRdKafka

/// librdkafka's properties of one connection: the engine's defaults under the user's.
package struct KafkaProperties: Sendable {
  private let user: [String: String]

  /// Properties that the engine sets by itself, with the reason.
  private static let owned: [String: String] = [
    "transactional.id": "transactional ids belong to the engine, so that no two jobs can meet in one",
    "group.id": "the group is named after the job",
    "enable.auto.commit": "offsets are committed with the epoch",
    "enable.auto.offset.store": "offsets are committed with the epoch",
    "enable.idempotence": "the guarantee decides about it",
    "enable.partition.eof": "the engine needs the ends of partitions",
    "auto.offset.reset": "say `start:` at the step",
  ]

  /// Throws `KafkaFailure` for a property that is the engine's.
  package init(_ user: [String: String]) throws {
    for (name, reason) in Self.owned where user[name] != nil {
      throw KafkaFailure("property \"\(name)\"", name: "CONFIG", "can't be set: \(reason)", .fatal, remedy: "Remove it")
    }
    self.user = user
  }

  // librdkafka 2.0 stops fetching for about a second once either queue limit is reached: they must be out of reach.
  private static let consumerDefaults = [
    "queued.min.messages": "1000000", "queued.max.messages.kbytes": "262144", "fetch.message.max.bytes": "1048576",
    "fetch.wait.max.ms": "10", "isolation.level": "read_committed", "reconnect.backoff.max.ms": "1000",
  ]
  private static let producerDefaults = [
    "linger.ms": "5", "batch.size": "262144", "compression.codec": "lz4", "queue.buffering.max.messages": "500000",
    "queue.buffering.max.kbytes": "262144", "partitioner": "murmur2_random", "delivery.report.only.error": "true",
    "reconnect.backoff.max.ms": "1000",
  ]

  /// Properties that only one kind of client knows.
  private static let consumerOnly = Set(["fetch.", "queued.", "isolation.level", "check.crcs"])
  private static let producerOnly = Set([
    "linger.ms", "batch.", "compression.", "queue.buffering.", "partitioner", "transaction.", "acks", "request.required",
    "delivery.", "sticky.", "max.in.flight",
  ])

  func consumer(group: String) throws -> OpaquePointer {
    var all = Self.consumerDefaults.merging(mine(but: Self.producerOnly)) { $1 }
    all["group.id"] = group
    all["enable.auto.commit"] = "false"
    all["enable.auto.offset.store"] = "false"
    all["enable.partition.eof"] = "true"
    all["auto.offset.reset"] = "error"
    return try configuration(all)
  }

  func producer(transactionalID: String?) throws -> OpaquePointer {
    var all = Self.producerDefaults.merging(mine(but: Self.consumerOnly)) { $1 }
    all["enable.idempotence"] = "true"
    if let transactionalID { all["transactional.id"] = transactionalID }
    return try configuration(all)
  }

  private func mine(but prefixes: Set<String>) -> [String: String] {
    user.filter { item in !prefixes.contains { item.key.hasPrefix($0) } }
  }

  private func configuration(_ all: [String: String]) throws -> OpaquePointer {
    guard let configuration = rd_kafka_conf_new() else {
      throw KafkaFailure("configuration", name: "MEMORY", "out of memory", .fatal)
    }
    var text = [CChar](repeating: 0, count: 512)
    for (name, value) in all.sorted(by: { $0.key < $1.key })
    where rd_kafka_conf_set(configuration, name, value, &text, text.count) != RD_KAFKA_CONF_OK {
      rd_kafka_conf_destroy(configuration)
      throw KafkaFailure(
        "property \"\(name)\"", name: "CONFIG", String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self),
        .fatal, remedy: "See librdkafka's CONFIGURATION.md for the names and values")
    }
    return configuration
  }
}
