import Columnar

/// A key's record (docs/formats.md), taken apart for those who look at state from outside.
package struct StoredRecord {
  /// What a key has in one state. Pointers are into the record's bytes.
  package enum Content {
    /// Of the kinds value and bytes.
    case bytes(UnsafeRawBufferPointer)
    case list([UnsafeRawBufferPointer])
    case map([(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)])

    /// Bytes of the content, without the sizes between.
    package var size: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .list(let items): items.reduce(0) { $0 + $1.count }
      case .map(let entries): entries.reduce(0) { $0 + $1.key.count + $1.value.count }
      }
    }
  }
  package struct Entry {
    /// When it vanishes, in microseconds since 1970; Int64.max for never.
    package var deadline_us: Int64
    package var content: Content
  }
  package struct Timer {
    /// MILL_TIME_*.
    package var kind: UInt32
    package var time_us: Int64
  }

  /// When all of it is void, in microseconds since 1970; Int64.max for never.
  package var expiry_us: Int64
  /// By state, in the order of the declarations; nil: the key has nothing there.
  package var states: [Entry?]
  package var timers: [Timer]

  /// `states`: what the operator that wrote the record declared. Throws `StateError` if the bytes are no record of
  /// these.
  package init(decoding bytes: UnsafeRawBufferPointer, states declared: [StateDescriptor]) throws {
    var reader = SnapshotReader(bytes)
    guard let expiry = reader.deadline() else { throw Self.damage("no expiry", reader) }
    expiry_us = expiry
    states = []
    for state in declared { states.append(try Self.entry(of: state, &reader)) }
    guard let timers = Self.timers(&reader) else { throw Self.damage("no timers", reader) }
    self.timers = timers
    guard reader.isAtEnd else { throw Self.damage("more than a record of these states", reader) }
  }

  private static func damage(_ what: String, _ reader: SnapshotReader) -> StateError {
    StateError(description: "the record has \(what) at its byte \(reader.position)")
  }

  private static func entry(of state: StateDescriptor, _ reader: inout SnapshotReader) throws -> Entry? {
    let present = reader.integer()
    if present == 0 { return nil }
    guard present == 1, let deadline = reader.deadline(), let content = content(state.kind, &reader) else {
      throw damage("no \(state.kind.name) of state \"\(state.name)\"", reader)
    }
    if case .bytes(let value) = content, state.kind == .value, value.count != (try state.valueSize()) {
      throw damage("a value of \(value.count) bytes for state \"\(state.name)\"", reader)
    }
    return Entry(deadline_us: deadline, content: content)
  }

  private static func content(_ kind: StateKind, _ reader: inout SnapshotReader) -> Content? {
    switch kind {
    case .value, .bytes: return reader.bytes().map { .bytes($0) }
    case .list:
      guard let count = reader.integer() else { return nil }
      var items: [UnsafeRawBufferPointer] = []
      for _ in 0..<count {
        guard let item = reader.bytes() else { return nil }
        items.append(item)
      }
      return .list(items)
    case .map:
      guard let count = reader.integer() else { return nil }
      var entries: [(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)] = []
      for _ in 0..<count {
        guard let key = reader.bytes(), let value = reader.bytes() else { return nil }
        entries.append((key, value))
      }
      return .map(entries)
    }
  }

  private static func timers(_ reader: inout SnapshotReader) -> [Timer]? {
    guard let count = reader.integer() else { return nil }
    var timers: [Timer] = []
    for _ in 0..<count {
      guard let kind = reader.integer(), kind <= 1, let time = reader.signed() else { return nil }
      timers.append(Timer(kind: UInt32(kind), time_us: time))
    }
    return timers
  }
}

extension StateKind {
  /// The kind of this name.
  package init?(name: String) {
    guard let kind = [StateKind.value, .bytes, .list, .map].first(where: { $0.name == name }) else { return nil }
    self = kind
  }
}

extension StateDescriptor {
  /// The fields of a value state, each with where it is in the record. Throws as `valueSize` does.
  package func valueFields() throws -> [(field: Field, offset: Int)] {
    _ = try valueSize()
    guard case .structure(let fields) = type else { return [] }
    var end = 0
    return fields.map { field in
      let align = Self.alignment(of: field.type)
      let offset = (end + align - 1) / align * align
      end = offset + (field.type.byteWidth ?? 1)
      return (field, offset)
    }
  }
}
