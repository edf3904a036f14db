import Columnar
import Kafka
import Pipeline

/// What `millrace dead-letters …` does. All throw `JobError`, and what `output`, which gets the bytes to print, throws.
/// [control]
package enum DeadLetterCommands {
  /// The dead-letter topics of one connection.
  private struct Box {
    var connection: String
    var properties: KafkaProperties
    var topics: [String]
  }

  private static let listFields = [
    Field("letter", .utf8), Field("timestamp", .timestamp(.millisecond, zone: "UTC"), nullable: true),
    Field("step", .utf8, nullable: true), Field("from", .utf8, nullable: true), Field("code", .utf8, nullable: true),
    Field("size_bytes", .int64), Field("replayed", .bool), Field("cause", .utf8, nullable: true),
  ]

  /// A line for each letter that `choice` takes, at most `limit`. Gives whether there are more.
  package static func list(
    _ launcher: Launcher, _ choice: LetterChoice, limit: Int?, format: InspectFormat,
    output: @escaping ([UInt8]) throws -> Void
  ) throws -> Bool {
    let (plan, boxes) = try open(launcher)
    let printer = try RowPrinter(listFields, format: format, output: output)
    var (count, hasMore) = (0, false)
    for box in boxes where !hasMore {
      try wrapping {
        let scan = try TopicScan(properties: box.properties, group: plan.job, topics: box.topics)
        let replayed = try scan.receipts()
        try scan.forEach { message in
          let letter = Letter(message: message)
          guard choice.takes(letter) else { return true }
          hasMore = count == limit
          guard !hasMore else { return false }
          try printer.add(row(letter, isReplayed: replayed.contains(letter.place)))
          count += 1
          return true
        }
      }
    }
    try printer.finish()
    return hasMore
  }

  private static func row(_ letter: Letter, isReplayed: Bool) -> [Scalar] {
    func text(_ text: String?) -> Scalar { text.map(Scalar.text) ?? .null }
    return [
      .text(letter.place.description), letter.timestamp_ms.map(Scalar.integer) ?? .null, text(letter.step),
      text(letter.origin),
      text(letter.code), .integer(letter.size), .bool(isReplayed), text(letter.cause),
    ]
  }

  /// All headers of one letter, its key and its value.
  package static func show(
    _ launcher: Launcher, place text: String, asJSON: Bool, output: @escaping ([UInt8]) throws -> Void
  ) throws {
    let place = try LetterChoice.place(text)
    let (plan, boxes) = try open(launcher)
    guard let box = boxes.first(where: { $0.topics.contains(place.topic) }) else {
      let known = boxes.flatMap(\.topics).joined(separator: ", ")
      throw JobError(
        .usage, "no-letters", "\"\(place.topic)\" is no dead-letter topic of job \(plan.job); there are: \(known)")
    }
    var found: Letter?
    try wrapping {
      try TopicScan(properties: box.properties, group: plan.job, place: place).forEach { message in
        found = Letter(message: message)
        return false
      }
    }
    guard let found else {
      throw JobError(.failed, "no-letter", "there is no letter at \(text): it is not there yet, or no longer")
    }
    let (fields, values) = columns(found)
    if asJSON {
      let printer = try RowPrinter(fields, format: .json, output: output)
      try printer.add(values)
      try printer.finish()
    } else {
      try output(Array(TextTable.upright(fields, values).text.utf8))
    }
  }

  private static func columns(_ letter: Letter) -> ([Field], [Scalar]) {
    var fields = [Field("letter", .utf8), Field("timestamp", .timestamp(.millisecond, zone: "UTC"), nullable: true)]
    var values = [Scalar.text(letter.place.description), letter.message.timestamp_ms.map(Scalar.integer) ?? .null]
    func add(_ name: String, _ bytes: [UInt8]?) {
      fields.append(Field(name, .binary, nullable: true))
      values.append(bytes.map(Scalar.bytes) ?? .null)
    }
    for header in shownHeaders(letter.message.headers) { add(header.name, header.value) }
    add("key", letter.message.key)
    add("value", letter.message.value)
    return (fields, values)
  }

  /// The headers of a letter, each with a name of its own. The row's come as `header NAME`, from the second of a name on as
  /// `header NAME (2)`.
  static func shownHeaders(_ headers: [HeaderList.Header]) -> [HeaderList.Header] {
    // By name how often it was met; a number is never tried twice for one name, whatever a producer sends.
    var counts: [String: Int] = [:]
    return headers.map { header in
      let name = LetterHeader.isOfRow(header) ? "header \(header.name)" : header.name
      var own = name
      while counts[own] != nil {
        counts[name, default: 1] += 1
        own = "\(name) (\(counts[name, default: 1]))"
      }
      counts[own] = 1
      return (own, header.value)
    }
  }

  /// Sends the letters that `choice` takes again, to the topics that their rows came from or to `to`; those that were sent
  /// before only with `again`. Says what became of them; the exit code says whether all were sent.
  package static func replay(
    _ launcher: Launcher, _ choice: LetterChoice, to: String?, again: Bool, output: (String) -> Void
  ) throws -> ExitCode {
    let (plan, boxes) = try open(launcher)
    var all = Replay.Outcome()
    var failure: (any Error)?
    for box in boxes where choice.places.isEmpty || choice.places.contains(where: { box.topics.contains($0.topic) }) {
      do {
        let routes = ReplayRoutes(plan: plan, connection: box.connection, to: to)
        let replay = try Replay(routes, properties: box.properties, topics: box.topics)
        defer { all.add(replay.outcome) }
        try replay.run(choice, again: again)
      } catch {
        var wrapped = JobError(wrapping: error)
        wrapped.message += ". What was sent has its receipt: run the same again, and the rest is sent"
        failure = wrapped
        break
      }
    }
    // Also if it failed: what was sent was sent.
    let missing = failure == nil ? choice.places.subtracting(all.found).map(\.description).sorted() : []
    output(all.text + missing.map { "\($0): there is no such letter\n" }.joined())
    if let failure { throw failure }
    return all.refused.isEmpty && missing.isEmpty ? .success : .failed
  }

  private static func open(_ launcher: Launcher) throws -> (LogicalPlan, [Box]) {
    let (plan, kafka) = try launcher.clusters()
    var boxes: [Box] = []
    for letters in plan.steps.flatMap(plan.deadLetters) {
      guard let properties = kafka[letters.connection] else { continue }
      let index = boxes.firstIndex { $0.connection == letters.connection } ?? boxes.count
      if index == boxes.count { boxes.append(Box(connection: letters.connection, properties: properties, topics: [])) }
      if !boxes[index].topics.contains(letters.name) { boxes[index].topics.append(letters.name) }
    }
    guard !boxes.isEmpty else {
      throw JobError(
        .usage, "no-letters", "\(plan.file): no topic of job \(plan.job) has an `on_bad_row` with a dead-letter topic")
    }
    return (plan, boxes)
  }

  private static func wrapping(_ body: () throws -> Void) throws {
    do { try body() } catch { throw error is KafkaFailure ? JobError(wrapping: error) : error }
  }
}

extension Replay.Outcome {
  /// How many refused letters are named.
  private static let shown = 20

  fileprivate mutating func add(_ other: Self) {
    sent.merge(other.sent) { $0 + $1 }
    earlier += other.earlier
    refused += other.refused
    found.formUnion(other.found)
  }

  /// A line for each topic, and for each letter that can't be sent.
  fileprivate var text: String {
    func letters(_ count: Int) -> String { "\(count) letter\(count == 1 ? "" : "s")" }
    var lines = sent.sorted { $0.key < $1.key }.map { "\(letters($0.value)) sent to \($0.key)" }
    if earlier > 0 {
      lines.append("\(letters(earlier)) left out: sent by an earlier replay (--again sends them again)")
    }
    lines += refused.prefix(Self.shown).map { "\($0.letter): not sent: \($0.reason)" }
    if refused.count > Self.shown { lines.append("\(letters(refused.count)) not sent in all") }
    if lines.isEmpty { lines = ["no letters"] }
    return lines.map { $0 + "\n" }.joined()
  }
}
