import CMillrace

/// Rows for one `process` call. Valid during the call.
public struct Input {
  @usableFromInline let raw: UnsafePointer<mill_input>
  @usableFromInline let batch: UnsafePointer<mill_batch>

  init(raw: UnsafePointer<mill_input>) {
    self.raw = raw
    self.batch = raw.pointee.batch
  }

  /// Index of the input port.
  @inlinable public var port: Int { Int(raw.pointee.port) }
  /// Rows.
  @inlinable public var count: Int { Int(batch.pointee.columns.length) }
  /// The operator's watermark: rows with an event time before it are late. Microseconds since 1970 UTC.
  @inlinable public var watermark: Int64 { raw.pointee.watermark_us }

  /// A column of the batch.
  @inlinable
  public func column<Value>(_ ref: ColumnRef<Value>) -> Column<Value> {
    withUnsafePointer(to: ref.raw) { Column(raw: mill_column_open(batch, $0)) }
  }

  /// Stands for the key of a row. For inputs that are declared keyed only.
  @inlinable @inline(__always)
  public func slot(_ row: Int) -> Slot { Slot(raw: raw.pointee.slots[row]) }

  /// Event time of a row in microseconds since 1970 UTC; nil if it has none.
  @inlinable
  public func eventTime(_ row: Int) -> Int64? {
    guard let times = batch.pointee.event_time_us, times[row] != Int64.min else { return nil }
    return times[row]
  }

  /// What a row does to the result that readers hold.
  @inlinable
  public func kind(_ row: Int) -> RowKind {
    guard let kinds = batch.pointee.row_kind else { return .insert }
    return RowKind(rawValue: kinds[row]) ?? .insert
  }
}

/// Stands for a key, until the callback that gave it returns.
public struct Slot: Hashable, Sendable {
  @usableFromInline let raw: UInt32

  @usableFromInline @inline(__always) init(raw: UInt32) { self.raw = raw }
}

/// What a row does to the result that readers hold.
public enum RowKind: UInt8, Sendable {
  /// A new row.
  case insert = 0
  /// What a row was before it changed.
  case updateBefore = 1
  /// What a row is after it changed.
  case updateAfter = 2
  /// A row that is gone.
  case delete = 3
}
