import CMillrace
import Columnar
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
  /// Headers that say schemas; they are read behind those of `messages`.
  private let framingHeaders: [String]
  private let time: (column: Int, unit: TimeUnit)?
  private let badRows: BadRowHandler
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
    let fields = schema.fields
    time = source.eventTimeColumn.flatMap { column in fields[column].type.timestampUnit.map { (column, $0) } }
    self.badRows = badRows
  }

  /// What became of a raw batch.
  struct Decoded {
    /// The good rows, with their event times; nil if there is none.
    var batch: RecordBatch?
    /// The offset from which on messages need a schema that is not at hand, and whether it is by now; nil: none does.
    var wait: (offset: Int64, isOver: () -> Bool)?
  }

  /// Decodes `raw` as far as schemas are at hand. `headers`: of the messages, those that the source reads. Bad rows are dealt
  /// with as rows of `epoch`. Throws what makes the job fail.
  func decode(_ raw: UnsafePointer<mill_raw_batch>, headers: [HeaderValues], epoch: UInt64) throws -> Decoded {
    guard let framing else { return Decoded(batch: try rows(of: raw, raw, [], headers, FramingHeaders(), epoch)) }
    let own = FramingHeaders(headers, framingHeaders)
    let framed = framing.takeOff(raw, headers: own)
    let batch = try withExtendedLifetime(framed.batch) { batch -> RecordBatch? in
      guard batch.batch.pointee.length > 0 else { return nil }
      return try rows(of: raw, batch.batch, framed.errors, headers, own, epoch)
    }
    return Decoded(batch: batch, wait: framed.wait.map { (raw.pointee.offsets[$0.row], $0.isOver) })
  }

  /// `raw`: as it came; `bare`: its first messages without framing, or the same; `errors`: what is wrong with that, of which
  /// `framing` is a part.
  private func rows(
    of raw: UnsafePointer<mill_raw_batch>, _ bare: UnsafePointer<mill_raw_batch>, _ framingErrors: [RowError],
    _ headers: [HeaderValues], _ framing: FramingHeaders, _ epoch: UInt64
  ) throws -> RecordBatch? {
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
    if !errors.isEmpty {
      for error in errors {
        try badRows.handle(
          raw, row: error.row, cause: error.message, headers: framing.headers(error.row), epoch: epoch)
      }
      guard errors.count < batch.rowCount else { return nil }
      batch = without(errors, batch)
    }
    guard let time else { return batch }
    return batch.withEventTimes(column: time.column, unit: time.unit)
  }

  /// Errors by row, each row once: the first counts.
  private static func merged(_ errors: [RowError], _ others: [RowError]) -> [RowError] {
    guard !others.isEmpty else { return errors }
    var bad = Set(errors.map(\.row))
    let more = others.filter { bad.insert($0.row).inserted }
    return (errors + more).sorted { $0.row < $1.row }
  }

  private func without(_ errors: [RowError], _ batch: RecordBatch) -> RecordBatch {
    good.removeAll(keepingCapacity: true)
    var next = errors[...]
    for row in 0..<batch.rowCount {
      if next.first?.row == row { next.removeFirst() } else { good.append(UInt32(truncatingIfNeeded: row)) }
    }
    return good.withUnsafeBufferPointer { take(batch, schema: schema, indices: $0) }
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
