import CMillrace
import Columnar
import Kafka
import Pipeline
import PluginHost

/// One row in its topic's bytes.
struct EncodedMessage {
  /// Nil: none.
  var key: [UInt8]?
  /// Nil: none.
  var value: [UInt8]?
  /// Nil: the time of writing.
  var timestamp_ms: Int64?
  var headers: [HeaderList.Header] = []
}

/// A batch in its topic's bytes. Valid until its encoder's next call.
struct EncodedRows {
  var batch: RecordBatch
  /// What the serdes were given: bytes may lie in it.
  fileprivate var parts: [RecordBatch] = []
  fileprivate var values: mill_encoded
  /// The values' places, where some rows have none; empty: those of `values`.
  fileprivate var valueSpans: [mill_span] = []
  fileprivate var keys: mill_encoded?
  /// Of the rows that have a value, and of those that have a key.
  fileprivate var valueHeaders: [SchemaHeader] = []
  fileprivate var keyHeaders: [SchemaHeader] = []
  /// Event times made from the timestamp column.
  fileprivate var timed: RecordBatch?
  /// Rows that can't be encoded, ascending.
  fileprivate(set) var refused: [RefusedRow] = []

  /// Rows as the sink takes them, with their partitions (empty: none are said); valid during the call.
  func withRows<Result>(
    partitions: [Int32], _ body: (TransactionalSink.Rows) throws -> Result
  ) throws -> Result {
    try partitions.withUnsafeBufferPointer { partitions in
      try valueSpans.withUnsafeBufferPointer { spans in
        let values: UnsafePointer<mill_span> = spans.isEmpty ? self.values.spans : spans.baseAddress!
        return try body(
          TransactionalSink.Rows(
            keys: keys?.spans, keyData: keys?.data, values: values, valueData: self.values.data, timestamps_ms: nil,
            timestamps_us: timed?.eventTimes, partitions: partitions.isEmpty ? nil : partitions.baseAddress))
      }
    }
  }

  /// A copy of a row, with its headers.
  func message(_ row: Int, headers: [HeaderList.Header]) -> EncodedMessage {
    EncodedMessage(
      key: keys.flatMap { Self.bytes($0.spans[row], $0.data) }, value: Self.bytes(valueSpan(row), values.data),
      timestamp_ms: timestamp_ms(row), headers: headers)
  }

  /// The headers that say the schemas of a row's key and value.
  func framing(_ row: Int) -> [SchemaHeader] {
    ((keys?.spans[row].length ?? -1) < 0 ? [] : keyHeaders) + (valueSpan(row).length < 0 ? [] : valueHeaders)
  }

  /// A row's key; nil: none. Valid as long as this.
  func key(_ row: Int) -> UnsafeRawBufferPointer? {
    guard let keys, keys.spans[row].length >= 0 else { return nil }
    let span = keys.spans[row]
    guard span.length > 0, let data = keys.data else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(start: data + Int(span.offset), count: Int(span.length))
  }

  private func valueSpan(_ row: Int) -> mill_span { valueSpans.isEmpty ? values.spans[row] : valueSpans[row] }

  /// Bytes of a row as brokers count them, with these headers, uncompressed.
  func recordSize(_ row: Int, headers: [HeaderList.Header]) -> Int {
    func size(_ span: mill_span) -> Int? { span.length < 0 ? nil : Int(span.length) }
    return TopicLimits.recordSize(
      key: keys.flatMap { size($0.spans[row]) }, value: size(valueSpan(row)),
      headers: headers.map { ($0.name.utf8.count, $0.value?.count) })
  }

  /// A row's timestamp, more than 0; nil: the time of writing.
  func timestamp_ms(_ row: Int) -> Int64? {
    guard let times_us = timed?.eventTimes, times_us[row] >= 1000 else { return nil }
    return times_us[row] / 1000
  }

  private static func bytes(_ span: mill_span, _ data: UnsafePointer<UInt8>?) -> [UInt8]? {
    guard span.length >= 0 else { return nil }
    guard span.length > 0, let data else { return [] }
    return Array(UnsafeBufferPointer(start: data + Int(span.offset), count: Int(span.length)))
  }
}

/// Turns rows into the keys and values of a topic, on one worker.
final class SinkEncoder {
  private let use: TopicSink
  private let value: SerdeEncoder
  private let key: SerdeEncoder?
  private let valueHeaders, keyHeaders: [SchemaHeader]
  private let timestampUnit: TimeUnit?

  /// Throws `PluginError` if a serde can't write the columns; `JobError` if a schema is not registered, see `StartSchemas`.
  init(_ use: TopicSink, serdes: [String: SerdeType], registries: Registries) throws {
    func encoder(_ part: SinkPart) throws -> (SerdeEncoder, [SchemaHeader]) {
      let encoder = try part.encoder(serdes, registries)
      let framing = try part.framing(encoder, registries)
      if let lead = framing?.lead, !lead.isEmpty { try encoder.setLead(lead) }
      return (encoder, framing?.headers ?? [])
    }
    self.use = use
    (value, valueHeaders) = try encoder(.value(of: use))
    let key = try SinkPart.key(of: use).map(encoder)
    (self.key, keyHeaders) = (key?.0, key?.1 ?? [])
    timestampUnit = use.columns.timestamp.flatMap { use.schema.fields[$0].type.timestampUnit }
  }

  /// Whether messages have headers that say schemas.
  var hasFramingHeaders: Bool { !valueHeaders.isEmpty || !keyHeaders.isEmpty }

  /// Encodes all rows. Throws `PluginError` if a serde fails.
  func encode(_ batch: RecordBatch) throws -> EncodedRows {
    let valueBatch = part(batch, use.valueColumns)
    let (values, errors) = try value.encode(valueBatch.raw)
    var result = EncodedRows(batch: batch, values: values)
    (result.valueHeaders, result.keyHeaders) = (valueHeaders, keyHeaders)
    result.parts.append(valueBatch)
    var causes = errors.map { (row: $0.row, cause: $0.message) }
    if let gone = goneRows(batch) {
      result.valueSpans = (0..<batch.rowCount).map {
        gone.contains($0) ? mill_span(offset: 0, length: -1) : values.spans[$0]
      }
      causes.removeAll { gone.contains($0.row) }
    }
    if let key, let column = use.columns.key {
      let keyBatch = part(batch, [column])
      let (keys, keyErrors) = try key.encode(keyBatch.raw)
      result.parts.append(keyBatch)
      result.keys = keys
      let known = Set(causes.map(\.row))
      causes += keyErrors.filter { !known.contains($0.row) }.map {
        (row: $0.row, cause: "key: \($0.message)")
      }
    }
    if let column = use.columns.otherHeaders {
      let known = Set(causes.map(\.row))
      causes += badHeaders(batch, column).filter { !known.contains($0.row) }
    }
    if let column = use.columns.timestamp, let timestampUnit {
      result.timed = batch.withEventTimes(column: column, unit: timestampUnit)
    }
    result.refused = causes.sorted { $0.row < $1.row }.map {
      RefusedRow(row: $0.row, topic: use.topic.name, cause: $0.cause, isEncoded: false)
    }
    return result
  }

  private func badHeaders(_ batch: RecordBatch, _ column: Int) -> [(row: Int, cause: String)] {
    (0..<batch.rowCount).filter { row in
      batch.bytes(column: column, row: row).map { HeaderList.headers($0) == nil } ?? false
    }.map { ($0, "other_headers: field \"\(use.schema.fields[column].name)\" is no list of headers") }
  }

  private func part(_ batch: RecordBatch, _ columns: [Int]) -> RecordBatch {
    if columns.elementsEqual(use.schema.fields.indices) { return batch }
    return .assembled(columns.map { (batch, $0) }, rowCount: batch.rowCount)
  }

  /// The rows without a value; nil if there is none.
  private func goneRows(_ batch: RecordBatch) -> Set<Int>? {
    guard let column = use.columns.tombstone else { return nil }
    let values = BoolColumn(batch, column)
    let gone = Set((0..<batch.rowCount).filter { values[$0] == true })
    return gone.isEmpty ? nil : gone
  }
}
