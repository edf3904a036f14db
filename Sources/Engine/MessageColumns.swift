import CMillrace
import Columnar
import Kafka
import Pipeline
import PluginHost

/// Makes columns of what messages have beside key and value.
struct MessageColumns {
  private let columns: [MessageColumn]
  private let hasTombstones: Bool

  init(_ columns: [MessageColumn]) {
    self.columns = columns
    hasTombstones = columns.contains { $0.part == .tombstone }
  }

  /// What a value's serde made of `raw`, or of its first messages, with nulls where messages have no value, if a column
  /// tells those; else as it is.
  func withoutTombstones(
    _ raw: UnsafePointer<mill_raw_batch>, _ decoded: (batch: RecordBatch, errors: [RowError])
  ) -> (batch: RecordBatch, errors: [RowError]) {
    guard hasTombstones else { return decoded }
    let rows = (0..<decoded.batch.rowCount).filter { raw.pointee.values[$0].length < 0 }
    guard !rows.isEmpty else { return decoded }
    let gone = Set(rows)
    return (decoded.batch.withNulls(in: rows), decoded.errors.filter { !gone.contains($0.row) })
  }

  /// The columns, each as a batch of one, and what is wrong with rows. `headers` may be of more messages than `raw` has.
  func read(
    _ raw: UnsafePointer<mill_raw_batch>, _ headers: [HeaderValues]
  ) -> (columns: [RecordBatch], errors: [RowError]) {
    var headers = headers[...]
    var made: [RecordBatch] = []
    var errors: [RowError] = []
    let count = Int(raw.pointee.length)
    for column in columns {
      switch column.part {
      case .tombstone: made.append(.column(count: count) { raw.pointee.values[$0].length < 0 })
      case .timestamp: made.append(.column(raw.pointee.timestamps_us, count: count, dividedBy: 1000))
      case .header, .otherHeaders:
        var values = headers.popFirst() ?? HeaderValues()
        values.keepFirst(count)
        if case .header(let name) = column.part, column.field.type == .utf8 { errors += Self.clear(&values, name) }
        made.append(.column(values.data, values.spans))
      }
    }
    return (made, errors)
  }

  /// Takes out what is no UTF-8.
  private static func clear(_ values: inout HeaderValues, _ name: String) -> [RowError] {
    values.clear { String(validating: $0, as: UTF8.self) == nil }.map { row in
      RowError(
        row: row, code: 0, message: "header \"\(name)\" is not UTF-8; give it `type: binary` to read it as it is")
    }
  }
}

extension TopicSource {
  /// What is read of messages' headers: for columns, then what says schemas.
  var headerReads: [HeaderRead] {
    messageColumns.compactMap(\.headerRead) + framingHeaders.map { .last($0) }
  }
}

extension MessageColumn {
  /// What of the headers it is made of; nil: nothing.
  var headerRead: HeaderRead? {
    switch part {
    case .header(let name): .last(name)
    case .otherHeaders(let names): .others(than: names)
    case .tombstone, .timestamp: nil
    }
  }
}
