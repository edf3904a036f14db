/// Writes rows as an Arrow IPC stream (https://arrow.apache.org/docs/format/Columnar.html), which any Arrow library
/// reads. For tools: values are gathered one by one. After an error it is of no use.
package struct ArrowStreamWriter {
  /// Rows that Arrow can't take.
  package struct Failure: Error, CustomStringConvertible {
    package var description: String
  }

  private let fields: [Field]
  private let sink: ([UInt8]) throws -> Void

  /// Starts a stream with a column for each field. `sink` gets its bytes in order; what it throws comes out of every
  /// call.
  package init(_ fields: [Field], sink: @escaping ([UInt8]) throws -> Void) throws {
    self.fields = fields
    self.sink = sink
    let schema = FlatTable([.short(0), .tables(fields.map(\.flatTable))])
    try send(header: schema, kind: 1, body: [])
  }

  /// Adds a batch: each row has a value for each field.
  package func write(_ rows: [[Scalar]]) throws {
    var body = ArrowBody()
    for (index, field) in fields.enumerated() { try body.add(field, rows.map { $0[index] }) }
    let batch = FlatTable([.long(Int64(rows.count)), .pairs(body.nodes), .pairs(body.buffers)])
    try send(header: batch, kind: 3, body: body.bytes)
  }

  /// Ends the stream.
  package func finish() throws { try sink([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]) }

  /// `kind`: 1 a schema, 3 a batch.
  private func send(header: FlatTable, kind: UInt8, body: [UInt8]) throws {
    let version5 = FlatTable.Value.short(4)
    let message = FlatTable([version5, .byte(kind), .table(header), .long(Int64(body.count))]).encoded()
    var bytes: [UInt8] = [0xff, 0xff, 0xff, 0xff]
    withUnsafeBytes(of: Int32(message.count).littleEndian) { bytes.append(contentsOf: $0) }
    try sink(bytes + message + body)
  }
}

/// The buffers of a batch.
private struct ArrowBody {
  /// Of each array, parents first: length and number of nulls.
  var nodes: [(Int64, Int64)] = []
  /// Of each buffer: where in `bytes`, and its size.
  var buffers: [(Int64, Int64)] = []
  var bytes: [UInt8] = []

  mutating func add(_ field: Field, _ values: [Scalar]) throws {
    let nullCount = field.nullable ? values.count { $0 == .null } : 0
    nodes.append((Int64(values.count), Int64(nullCount)))
    add(nullCount == 0 ? [] : Self.bits(values.map { $0 != .null }))
    switch field.type {
    case .bool: add(Self.bits(values.map { $0 == .bool(true) }))
    case .utf8, .binary: try addRuns(values, field)
    case .list(let item): try addItems(values, item, field)
    case .map(let key, let value):
      try addItems(values, Field("entries", .structure([Field("key", key.type), value])), field)
    case .structure(let fields): try addFields(values, fields)
    default: add(values.flatMap { $0.fixedWidthBytes(field.type) })
    }
  }

  private mutating func add(_ buffer: [UInt8]) {
    buffers.append((Int64(bytes.count), Int64(buffer.count)))
    bytes += buffer
    bytes.append(contentsOf: repeatElement(0, count: (8 - buffer.count % 8) % 8))
  }

  private static func bits(_ values: [Bool]) -> [UInt8] {
    var bits = [UInt8](repeating: 0, count: (values.count + 7) / 8)
    for (index, value) in values.enumerated() where value { bits[index / 8] |= 1 << UInt8(index % 8) }
    return bits
  }

  private mutating func addOffsets(_ sizes: [Int], _ field: Field) throws {
    var offsets: [UInt8] = []
    var end = 0
    for size in [0] + sizes {
      end += size
      guard let offset = Int32(exactly: end) else {
        throw ArrowStreamWriter.Failure(
          description: "column \"\(field.name)\" has more than 2 GiB in one batch; ask for fewer rows, or as JSON")
      }
      withUnsafeBytes(of: offset.littleEndian) { offsets.append(contentsOf: $0) }
    }
    add(offsets)
  }

  private mutating func addRuns(_ values: [Scalar], _ field: Field) throws {
    let runs = values.map { value -> [UInt8] in if case .bytes(let bytes) = value { bytes } else { [] } }
    try addOffsets(runs.map(\.count), field)
    add(Array(runs.joined()))
  }

  private mutating func addItems(_ values: [Scalar], _ item: Field, _ field: Field) throws {
    let lists = values.map { value -> [Scalar] in if case .list(let items) = value { items } else { [] } }
    try addOffsets(lists.map(\.count), field)
    try add(item, Array(lists.joined()))
  }

  private mutating func addFields(_ values: [Scalar], _ fields: [Field]) throws {
    for (index, field) in fields.enumerated() {
      let column = values.map { value -> Scalar in
        if case .structure(let own) = value, index < own.count { own[index] } else { .null }
      }
      try add(field, column)
    }
  }
}

extension Field {
  /// As Arrow's Schema.fbs has it.
  fileprivate var flatTable: FlatTable {
    let (kind, table) = type.flatType
    return FlatTable([
      .text(name), .byte(nullable ? 1 : 0), .byte(kind), .table(table), nil,
      .tables(type.streamChildren.map(\.flatTable)),
    ])
  }
}

extension DataType {
  fileprivate var streamChildren: [Field] {
    switch self {
    case .list(let item): [Field("item", item.type, nullable: item.nullable)]
    case .structure(let fields): fields
    case .map(let key, let value):
      [Field("entries", .structure([Field("key", key.type), Field("value", value.type, nullable: value.nullable)]))]
    default: []
    }
  }

  /// The number of the type in the union, and its table.
  fileprivate var flatType: (UInt8, FlatTable) {
    func integer(_ bits: Int32, isSigned: Bool) -> (UInt8, FlatTable) {
      (2, FlatTable([.int(bits), .byte(isSigned ? 1 : 0)]))
    }
    switch self {
    case .int8: return integer(8, isSigned: true)
    case .int16: return integer(16, isSigned: true)
    case .int32: return integer(32, isSigned: true)
    case .int64: return integer(64, isSigned: true)
    case .uint8: return integer(8, isSigned: false)
    case .uint16: return integer(16, isSigned: false)
    case .uint32: return integer(32, isSigned: false)
    case .uint64: return integer(64, isSigned: false)
    case .float32: return (3, FlatTable([.short(1)]))
    case .float64: return (3, FlatTable([.short(2)]))
    case .binary: return (4, FlatTable())
    case .utf8: return (5, FlatTable())
    case .bool: return (6, FlatTable())
    case .decimal128(let precision, let scale):
      return (7, FlatTable([.int(Int32(precision)), .int(Int32(scale)), .int(128)]))
    case .date32: return (8, FlatTable([.short(0)]))
    case .date64: return (8, FlatTable([.short(1)]))
    case .time32(let unit): return (9, FlatTable([.short(unit.flatNumber), .int(32)]))
    case .time64(let unit): return (9, FlatTable([.short(unit.flatNumber), .int(64)]))
    case .timestamp(let unit, let zone):
      return (10, FlatTable([.short(unit.flatNumber), zone.map { .text($0) }]))
    case .list: return (12, FlatTable())
    case .structure: return (13, FlatTable())
    case .fixedSizeBinary(let width): return (15, FlatTable([.int(Int32(width))]))
    case .map: return (17, FlatTable([.byte(0)]))
    }
  }
}

extension TimeUnit {
  fileprivate var flatNumber: Int16 {
    switch self {
    case .second: 0
    case .millisecond: 1
    case .microsecond: 2
    case .nanosecond: 3
    }
  }
}
