import Kafka
import Pipeline

/// Where letters go that are sent again. Pure.
struct ReplayRoutes {
  /// Why a letter can't be sent again.
  struct Refusal: Error, Equatable {
    var reason: String
  }

  let plan: LogicalPlan
  /// Where the letters are.
  let connection: String
  /// In place of the topics that the rows came from.
  let to: String?

  /// The topic for a letter. Throws `Refusal`.
  func topic(of letter: Letter) throws(Refusal) -> String {
    guard letter.hasRow else { throw Refusal(reason: "it does not have the row's bytes (\(letter.size) bytes)") }
    guard let topic = to ?? letter.topic else {
      throw Refusal(reason: "no topic is known that the row came from; name one with --to")
    }
    let other = to == nil ? home(of: letter) : plan.topics[topic]?.connection
    guard other == nil || other == connection else {
      throw Refusal(
        reason:
          "topic \"\(topic)\" is on connection \"\(other ?? "")\", the letter on \"\(connection)\": no transaction "
          + "spans both; name a topic on \"\(connection)\" with --to")
    }
    return topic
  }

  /// The connection of the step that the letter is of; nil: not known.
  private func home(of letter: Letter) -> String? {
    switch plan.steps.first(where: { $0.id == letter.step })?.kind {
    case .topicSource(let source): source.connection
    case .topicSink(let sink): sink.topic.connection
    default: nil
    }
  }

  /// What is sent for a letter: the row, to partition `partition` (less than 0: by key), and the receipt.
  static func messages(of letter: Letter, to topic: String, partition: Int32) -> [TransactionalSender.Message] {
    let row = TransactionalSender.Message(
      topic: topic, partition: partition, key: letter.message.key, value: letter.message.value,
      headers: LetterHeader.ofRow(letter.message.headers)
        + [(LetterHeader.letter, Array(letter.place.description.utf8))],
      timestamp_ms: letter.timestamp_ms)
    let offset = Array(String(letter.place.offset).utf8)
    let receipt = TransactionalSender.Message(
      topic: letter.place.topic, partition: letter.place.partition, key: nil, value: nil,
      headers: [(LetterHeader.replayed, offset), (LetterHeader.topic, Array(topic.utf8))], timestamp_ms: nil)
    return [row, receipt]
  }
}

/// Sends letters of one connection again, each once: in the transaction that has the row is the receipt too, and who comes
/// next reads the receipts after it has fenced who was before. One thread.
final class Replay {
  /// Letters in one transaction at most.
  private static let batchLimit = 5000
  /// Bytes of rows in one transaction, from which on it ends.
  private static let batchLimit_bytes = 16 << 20

  /// What has been done.
  struct Outcome {
    /// How many letters went to each topic.
    var sent: [String: Int] = [:]
    /// Chosen letters that had been sent by an earlier replay.
    var earlier = 0
    /// Letters that can't be sent, with the reason.
    var refused: [(letter: String, reason: String)] = []
    /// Chosen letters that were found.
    var found: Set<PartitionOffset> = []
  }

  private let routes: ReplayRoutes
  private let sender: TransactionalSender
  private let scan: TopicScan
  private(set) var outcome = Outcome()
  private var replayed: Set<PartitionOffset> = []
  /// How many partitions topics have; nil of one that is not there.
  private var partitionCounts: [String: Int?] = [:]
  private var batch: [TransactionalSender.Message] = []
  private var batch_bytes = 0
  private var batchTopics: [String] = []

  /// Fences an earlier replay of the same job. `topics`: the dead-letter topics. Throws `KafkaFailure`.
  init(_ routes: ReplayRoutes, properties: KafkaProperties, topics: [String]) throws {
    self.routes = routes
    sender = try TransactionalSender(
      transactionalID: Self.transactionalID(routes.plan.job), properties: properties)
    try sender.require(topics)
    scan = try TopicScan(properties: properties, group: routes.plan.job, topics: topics)
  }

  /// No id of a job: theirs end in a number, or in the name of a connection behind an "@".
  static func transactionalID(_ job: String) -> String { "\(job)-replay@" }

  /// Sends the letters that `choice` takes; with `again` also those that were sent before. Throws `KafkaFailure`: what
  /// `outcome` counts as sent was.
  func run(_ choice: LetterChoice, again: Bool) throws {
    replayed = try scan.receipts()
    try scan.forEach { message in
      let letter = Letter(message: message)
      if choice.takes(letter) { try take(letter, again: again) }
      return true
    }
    try flush()
  }

  private func take(_ letter: Letter, again: Bool) throws {
    outcome.found.insert(letter.place)
    if !again, replayed.contains(letter.place) {
      outcome.earlier += 1
      return
    }
    do { try add(letter, routes.topic(of: letter)) } catch let refusal as ReplayRoutes.Refusal {
      outcome.refused.append((letter.place.description, refusal.reason))
    }
    if batchTopics.count >= Self.batchLimit || batch_bytes >= Self.batchLimit_bytes { try flush() }
  }

  private func add(_ letter: Letter, _ topic: String) throws {
    guard let count = try partitionCount(topic) else {
      throw ReplayRoutes.Refusal(reason: "there is no topic \"\(topic)\"; make it, or name another one with --to")
    }
    // In the partition that it came from, if the topic still has it.
    let partition = routes.to == nil ? letter.partition.flatMap { $0 < count ? $0 : nil } : nil
    let messages = ReplayRoutes.messages(of: letter, to: topic, partition: partition ?? -1)
    batch += messages
    batch_bytes += messages.reduce(0) { $0 + $1.size }
    batchTopics.append(topic)
  }

  /// Nil if there is no such topic. Throws `KafkaFailure` if that can't be found out.
  private func partitionCount(_ topic: String) throws -> Int? {
    if let known = partitionCounts[topic] { return known }
    let count = try scan.partitionCount(topic)
    if count != nil { try sender.require([topic]) }
    partitionCounts[topic] = .some(count)
    return count
  }

  private func flush() throws {
    guard !batch.isEmpty else { return }
    try sender.send(batch)
    for topic in batchTopics { outcome.sent[topic, default: 0] += 1 }
    (batch, batch_bytes, batchTopics) = ([], 0, [])
  }
}
