import CMillrace
import Columnar
import Dataflow
import Kafka
import Pipeline

/// The part of a topic sink step that one worker writes.
final class KafkaSinkWriter: DataflowSink {
  private let use: TopicSink
  private let sink: any RowSink
  private let encoder: SinkEncoder
  private let badRows: BadRowHandler
  private var placement: SinkPlacement
  private var waiting: Waiting?
  private let buffer = ProduceBuffer()
  private let hasHeaders: Bool
  /// Headers of other names are taken from rows.
  private let framingHeaders: Set<String>
  /// The sink, if rows can go out partition by partition: at once, all to one topic, with nothing that is said row by row.
  private let runSink: TransactionalSink?

  /// A batch in its topic's bytes, kept while its rows find no room.
  private struct Waiting {
    var encoded: EncodedRows
    /// Rows that can't be written, ascending.
    var bad: [Int]
    /// Where the rows go; nil while that is not known.
    var places: SinkPlacement.Places?
    /// The rows partition by partition, if they go out like that, once their places are known.
    var runs: OutgoingRuns?
  }

  init(
    _ use: TopicSink, encoder: SinkEncoder, sink: any RowSink, placement: SinkPlacement, badRows: BadRowHandler
  ) {
    self.use = use
    self.encoder = encoder
    self.sink = sink
    self.placement = placement
    self.badRows = badRows
    hasHeaders = use.columns.hasHeaders || encoder.hasFramingHeaders
    framingHeaders = use.topic.allFramingHeaders
    let goesInRuns = !hasHeaders && use.columns.timestamp == nil && use.columns.route == nil
    runSink = goesInRuns ? sink as? TransactionalSink : nil
  }

  func write(_ batch: RecordBatch, first: Int, epoch: UInt64) throws -> Int {
    var rows: Waiting
    if let waiting, waiting.encoded.batch === batch { rows = waiting } else { rows = try encode(batch, epoch) }
    try place(&rows, epoch)
    guard let places = rows.places else {
      waiting = rows
      return 0
    }
    let written: Int
    if let runSink {
      written = try writeRuns(&rows, places, first: first, epoch, to: runSink)
    } else {
      written = try write(&rows, places, first: first, epoch)
    }
    waiting = rows
    if first + written == batch.rowCount { waiting = nil }
    return written
  }

  private func encode(_ batch: RecordBatch, _ epoch: UInt64) throws -> Waiting {
    try refuseRevisions(batch)
    let encoded = try encoder.encode(batch)
    var rows = Waiting(encoded: encoded, bad: [])
    try refuse(encoded.refused, of: &rows, epoch)
    return rows
  }

  /// Finds out where the rows go, if the brokers have told all that takes.
  private func place(_ rows: inout Waiting, _ epoch: UInt64) throws {
    guard rows.places == nil, let places = placement.places(rows.encoded.batch, without: rows.bad) else { return }
    rows.places = places
    try refuse(places.refused, of: &rows, epoch)
    try refuse(beyondLimits(rows, places), of: &rows, epoch)
  }

  /// The rows that the brokers would refuse, and with them their whole batch.
  private func beyondLimits(_ rows: Waiting, _ places: SinkPlacement.Places) -> [RefusedRow] {
    guard places.limits.contains(where: { !$0.isEmpty }) else { return [] }
    let batch = rows.encoded.batch
    let now_ms = Clock.realtime_us() / 1000
    let bad = Set(rows.bad)
    return (0..<batch.rowCount).filter { !bad.contains($0) }.compactMap { row in
      let cause = places.limits[places.targets.index(row)].refusal(
        record_bytes: rows.encoded.recordSize(row, headers: headers(rows.encoded, row)),
        timestamp_ms: rows.encoded.timestamp_ms(row), now_ms: now_ms)
      let topic = places.targets.name(row)
      return cause.map { RefusedRow(row: row, topic: topic, cause: "topic \"\(topic)\" would refuse the row: \($0)") }
    }
  }

  private func refuse(_ refused: [RefusedRow], of rows: inout Waiting, _ epoch: UInt64) throws {
    guard !refused.isEmpty else { return }
    for one in refused {
      let message = one.isEncoded ? message(rows.encoded, one.row) : nil
      try badRows.handle(topic: one.topic, cause: one.cause, message: message, epoch: epoch)
    }
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

  // MARK: - Partition by partition

  /// Hands rows over, of which `first` were dealt with before, in the order of their runs; gives how many more are.
  private func writeRuns(
    _ rows: inout Waiting, _ places: SinkPlacement.Places, first: Int, _ epoch: UInt64, to sink: TransactionalSink
  ) throws -> Int {
    var runs =
      rows.runs
      ?? OutgoingRuns(order(rows, places, byKey: sink.placesByMurmur2), partitionCount: places.counts[0], done: first)
    let topic = places.targets.names[0]
    let refused = try rows.encoded.withRows(partitions: []) {
      try runs.write($0, to: topic, epoch: epoch, sink: sink, buffer: buffer)
    }
    rows.runs = runs
    try refuse(
      refused.map { RefusedRow(row: $0.row, topic: topic, cause: "\($0.failure)") }, of: &rows, epoch)
    return (runs.isDone ? rows.encoded.batch.rowCount : runs.done) - first
  }

  private func order(_ rows: Waiting, _ places: SinkPlacement.Places, byKey: Bool) -> PartitionRuns {
    let (encoded, count) = (rows.encoded, places.counts[0])
    return PartitionRuns(rowCount: encoded.batch.rowCount, bad: rows.bad, partitionCount: count) { row in
      if !places.partitions.isEmpty, places.partitions[row] >= 0 { return places.partitions[row] }
      guard byKey, let key = encoded.key(row) else { return -1 }
      return Murmur2.partition(of: key, count: count)
    }
  }

  // MARK: - Row by row

  /// Hands rows from `first` on over, leaving bad ones out; gives how many are dealt with.
  private func write(_ rows: inout Waiting, _ places: SinkPlacement.Places, first: Int, _ epoch: UInt64) throws -> Int {
    let count = rows.encoded.batch.rowCount
    var row = first
    var bad = rows.bad.drop { $0 < first }
    while row < count {
      if bad.first == row {
        bad.removeFirst()
        row += 1
        continue
      }
      let end = places.targets.endOfRun(from: row, in: row..<(bad.first ?? count))
      let taken = try produce(rows.encoded, places, row..<end, epoch)
      row += taken.count
      if let refusal = taken.refusal {
        let refused = RefusedRow(row: row, topic: places.targets.name(row), cause: "\(refusal)")
        try refuse([refused], of: &rows, epoch)
        row += 1
      } else if row < end {
        break
      }
    }
    return row - first
  }

  /// Hands rows of one topic over, none of them bad.
  private func produce(
    _ encoded: EncodedRows, _ places: SinkPlacement.Places, _ range: Range<Int>, _ epoch: UInt64
  ) throws -> TransactionalSink.Taken {
    let topic = places.targets.name(range.lowerBound)
    guard !hasHeaders else { return try produceWithHeaders(encoded, places, range, topic, epoch) }
    return try encoded.withRows(partitions: places.partitions) {
      try sink.produce(epoch: epoch, topic: topic, rows: $0, range: range)
    }
  }

  private func produceWithHeaders(
    _ encoded: EncodedRows, _ places: SinkPlacement.Places, _ range: Range<Int>, _ topic: String, _ epoch: UInt64
  ) throws -> TransactionalSink.Taken {
    for row in range {
      let message = message(encoded, row)
      let taken = try sink.produce(
        epoch: epoch, topic: topic, partition: places.partitions.isEmpty ? -1 : places.partitions[row],
        key: message.key, value: message.value, headers: message.headers,
        timestamp_ms: message.timestamp_ms)
      guard taken.count == 1 else { return .init(count: row - range.lowerBound, refusal: taken.refusal) }
    }
    return .init(count: range.count)
  }

  private func message(_ encoded: EncodedRows, _ row: Int) -> EncodedMessage {
    encoded.message(row, headers: headers(encoded, row))
  }

  private func headers(_ encoded: EncodedRows, _ row: Int) -> [HeaderList.Header] {
    let batch = encoded.batch
    let others = use.columns.otherHeaders.flatMap { batch.bytes(column: $0, row: row) }.flatMap {
      HeaderList.headers($0)
    }
    return zip(use.topic.headers, use.columns.headers).map { header, column in
      (name: header.name, value: batch.bytes(column: column, row: row))
    } + (others ?? []).filter { !framingHeaders.contains($0.name) } + encoded.framing(row).map { ($0.name, $0.value) }
  }

  func close() {}
}

/// Counts rows (the worker does) and drops them.
final class BlackholeSink: DataflowSink {
  func write(_ batch: RecordBatch, first: Int, epoch: UInt64) throws -> Int { batch.rowCount - first }
  func close() {}
}
