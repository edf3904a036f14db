import CMillrace

/// A column of an output.
public struct OutputField: Sendable {
  var name: String
  var format: String
  var nullable: Bool

  /// A column by Arrow's format string: "i", "l", "g", "b", "vu", "vz", "tsu:UTC" and the other fixed widths.
  public init(_ name: String, format: String, nullable: Bool = false) {
    self.name = name
    self.format = format
    self.nullable = nullable
  }

  /// A column of 32-bit integers.
  public static func int32(_ name: String, nullable: Bool = false) -> OutputField {
    OutputField(name, format: "i", nullable: nullable)
  }
  /// A column of 64-bit integers.
  public static func int64(_ name: String, nullable: Bool = false) -> OutputField {
    OutputField(name, format: "l", nullable: nullable)
  }
  /// A column of 64-bit floats.
  public static func float64(_ name: String, nullable: Bool = false) -> OutputField {
    OutputField(name, format: "g", nullable: nullable)
  }
  /// A column of booleans.
  public static func bool(_ name: String, nullable: Bool = false) -> OutputField {
    OutputField(name, format: "b", nullable: nullable)
  }
  /// A column of text.
  public static func utf8(_ name: String, nullable: Bool = false) -> OutputField {
    OutputField(name, format: "vu", nullable: nullable)
  }
  /// A column of times: microseconds, UTC.
  public static func timestamp(_ name: String, nullable: Bool = false) -> OutputField {
    OutputField(name, format: "tsu:UTC", nullable: nullable)
  }
}

/// Makes batches row by row: `addRow`, then a `put` per column; `OperatorTask.emit` when enough rows are there.
/// Memory is kept between rows, so nothing is allocated per row. A column that is not put holds zero or "".
public final class BatchBuilder {
  /// On the heap, because access to a class's own variable is checked at run time, row by row.
  @usableFromInline let raw: UnsafeMutablePointer<mill_builder>

  /// Makes a builder for batches of `fields`. Throws for a format that builders can't make.
  public init(_ fields: [OutputField]) throws(PluginError) {
    let names = CFields(fields)
    defer { names.free() }
    let raw = UnsafeMutablePointer<mill_builder>.allocate(capacity: 1)
    raw.initialize(to: mill_builder())
    do throws(PluginError) {
      try check { mill_builder_init(raw, names.fields, UInt32(fields.count), $0) }
    } catch {
      raw.deallocate()
      throw error
    }
    raw.pointee.memory = HostMemory.pointer
    self.raw = raw
  }

  deinit {
    mill_builder_free(raw)
    raw.deallocate()
  }

  /// Rows so far.
  @inlinable public var count: Int { Int(raw.pointee.length) }

  /// Adds a row; the puts that follow are for it. `eventTime` in microseconds since 1970 UTC,
  /// or `Timestamp.none`.
  @inlinable public func addRow(eventTime: Int64) { mill_builder_add_row(raw, eventTime) }

  /// Puts a 32-bit integer into column `column` of the last row. As in every put, `column` is a position in the
  /// builder's fields, and the field must be of the value's type.
  @inlinable public func put(_ column: Int, _ value: Int32) {
    if has(column) { mill_put_int32(raw, UInt32(column), value) }
  }
  /// Puts a 64-bit integer, or a time as one.
  @inlinable public func put(_ column: Int, _ value: Int64) {
    if has(column) { mill_put_int64(raw, UInt32(column), value) }
  }
  /// Puts a 64-bit float.
  @inlinable public func put(_ column: Int, _ value: Double) {
    if has(column) { mill_put_float64(raw, UInt32(column), value) }
  }
  /// Puts a boolean.
  @inlinable public func put(_ column: Int, _ value: Bool) {
    if has(column) { mill_put_bool(raw, UInt32(column), value ? 1 : 0) }
  }
  /// Puts a time.
  @inlinable public func put(_ column: Int, _ value: Timestamp) { put(column, value.microseconds) }
  /// Puts a text or bytes; they are copied.
  @inlinable public func put(_ column: Int, _ value: Text) { put(column, value.bytes) }
  /// Puts text or bytes; they are copied.
  @inlinable public func put(_ column: Int, _ value: UnsafeBufferPointer<UInt8>) {
    if has(column) { mill_put_text(raw, UInt32(column), value.baseAddress, Int64(value.count)) }
  }
  /// Puts a constant text.
  @inlinable public func put(_ column: Int, _ value: StaticString) {
    put(column, UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
  }
  /// Puts a null, in place of a value.
  @inlinable public func putNull(_ column: Int) { if has(column) { mill_put_null(raw, UInt32(column)) } }

  /// Whether there is a row and such a column to put into.
  @usableFromInline @inline(__always)
  func has(_ column: Int) -> Bool {
    precondition(column >= 0 && column < Int(raw.pointee.column_count), "no such output column")
    return raw.pointee.length > 0
  }
}

/// Where the engine counts memory.
enum HostMemory {
  /// Nil before the first instance is made, or if the engine counts none. Set to the same each time, by calls that come
  /// one at a time, before an instance can make builders.
  nonisolated(unsafe) static var pointer: UnsafePointer<mill_memory>?
}

/// Fields as C knows them.
struct CFields {
  let fields: UnsafeMutablePointer<mill_field>
  let count: Int

  init(_ source: [OutputField]) {
    count = source.count
    fields = .allocate(capacity: max(1, count))
    for (index, field) in source.enumerated() {
      let flags = field.nullable ? Int64(ARROW_FLAG_NULLABLE) : 0
      (fields + index).initialize(
        to: mill_field(name: cString(field.name), format: cString(field.format), flags: flags))
    }
  }

  func free() {
    for index in 0..<count {
      fields[index].name.deallocate()
      fields[index].format.deallocate()
    }
    fields.deallocate()
  }
}

/// A copy of a string on the heap.
func cString(_ text: String) -> UnsafePointer<CChar> {
  let size = text.utf8.count
  let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: size + 1)
  for (index, byte) in text.utf8.enumerated() { bytes[index] = CChar(bitPattern: byte) }
  bytes[size] = 0
  return UnsafePointer(bytes)
}
