import CMillrace
import Columnar
import Dataflow
import Kafka
import Pipeline
import PluginHost

/// Turns the messages of one topic into rows of a source step, on one worker.
final class TopicDecoder {
  private let schema: Schema
  private let value: SerdeDecoder
  private let key: SerdeDecoder?
  private let messages: MessageColumns
  /// Nil if neither keys nor values have any.
  private let framing: SchemaFraming?
  /// Whether each line of a message is a row: then lines are to be decoded, not messages.
  let readsLines: Bool
  /// Whether bad rows become dead letters.
  let makesLetters: Bool
  /// Headers that say schemas; they are read behind those of `messages`.
  private let framingHeaders: [String]
  private let time: (column: Int, unit: TimeUnit)?
  private let badRows: BadRowHandler
  /// Whether a message whose schema can't be read stops its partition. Without a registry there is no other schema to come.
  private let stopsAtSchema: Bool
  private var good: [UInt32] = []

  /// For `topic`, one of `source`'s. Throws `PluginError` if a serde can't produce the declared columns.
  init(
    topic: Topic, source: TopicSource, serdes: [String: SerdeType], registries: Registries, badRows: BadRowHandler
  ) throws {
    func decoder(_ part: Topic.Part, _ kind: MessagePart, _ schema: Schema) throws -> SerdeDecoder {
      return try SerdeDecoder(
        type: part.serde.type(in: serdes, topic: topic.name), config: part.serde.options, part: kind.code,
        schema: schema, given: registries.given(part, topic: topic.name, kind))
    }
    schema = source.schema
    messages = MessageColumns(source.messageColumns)
    value = try decoder(topic.value, .value, source.valueSchema)
    if let part = topic.key, let keySchema = source.keySchema {
      key = try decoder(part, .key, keySchema)
    } else {
      key = nil
    }
    framing = SchemaFraming(
      keys: key == nil ? nil : registries.schemas(topic.key?.registry, .key),
      values: registries.schemas(topic.value.registry, .value))
    framingHeaders = source.framingHeaders
    makesLetters = topic.onBadRow.isDeadLetter
    readsLines = topic.value.isNewlineDelimited
    let fields = schema.fields
    time = source.eventTimeColumn.flatMap { column in fields[column].type.timestampUnit.map { (column, $0) } }
    self.badRows = badRows
    stopsAtSchema = framing != nil && topic.onIncompatibleSchema == .stopPartition
  }

  /// What became of a raw batch.
  struct Decoded {
    /// The good rows, with their event times; nil if there is none.
    var batch: RecordBatch?
    /// Nil: all messages are decoded.
    var wait: Wait?
  }

  /// The first message that can't be decoded yet.
  struct Wait {
    var offset: Int64
    /// Why the serde can't read its schema; nil: the schema is not at hand.
    var cause: String?
    /// Whether it is worth another try.
    var isOver: () -> Bool
  }

  /// What became of some bare messages.
  private struct Rows {
    /// The good ones; nil if there is none.
    var batch: RecordBatch?
    /// The first whose schema can't be read, if that stops the partition; none behind it is in `batch`.
    var stop: RowError?
  }

  /// Gives all headers of the message that a row is, or is in.
  typealias AllHeaders = (_ row: Int) -> [HeaderList.Header]

  /// Decodes `raw` as far as schemas are at hand and can be read. `headers`: of the messages, those that the source reads;
  /// `allHeaders`: for dead letters. Bad rows are dealt with as rows of `epoch`. Throws what makes the job fail.
  func decode(
    _ raw: UnsafePointer<mill_raw_batch>, headers: [HeaderValues], allHeaders: AllHeaders, epoch: UInt64
  ) throws -> Decoded {
    guard let framing else {
      return Decoded(batch: try rows(of: raw, raw, [], headers, allHeaders, epoch).batch)
    }
    let framed = framing.takeOff(raw, headers: FramingHeaders(headers, framingHeaders))
    let made = try withExtendedLifetime(framed.batch) { batch -> Rows in
      guard batch.batch.pointee.length > 0 else { return Rows() }
      return try rows(of: raw, batch.batch, framed.errors, headers, allHeaders, epoch)
    }
    if let stop = made.stop {
      return Decoded(batch: made.batch, wait: .tryingAgain(offset: raw.pointee.offsets[stop.row], stop.message))
    }
    return Decoded(
      batch: made.batch, wait: framed.wait.map { Wait(offset: raw.pointee.offsets[$0.row], isOver: $0.isOver) })
  }

  /// Decodes lines of messages. `headers`: of each line what is read of its message's; `allHeaders`: for dead letters. Gives the
  /// good rows, if there are any; bad ones are dealt with as rows of `epoch`. Throws what makes the job fail.
  func decode(
    _ lines: LineBatch, headers: [HeaderValues], allHeaders: AllHeaders, epoch: UInt64
  ) throws -> RecordBatch? {
    try withExtendedLifetime(lines) {
      try rows(of: lines.batch, lines.batch, [], headers, allHeaders, epoch, lines).batch
    }
  }

  /// `raw`: as it came; `bare`: its first messages without framing, or the same; `framingErrors`: what is wrong with that;
  /// `lines`: what `raw` is, if it is lines.
  private func rows(
    of raw: UnsafePointer<mill_raw_batch>, _ bare: UnsafePointer<mill_raw_batch>, _ framingErrors: [RowError],
    _ headers: [HeaderValues], _ allHeaders: AllHeaders, _ epoch: UInt64, _ lines: LineBatch? = nil
  ) throws -> Rows {
    var (batch, errors) = try messages.withoutTombstones(raw, value.decode(bare))
    errors = Self.merged(framingErrors, errors)
    var more: [(batch: RecordBatch, index: Int)] = []
    if let key {
      let keys = try key.decode(bare)
      errors = Self.merged(errors, keys.errors.map { $0.about("key") })
      more.append((keys.batch, 0))
    }
    let read = messages.read(bare, headers)
    more += read.columns.map { ($0, 0) }
    errors = Self.merged(errors, read.errors)
    if !more.isEmpty {
      let own = (0..<batch.columnCount).map { (batch, $0) }
      batch = .assembled(own + more, rowCount: batch.rowCount)
    }
    let stop = stopsAtSchema ? errors.first { $0.code == MILL_ROW_SCHEMA } : nil
    let count = stop?.row ?? batch.rowCount
    errors.removeAll { $0.row >= count }
    for error in errors {
      let cause = lines?.number(ofRow: error.row).map { error.about("line \($0)") } ?? error
      try badRows.handle(raw, row: error.row, cause: cause.message, headers: { allHeaders(error.row) }, epoch: epoch)
    }
    guard errors.count < count else { return Rows(stop: stop) }
    if !errors.isEmpty || count < batch.rowCount { batch = first(count, of: batch, without: errors) }
    if let time { batch = batch.withEventTimes(column: time.column, unit: time.unit) }
    return Rows(batch: batch, stop: stop)
  }

  /// Errors by row, each row once: the first counts.
  private static func merged(_ errors: [RowError], _ others: [RowError]) -> [RowError] {
    guard !others.isEmpty else { return errors }
    var bad = Set(errors.map(\.row))
    let more = others.filter { bad.insert($0.row).inserted }
    return (errors + more).sorted { $0.row < $1.row }
  }

  private func first(_ count: Int, of batch: RecordBatch, without errors: [RowError]) -> RecordBatch {
    good.removeAll(keepingCapacity: true)
    var next = errors[...]
    for row in 0..<count {
      if next.first?.row == row { next.removeFirst() } else { good.append(UInt32(truncatingIfNeeded: row)) }
    }
    return good.withUnsafeBufferPointer { take(batch, schema: schema, indices: $0) }
  }
}

extension TopicDecoder.Wait {
  /// A message whose schema can't be read because of `cause`; to be tried again after a pause.
  static func tryingAgain(offset: Int64, _ cause: String) -> Self {
    let until_us = Clock.monotonic_us() + SchemaStops.pause_us
    return Self(offset: offset, cause: cause) { Clock.monotonic_us() >= until_us }
  }
}

extension SerdeUse {
  /// The plugin's serde, for `topic`. Throws `JobError` if it is not there.
  func type(in serdes: [String: SerdeType], topic: String) throws -> SerdeType {
    if let type = serdes[id] { return type }
    throw JobError(
      .failed, "no-such-plugin",
      "serde \"\(id)\" of topic \"\(topic)\" is not at hand; put its plugin into one of `plugins.directories`")
  }
}

extension RowError {
  /// The same, of a part of the message.
  func about(_ part: String) -> RowError {
    var error = self
    error.message = "\(part): \(message)"
    return error
  }
}

/// The decoders of a source step's topics, on one worker.
struct TopicDecoders {
  /// By topic.
  var named: [String: TopicDecoder] = [:]
  /// Of all other topics, which a pattern has found.
  var others: TopicDecoder?

  subscript(topic: String) -> TopicDecoder? { named[topic] ?? others }
}

extension DataType {
  /// The unit of a timestamp; nil for other types.
  var timestampUnit: TimeUnit? { if case .timestamp(let unit, _) = self { unit } else { nil } }
}
