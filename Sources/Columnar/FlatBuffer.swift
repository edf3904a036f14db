/// A table of a flatbuffer (https://flatbuffers.dev/internals), to be written: as much of the format as Arrow's
/// messages need.
struct FlatTable {
  indirect enum Value {
    case byte(UInt8)
    case short(Int16)
    case int(Int32)
    case long(Int64)
    case text(String)
    case table(FlatTable)
    case tables([FlatTable])
    /// A vector of structs of two longs.
    case pairs([(Int64, Int64)])

    /// Bytes in its table; what is not a number is a reference there.
    fileprivate var width: Int {
      switch self {
      case .byte: 1
      case .short: 2
      case .int, .text, .table, .tables, .pairs: 4
      case .long: 8
      }
    }
  }
  /// By place in the schema; a field that is left out is nil.
  var fields: [Value?]

  init(_ fields: [Value?] = []) { self.fields = fields }

  /// A buffer with this as its root; its size is a multiple of 8.
  func encoded() -> [UInt8] {
    var writer = FlatWriter()
    writer.addRoot(self)
    return writer.bytes
  }
}

/// Writes front to back: whatever a table refers to comes behind it.
private struct FlatWriter {
  private(set) var bytes: [UInt8] = []

  mutating func addRoot(_ table: FlatTable) {
    append(UInt32(0))
    put(UInt32(add(table)), at: 0)
    align(8)
  }

  private mutating func align(_ size: Int, after more: Int = 0) {
    while (bytes.count + more) % size != 0 { bytes.append(0) }
  }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private mutating func put(_ value: some FixedWidthInteger, at place: Int) {
    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(place..<place + $0.count, with: $0) }
  }

  /// Gives the table's place.
  private mutating func add(_ table: FlatTable) -> Int {
    var size = 4
    let offsets = table.fields.map { field -> Int in
      guard let width = field?.width else { return 0 }
      let offset = (size + width - 1) / width * width
      size = offset + width
      return offset
    }
    let headerSize = 4 + 2 * offsets.count
    align(8, after: headerSize)
    append(UInt16(headerSize))
    append(UInt16(size))
    for offset in offsets { append(UInt16(offset)) }
    let start = bytes.count
    append(Int32(headerSize))  // how far before the table its header is
    bytes.append(contentsOf: repeatElement(0, count: size - 4))
    for (field, offset) in zip(table.fields, offsets) { if let field { fill(field, at: start + offset) } }
    return start
  }

  private mutating func fill(_ value: FlatTable.Value, at place: Int) {
    switch value {
    case .byte(let number): put(number, at: place)
    case .short(let number): put(number, at: place)
    case .int(let number): put(number, at: place)
    case .long(let number): put(number, at: place)
    case .text(let text): refer(from: place, to: add(text))
    case .table(let table): refer(from: place, to: add(table))
    case .tables(let tables): refer(from: place, to: add(tables))
    case .pairs(let pairs): refer(from: place, to: add(pairs))
    }
  }

  private mutating func refer(from place: Int, to target: Int) { put(UInt32(target - place), at: place) }

  private mutating func add(_ text: String) -> Int {
    align(4)
    let start = bytes.count
    append(UInt32(text.utf8.count))
    bytes += text.utf8
    bytes.append(0)
    return start
  }

  private mutating func add(_ tables: [FlatTable]) -> Int {
    align(4)
    let start = bytes.count
    append(UInt32(tables.count))
    bytes.append(contentsOf: repeatElement(0, count: 4 * tables.count))
    for (index, table) in tables.enumerated() { refer(from: start + 4 + 4 * index, to: add(table)) }
    return start
  }

  private mutating func add(_ pairs: [(Int64, Int64)]) -> Int {
    align(8, after: 4)
    let start = bytes.count
    append(UInt32(pairs.count))
    for pair in pairs {
      append(pair.0)
      append(pair.1)
    }
    return start
  }
}
