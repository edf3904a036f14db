import CMillrace

/// A type that columns can be read as.
public protocol ColumnValue {
  /// Arrow formats it can be read from, separated by '|'.
  static var formats: String { get }
  /// The value of a row that is not null.
  static func read(_ column: borrowing mill_column, _ row: Int) -> Self
}

extension Int32: ColumnValue {
  public static var formats: String { "i" }
  @inlinable @inline(__always)
  public static func read(_ column: borrowing mill_column, _ row: Int) -> Int32 {
    column.values.assumingMemoryBound(to: Int32.self)[row &+ Int(column.offset)]
  }
}

extension Int64: ColumnValue {
  public static var formats: String { "l" }
  @inlinable @inline(__always)
  public static func read(_ column: borrowing mill_column, _ row: Int) -> Int64 {
    column.values.assumingMemoryBound(to: Int64.self)[row &+ Int(column.offset)]
  }
}

extension Double: ColumnValue {
  public static var formats: String { "g" }
  @inlinable @inline(__always)
  public static func read(_ column: borrowing mill_column, _ row: Int) -> Double {
    column.values.assumingMemoryBound(to: Double.self)[row &+ Int(column.offset)]
  }
}

extension Bool: ColumnValue {
  public static var formats: String { "b" }
  @inlinable @inline(__always)
  public static func read(_ column: borrowing mill_column, _ row: Int) -> Bool {
    let at = row &+ Int(column.offset)
    return column.values.assumingMemoryBound(to: UInt8.self)[at &>> 3] &>> UInt8(at & 7) & 1 == 1
  }
}

/// A point in time: a column of type `timestamp[us, UTC]`.
public struct Timestamp: ColumnValue, Hashable, Sendable {
  /// Since 1970-01-01T00:00:00Z.
  public var microseconds: Int64

  /// Makes a point in time.
  @inlinable public init(microseconds: Int64) { self.microseconds = microseconds }

  /// The event time of a row that has none, in microseconds.
  public static var none: Int64 { Int64.min }

  public static var formats: String { "tsu:UTC" }
  @inlinable @inline(__always)
  public static func read(_ column: borrowing mill_column, _ row: Int) -> Timestamp {
    Timestamp(microseconds: Int64.read(column, row))
  }
}

/// A text or run of bytes inside a batch, not copied. Valid as long as the batch: to keep it, copy it.
public struct Text: ColumnValue {
  /// First byte; may be nil if `count` is 0.
  public let start: UnsafePointer<UInt8>?
  /// Bytes.
  public let count: Int

  /// Makes one over bytes that somebody else keeps.
  @inlinable public init(start: UnsafePointer<UInt8>?, count: Int) {
    self.start = start
    self.count = count
  }

  /// The bytes.
  @inlinable public var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

  /// A copy as a string; allocates, so not for every row.
  public var string: String { String(decoding: bytes, as: UTF8.self) }

  public static var formats: String { "vu|u|U|vz|z|Z" }
  @inlinable @inline(__always)
  public static func read(_ column: borrowing mill_column, _ row: Int) -> Text {
    let text = withUnsafePointer(to: column) { mill_text_at($0, Int64(row)) }
    return Text(start: UnsafeRawPointer(text.bytes)?.assumingMemoryBound(to: UInt8.self), count: Int(text.size))
  }
}

/// Where a column is in the batches of an input; found once, in `bind`.
public struct ColumnRef<Value: ColumnValue> {
  @usableFromInline let raw: mill_column_ref
}

/// A column of one batch. Valid as long as the batch.
public struct Column<Value: ColumnValue> {
  @usableFromInline let raw: mill_column

  @usableFromInline @inline(__always) init(raw: mill_column) { self.raw = raw }

  /// The value of a row that is not null; anything of the right type if it is.
  @inlinable @inline(__always)
  public subscript(row: Int) -> Value { Value.read(raw, row) }

  /// Whether the value of a row is null.
  @inlinable @inline(__always)
  public func isNull(_ row: Int) -> Bool {
    guard let validity = raw.validity else { return false }
    let at = row &+ Int(raw.offset)
    return validity[at &>> 3] &>> UInt8(at & 7) & 1 == 0
  }
}

/// The schema of an input, in `bind`.
public struct InputSchema {
  let raw: UnsafePointer<ArrowSchema>

  /// Finds the column `name`. Throws, with what was found and what was expected, if it is not there or not a
  /// `Value`.
  public func column<Value: ColumnValue>(
    _ name: String, as type: Value.Type = Value.self
  ) throws(PluginError) -> ColumnRef<Value> {
    var ref = mill_column_ref()
    try check { mill_column_find(raw, name, Value.formats, &ref, $0) }
    return ColumnRef(raw: ref)
  }
}
