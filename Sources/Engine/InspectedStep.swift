import Checkpointing
import Columnar
import State

/// A step's keys and states as a manifest declares them, and how a record of them becomes a row.
struct InspectedStep {
  let id: String
  /// Nil if the manifest does not say what the keys are made of; then they are shown as bytes.
  let key: KeyCodec?
  let states: [StateDescriptor]

  /// Throws `JobError` if the declarations make no sense.
  init(_ step: Manifest.Step) throws {
    id = step.id
    key = step.key.flatMap { text in
      guard case .structure(let fields)? = try? DataType(parsing: text) else { return nil }
      return try? KeyCodec(fields)
    }
    states = try step.states.map { state in
      guard let kind = StateKind(name: state.kind) else {
        throw Self.unknown(step.id, state.name, "is of unknown kind \"\(state.kind)\"")
      }
      do {
        let descriptor = StateDescriptor(
          name: state.name, kind: kind, type: try DataType(parsing: state.schema),
          mapKeyType: try state.mapKeySchema.map { try DataType(parsing: $0) }, schemaVersion: state.version)
        if kind == .value { _ = try descriptor.valueSize() }
        return descriptor
      } catch { throw Self.unknown(step.id, state.name, "can't be read: \(error)") }
    }
  }

  private static func unknown(_ step: String, _ state: String, _ reason: String) -> JobError {
    JobError(
      .failed, "unknown-state",
      "step \"\(step)\": state \"\(state)\" \(reason); a newer engine may have written the checkpoint")
  }

  /// The columns of a key, or its bytes as one.
  var keyFields: [Field] { key?.fields ?? [Field("key", .binary)] }

  /// A value for each of `keyFields`. Throws `JobError` if the bytes are no key of this step.
  func keyValues(_ key: UnsafeBufferPointer<UInt8>) throws -> [Scalar] {
    guard let codec = self.key else { return [.bytes(Array(key))] }
    guard let values = codec.values(key) else {
      throw JobError(
        .recovery, "checkpoint-damaged",
        "step \"\(id)\": a key of the bytes \(Scalar.bytes(Array(key)).json(.binary)) is not one of "
          + "(\(codec.fields.map(\.description).joined(separator: ", ")))")
    }
    return values
  }
}

/// The columns that records of a step are shown in, and their values.
struct InspectedColumns {
  private let step: InspectedStep
  /// Indexes of the states that are shown.
  private let shown: [Int]
  /// Whether bytes stay as they are, rather than being shown by the type that was declared of them.
  private let keepsBytes: Bool
  private let valueFields: [[(field: Field, offset: Int)]]
  let fields: [Field]

  private static let deadlineType = DataType.timestamp(.microsecond, zone: "UTC")
  private static let timersField = Field(
    "timers",
    .list(Field("item", .structure([Field("kind", .utf8), Field("time", deadlineType)]))), nullable: true)

  /// `only`: the one state to show; nil for all, and the timers. Throws `StateError`.
  init(_ step: InspectedStep, only: Int?, keepsBytes: Bool) throws {
    self.step = step
    self.keepsBytes = keepsBytes
    let shown = only.map { [$0] } ?? Array(step.states.indices)
    self.shown = shown
    valueFields = try step.states.map { $0.kind == .value ? try $0.valueFields() : [] }
    var fields = step.keyFields
    for index in shown {
      let state = step.states[index]
      fields += valueFields[index].map { Field("\(state.name).\($0.field.name)", $0.field.type, nullable: true) }
      if let type = Self.type(of: state, keepsBytes) { fields.append(Field(state.name, type, nullable: true)) }
      fields.append(Field("\(state.name)@expires", Self.deadlineType, nullable: true))
    }
    self.fields = only == nil ? fields + [Self.timersField] : fields
  }

  /// The type of a state's one column; nil for kind value, whose fields are columns.
  private static func type(of state: StateDescriptor, _ keepsBytes: Bool) -> DataType? {
    let content = keepsBytes ? DataType.binary : state.type
    switch state.kind {
    case .value: return nil
    case .bytes: return content
    case .list: return .list(Field("item", content))
    case .map:
      let key = keepsBytes ? DataType.binary : state.mapKeyType ?? .binary
      return .map(key: Field("key", key), value: Field("value", content))
    }
  }

  /// Whether `record` has anything in these columns.
  func concerns(_ record: StoredRecord) -> Bool { shown.contains { record.states[$0] != nil } || !isPartial }

  private var isPartial: Bool { fields.last != Self.timersField }

  /// A value for each column.
  func row(key: UnsafeBufferPointer<UInt8>, _ record: StoredRecord) throws -> [Scalar] {
    var row = try step.keyValues(key)
    for index in shown {
      let entry = record.states[index]
      row += values(entry?.content, step.states[index], valueFields[index])
      row.append(entry.flatMap { $0.deadline_us == .max ? nil : .integer($0.deadline_us) } ?? .null)
    }
    return isPartial ? row : row + [Self.timers(record.timers)]
  }

  private static func timers(_ timers: [StoredRecord.Timer]) -> Scalar {
    guard !timers.isEmpty else { return .null }
    return .list(
      timers.map { timer in
        .structure([.bytes(Array((timer.kind == 0 ? "event" : "processing").utf8)), .integer(timer.time_us)])
      })
  }

  private func values(
    _ content: StoredRecord.Content?, _ state: StateDescriptor, _ fields: [(field: Field, offset: Int)]
  ) -> [Scalar] {
    switch content {
    case nil: return Array(repeating: .null, count: state.kind == .value ? fields.count : 1)
    case .bytes(let bytes): return state.kind == .value ? Self.fields(bytes, fields) : [scalar(bytes, state.type)]
    case .list(let items): return [.list(items.map { scalar($0, state.type) })]
    case .map(let entries):
      let keyType = state.mapKeyType ?? .binary
      return [.list(entries.map { .structure([scalar($0.key, keyType), scalar($0.value, state.type)]) })]
    }
  }

  private static func fields(_ bytes: UnsafeRawBufferPointer, _ fields: [(field: Field, offset: Int)]) -> [Scalar] {
    fields.map { field, offset in
      let own = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + (field.type.byteWidth ?? 1)])
      return Scalar(fixedWidth: own, type: field.type) ?? .null
    }
  }

  /// What a plugin put into bytes is its own business; where they have the size of the declared type they are taken
  /// for a value of it.
  private func scalar(_ bytes: UnsafeRawBufferPointer, _ type: DataType) -> Scalar {
    if keepsBytes { return .bytes(Array(bytes)) }
    if case .structure = type {
      let layout = StateDescriptor(name: "", kind: .value, type: type)
      if let size = try? layout.valueSize(), size == bytes.count, let fields = try? layout.valueFields() {
        return .structure(Self.fields(bytes, fields))
      }
    }
    return Scalar(fixedWidth: bytes, type: type) ?? .bytes(Array(bytes))
  }
}
