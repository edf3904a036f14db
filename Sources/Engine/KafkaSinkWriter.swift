import CMillrace
import Columnar
import Dataflow
import Kafka
import Pipeline
import PluginHost

/// The part of a topic sink step that one worker writes.
final class KafkaSinkWriter: DataflowSink {
  private let step: String
  private let use: TopicSink
  private let sink: TransactionalSink
  private let value: SerdeEncoder
  private let key: SerdeEncoder?
  private let timestampUnit: TimeUnit?
  private let badRows: BadRowHandler
  /// Nil: all rows go to the topic of the step, by their keys.
  private var placement: SinkPlacement?
  private var encoded: Encoded?

  /// A batch in its topic's bytes, kept while its rows find no room.
  private struct Encoded {
    var batch: RecordBatch
    var keyBatch: RecordBatch?
    var values: mill_encoded
    var keys: mill_encoded?
    /// Event times made from the timestamp column.
    var timestamps: RecordBatch?
    /// Rows that can't be written, ascending.
    var bad: [Int]
    /// Where the rows go; nil while that is not known.
    var places: SinkPlacement.Places?
  }

  /// `placement`: nil if all rows go to the topic of `use` by their keys. Throws `PluginError` if a serde can't write the columns.
  init(
    step: String, use: TopicSink, serdes: [String: SerdeType], sink: TransactionalSink, placement: SinkPlacement?,
    badRows: BadRowHandler
  ) throws {
    func encoder(_ part: Topic.Part, _ kind: MessagePart, _ schema: Schema) throws -> SerdeEncoder {
      guard let type = serdes[part.serde.id] else {
        throw JobError(
          .failed, "no-such-plugin", "serde \"\(part.serde.id)\" of topic \"\(use.topic.name)\" is not at hand")
      }
      return try SerdeEncoder(type: type, config: part.serde.options, part: kind.code, schema: schema)
    }
    self.step = step
    self.use = use
    self.sink = sink
    self.badRows = badRows
    self.placement = placement
    value = try encoder(use.topic.value, .value, use.valueSchema)
    if let part = use.topic.key, let column = use.keyColumn {
      key = try encoder(part, .key, Schema([use.valueSchema.fields[column]]))
    } else {
      key = nil
    }
    timestampUnit = use.timestampColumn.flatMap { use.valueSchema.fields[$0].type.timestampUnit }
  }

  func write(_ batch: RecordBatch, first: Int, epoch: UInt64) throws -> Int {
    var current: Encoded
    if let encoded, encoded.batch === batch { current = encoded } else { current = try encode(batch, epoch: epoch) }
    try place(&current, epoch: epoch)
    encoded = current
    guard current.places != nil else { return 0 }
    let written = try write(current, first: first, epoch: epoch)
    if first + written == batch.rowCount { encoded = nil }
    return written
  }

  private func encode(_ batch: RecordBatch, epoch: UInt64) throws -> Encoded {
    try refuseRevisions(batch)
    let (values, errors) = try value.encode(batch.raw)
    var result = Encoded(batch: batch, values: values, bad: errors.map(\.row))
    if let key, let column = use.keyColumn {
      let keys = RecordBatch.assembled([(batch, column)], rowCount: batch.rowCount)
      let (bytes, keyErrors) = try key.encode(keys.raw)
      result.keyBatch = keys
      result.keys = bytes
      for error in keyErrors where !result.bad.contains(error.row) {
        try badRows.handle(topic: use.topic.name, cause: "key: \(error.message)", epoch: epoch)
        result.bad.append(error.row)
      }
      result.bad.sort()
    }
    for error in errors { try badRows.handle(topic: use.topic.name, cause: error.message, epoch: epoch) }
    if let column = use.timestampColumn, let timestampUnit {
      result.timestamps = batch.withEventTimes(column: column, unit: timestampUnit)
    }
    return result
  }

  /// Finds out where the rows go, if the brokers have told all that takes.
  private func place(_ rows: inout Encoded, epoch: UInt64) throws {
    guard rows.places == nil else { return }
    guard placement != nil else {
      rows.places = SinkPlacement.Places(targets: SinkRouter.Targets(names: [use.topic.name]))
      return
    }
    guard let places = placement?.places(rows.batch, without: rows.bad) else { return }
    rows.places = places
    for refused in places.refused { try badRows.handle(topic: refused.topic, cause: refused.cause, epoch: epoch) }
    if !places.refused.isEmpty { rows.bad = (rows.bad + places.refused.map(\.row)).sorted() }
  }

  /// A topic holds what was inserted; it has no way to take a row back.
  private func refuseRevisions(_ batch: RecordBatch) throws {
    guard let kinds = batch.rowKinds else { return }
    for row in 0..<batch.rowCount where kinds[row] != UInt8(MILL_ROW_INSERT) {
      throw JobError(
        .failed, "row-kind",
        "row of kind \(kinds[row]) for topic \"\(use.topic.name)\": the sink takes inserts only; let the step before "
          + "emit final results")
    }
  }

  /// Hands rows from `first` on over, leaving bad ones out; gives how many are dealt with.
  private func write(_ encoded: Encoded, first: Int, epoch: UInt64) throws -> Int {
    var row = first
    for bad in encoded.bad where bad >= row {
      let count = try produce(encoded, row..<bad, epoch)
      row += count
      guard row == bad else { return row - first }
      row += 1
    }
    return row - first + (try produce(encoded, row..<encoded.batch.rowCount, epoch))
  }

  /// Hands rows of one or more topics over, none of them bad.
  private func produce(_ encoded: Encoded, _ range: Range<Int>, _ epoch: UInt64) throws -> Int {
    guard let places = encoded.places else { return 0 }
    var row = range.lowerBound
    while row < range.upperBound {
      let end = places.targets.endOfRun(from: row, in: range)
      row += try produce(encoded, places, row..<end, topic: places.targets.name(row), epoch)
      guard row == end else { break }
    }
    return row - range.lowerBound
  }

  private func produce(
    _ encoded: Encoded, _ places: SinkPlacement.Places, _ range: Range<Int>, topic: String, _ epoch: UInt64
  ) throws -> Int {
    if !use.headerColumns.isEmpty { return try produceWithHeaders(encoded, places, range, topic, epoch) }
    return try places.partitions.withUnsafeBufferPointer { partitions in
      let rows = TransactionalSink.Rows(
        keys: encoded.keys?.spans, keyData: encoded.keys?.data, values: encoded.values.spans,
        valueData: encoded.values.data, timestamps_ms: nil, timestamps_us: encoded.timestamps?.eventTimes,
        partitions: partitions.isEmpty ? nil : partitions.baseAddress)
      return try sink.produce(epoch: epoch, topic: topic, rows: rows, range: range)
    }
  }

  private func produceWithHeaders(
    _ encoded: Encoded, _ places: SinkPlacement.Places, _ range: Range<Int>, _ topic: String, _ epoch: UInt64
  ) throws -> Int {
    for row in range {
      let headers = zip(use.topic.headers, use.headerColumns).map { header, column in
        (name: header.name, value: encoded.batch.bytes(column: column, row: row))
      }
      let time_us = encoded.timestamps?.eventTimes?[row] ?? 0
      let taken = try sink.produce(
        epoch: epoch, topic: topic, partition: places.partitions.isEmpty ? -1 : places.partitions[row],
        key: encoded.keys.flatMap { Self.bytes($0, row) }, value: Self.bytes(encoded.values, row), headers: headers,
        timestamp_ms: time_us > 0 ? time_us / 1000 : nil)
      guard taken else { return row - range.lowerBound }
    }
    return range.count
  }

  private static func bytes(_ encoded: mill_encoded, _ row: Int) -> [UInt8]? {
    let span = encoded.spans[row]
    guard span.length >= 0 else { return nil }
    return Array(UnsafeBufferPointer(start: encoded.data + Int(span.offset), count: Int(span.length)))
  }

  func close() {}
}

/// Counts rows (the worker does) and drops them.
final class BlackholeSink: DataflowSink {
  func write(_ batch: RecordBatch, first: Int, epoch: UInt64) throws -> Int { batch.rowCount - first }
  func close() {}
}
