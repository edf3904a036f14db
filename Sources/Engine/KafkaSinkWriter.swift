import CMillrace
import Columnar
import Dataflow
import Kafka
import Pipeline

/// The part of a topic sink step that one worker writes.
final class KafkaSinkWriter: DataflowSink {
  private let use: TopicSink
  private let sink: TransactionalSink
  private let encoder: SinkEncoder
  private let badRows: BadRowHandler
  /// Nil: all rows go to the topic of the step, by their keys.
  private var placement: SinkPlacement?
  private var waiting: Waiting?

  /// A batch in its topic's bytes, kept while its rows find no room.
  private struct Waiting {
    var encoded: EncodedRows
    /// Rows that can't be written, ascending.
    var bad: [Int]
    /// Where the rows go; nil while that is not known.
    var places: SinkPlacement.Places?
  }

  /// `placement`: nil if all rows go to the topic of `use` by their keys.
  init(_ use: TopicSink, encoder: SinkEncoder, sink: TransactionalSink, placement: SinkPlacement?, badRows: BadRowHandler)
  {
    self.use = use
    self.encoder = encoder
    self.sink = sink
    self.placement = placement
    self.badRows = badRows
  }

  func write(_ batch: RecordBatch, first: Int, epoch: UInt64) throws -> Int {
    var rows: Waiting
    if let waiting, waiting.encoded.batch === batch { rows = waiting } else { rows = try encode(batch, epoch) }
    try place(&rows, epoch)
    waiting = rows
    guard let places = rows.places else { return 0 }
    let written = try write(rows, places, first: first, epoch)
    if first + written == batch.rowCount { waiting = nil }
    return written
  }

  private func encode(_ batch: RecordBatch, _ epoch: UInt64) throws -> Waiting {
    try refuseRevisions(batch)
    let encoded = try encoder.encode(batch)
    var rows = Waiting(encoded: encoded, bad: [])
    if placement == nil { rows.places = SinkPlacement.Places(targets: SinkRouter.Targets(names: [use.topic.name])) }
    try refuse(encoded.refused, of: &rows, epoch)
    return rows
  }

  /// Finds out where the rows go, if the brokers have told all that takes.
  private func place(_ rows: inout Waiting, _ epoch: UInt64) throws {
    guard rows.places == nil, let places = placement?.places(rows.encoded.batch, without: rows.bad) else { return }
    rows.places = places
    try refuse(places.refused, of: &rows, epoch)
  }

  private func refuse(_ refused: [RefusedRow], of rows: inout Waiting, _ epoch: UInt64) throws {
    guard !refused.isEmpty else { return }
    for one in refused { try badRows.handle(topic: one.topic, cause: one.cause, epoch: epoch) }
    rows.bad = (rows.bad + refused.map(\.row)).sorted()
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
  private func write(_ rows: Waiting, _ places: SinkPlacement.Places, first: Int, _ epoch: UInt64) throws -> Int {
    var row = first
    for bad in rows.bad where bad >= row {
      row += try produce(rows.encoded, places, row..<bad, epoch)
      guard row == bad else { return row - first }
      row += 1
    }
    return row - first + (try produce(rows.encoded, places, row..<rows.encoded.batch.rowCount, epoch))
  }

  /// Hands rows of one or more topics over, none of them bad; gives how many found room.
  private func produce(
    _ encoded: EncodedRows, _ places: SinkPlacement.Places, _ range: Range<Int>, _ epoch: UInt64
  ) throws -> Int {
    var row = range.lowerBound
    while row < range.upperBound {
      let end = places.targets.endOfRun(from: row, in: range)
      row += try produce(encoded, places, row..<end, places.targets.name(row), epoch)
      guard row == end else { break }
    }
    return row - range.lowerBound
  }

  /// The same for rows of one topic.
  private func produce(
    _ encoded: EncodedRows, _ places: SinkPlacement.Places, _ range: Range<Int>, _ topic: String, _ epoch: UInt64
  ) throws -> Int {
    guard use.topic.headers.isEmpty else { return try produceWithHeaders(encoded, places, range, topic, epoch) }
    return try encoded.withRows(partitions: places.partitions) {
      try sink.produce(epoch: epoch, topic: topic, rows: $0, range: range)
    }
  }

  private func produceWithHeaders(
    _ encoded: EncodedRows, _ places: SinkPlacement.Places, _ range: Range<Int>, _ topic: String, _ epoch: UInt64
  ) throws -> Int {
    for row in range {
      let taken = try sink.produce(
        epoch: epoch, topic: topic, partition: places.partitions.isEmpty ? -1 : places.partitions[row],
        key: encoded.key(row), value: encoded.value(row), headers: headers(encoded.batch, row),
        timestamp_ms: encoded.timestamp_us(row).map { $0 / 1000 })
      guard taken else { return row - range.lowerBound }
    }
    return range.count
  }

  private func headers(_ batch: RecordBatch, _ row: Int) -> [(name: String, value: [UInt8]?)] {
    zip(use.topic.headers, use.columns.headers).map { header, column in
      (name: header.name, value: batch.bytes(column: column, row: row))
    }
  }

  func close() {}
}

/// Counts rows (the worker does) and drops them.
final class BlackholeSink: DataflowSink {
  func write(_ batch: RecordBatch, first: Int, epoch: UInt64) throws -> Int { batch.rowCount - first }
  func close() {}
}
