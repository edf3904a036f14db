import CMillrace
import Columnar

/// A declaration of state that the host can't take.
package struct StateError: Error, CustomStringConvertible {
  /// What is wrong, where, and the remedy.
  package var description: String

  package init(description: String) { self.description = description }
}

/// What kind of state a key has.
package enum StateKind: UInt32, Sendable {
  case value = 1
  case bytes, list, map

  package var name: String {
    switch self {
    case .value: "value"
    case .bytes: "bytes"
    case .list: "list"
    case .map: "map"
    }
  }
}

/// How long state stays.
package struct TimeToLive: Hashable, Sendable {
  /// Microseconds of processing time.
  package var duration_us: Int64
  /// Whether reading starts it anew, as writing does.
  package var renewsOnRead: Bool

  package init(duration_us: Int64, renewsOnRead: Bool) {
    self.duration_us = duration_us
    self.renewsOnRead = renewsOnRead
  }
}

/// A state that an operator keeps per key.
package struct StateDescriptor: Hashable, Sendable {
  package var name: String
  package var kind: StateKind
  /// Type of the value, list item or map value.
  package var type: DataType
  /// Type of a map's keys.
  package var mapKeyType: DataType?
  package var schemaVersion: UInt32
  package var timeToLive: TimeToLive?

  package init(
    name: String, kind: StateKind, type: DataType, mapKeyType: DataType? = nil, schemaVersion: UInt32 = 1,
    timeToLive: TimeToLive? = nil
  ) {
    self.name = name
    self.kind = kind
    self.type = type
    self.mapKeyType = mapKeyType
    self.schemaVersion = schemaVersion
    self.timeToLive = timeToLive
  }

  /// Copies and checks a plugin's declaration. Throws `StateError`.
  package init(importing pointer: UnsafePointer<mill_state_descriptor>) throws {
    let raw = pointer.pointee
    guard Int(raw.struct_size) >= MemoryLayout<mill_state_descriptor>.size else {
      throw StateError(description: "a state descriptor says it has \(raw.struct_size) bytes: too few for this ABI")
    }
    name = raw.name.map { String(cString: $0) } ?? ""
    guard Self.isName(name) else {
      throw StateError(description: "\"\(name)\" can't be a state's name: use up to 64 letters, digits and '_'")
    }
    guard let kind = StateKind(rawValue: raw.kind) else {
      throw StateError(description: "state \"\(name)\" is of unknown kind \(raw.kind)")
    }
    self.kind = kind
    guard raw.schema_version > 0 else { throw StateError(description: "state \"\(name)\" has schema_version 0") }
    schemaVersion = raw.schema_version
    type = try Self.type(raw.schema, of: name)
    mapKeyType = kind == .map ? try Self.type(raw.map_key_schema, of: "\(name)'s keys") : nil
    guard raw.ttl_ms <= 1 << 50, raw.ttl_mode <= UInt32(MILL_TTL_ON_ACCESS) else {
      throw StateError(description: "state \"\(name)\" has a TTL of \(raw.ttl_ms) ms, mode \(raw.ttl_mode)")
    }
    timeToLive =
      raw.ttl_ms == 0
      ? nil
      : TimeToLive(duration_us: Int64(raw.ttl_ms) * 1000, renewsOnRead: raw.ttl_mode == UInt32(MILL_TTL_ON_ACCESS))
    if kind == .value { _ = try valueSize() }
  }

  private static func isName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { $0 == 95 || isLetterOrDigit($0) }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }

  private static func type(_ schema: UnsafePointer<ArrowSchema>?, of name: String) throws -> DataType {
    guard let schema else { throw StateError(description: "state \"\(name)\" has no schema") }
    do { return try Field(importing: schema).type } catch {
      throw StateError(description: "state \"\(name)\" has a bad schema: \(error)")
    }
  }

  private static let greatestValueSize = 65_536

  /// Bytes of a fixed-width record: laid out as a C struct of the same fields.
  package func valueSize() throws -> Int {
    guard case .structure(let fields) = type, !fields.isEmpty else {
      throw StateError(description: "state \"\(name)\" of kind value must be a struct (\"+s\") of fixed-width fields")
    }
    var size = 0
    var alignment = 1
    for field in fields {
      guard !field.nullable, let width = field.type == .bool ? 1 : field.type.byteWidth else {
        throw StateError(
          description: "field \"\(field.name)\" (\(field.typeText)) of state \"\(name)\" is not fixed-width and "
            + "required; keep it in a state of kind bytes, or give it a fixed width")
      }
      guard width <= Self.greatestValueSize else { throw tooLarge(width) }
      let align = Self.alignment(of: field.type)
      alignment = max(alignment, align)
      size = (size + align - 1) / align * align + width
    }
    size = (size + alignment - 1) / alignment * alignment
    guard size <= Self.greatestValueSize else { throw tooLarge(size) }
    return size
  }

  private func tooLarge(_ size: Int) -> StateError {
    StateError(
      description:
        "state \"\(name)\" has records of \(size) bytes or more, \(Self.greatestValueSize) are the most: keep "
        + "what is large in a state of kind bytes")
  }

  static func alignment(of type: DataType) -> Int {
    if case .fixedSizeBinary = type { return 1 }
    return type == .bool ? 1 : min(16, type.byteWidth ?? 1)
  }

  /// Why state of `other` can't be taken over as it is; nil if it can.
  package func difference(from other: StateDescriptor) -> String? {
    if kind != other.kind { return "state \"\(name)\" is of kind \(kind.name), was \(other.kind.name)" }
    if type != other.type { return "state \"\(name)\" is \(type), was \(other.type)" }
    if mapKeyType != other.mapKeyType { return "state \"\(name)\" has other map keys" }
    if schemaVersion != other.schemaVersion {
      return "state \"\(name)\" has schema version \(schemaVersion), was \(other.schemaVersion)"
    }
    return nil
  }
}
