import CMillrace

@testable import Columnar

/// Makes batches from values.
struct Batches {
  /// A column to be.
  enum Column {
    case int32([Int32?])
    case text([String?])
    case bool([Bool?])
  }

  static func batch(_ columns: [Column]) -> RecordBatch {
    var whole = OwnedArray()
    whole.add(nil)
    for column in columns { whole.add(child: array(column)) }
    return RecordBatch(
      columns: whole.finish(length: count(columns[0]), nullCount: 0), eventTimes: nil, rowKinds: nil, keeping: nil)
  }

  private static func count(_ column: Column) -> Int {
    switch column {
    case .int32(let values): values.count
    case .text(let values): values.count
    case .bool(let values): values.count
    }
  }

  private static func array(_ column: Column) -> ArrowArray {
    var array = OwnedArray()
    switch column {
    case .int32(let values):
      addBits(values.map { $0 != nil }, to: &array)
      add(values.map { $0 ?? -77 }, to: &array)
    case .text(let values):
      addBits(values.map { $0 != nil }, to: &array)
      let texts = values.map { Array(($0 ?? "").utf8) }
      add(texts.enumerated().flatMap { view($1, at: texts[..<$0].reduce(0) { $0 + $1.count }) }, to: &array)
      add(texts.flatMap { $0 }, to: &array)
      add([Int64(texts.reduce(0) { $0 + $1.count })], to: &array)
    case .bool(let values):
      addBits(values.map { $0 != nil }, to: &array)
      addBits(values.map { $0 ?? false }, to: &array)
    }
    return array.finish(length: count(column), nullCount: -1)
  }

  private static func view(_ bytes: [UInt8], at place: Int) -> [UInt8] {
    func word(_ value: Int) -> [UInt8] { withUnsafeBytes(of: Int32(value).littleEndian) { Array($0) } }
    if bytes.count <= 12 { return word(bytes.count) + bytes + Array(repeating: 0, count: 12 - bytes.count) }
    return word(bytes.count) + bytes.prefix(4) + word(0) + word(place)
  }

  private static func add<Element: BitwiseCopyable>(_ elements: [Element], to array: inout OwnedArray) {
    let memory = array.allocate(Element.self, count: elements.count)
    for (index, element) in elements.enumerated() { memory[index] = element }
    array.add(memory)
  }

  private static func addBits(_ bits: [Bool], to array: inout OwnedArray) {
    var bytes = Array(repeating: UInt8(0), count: (bits.count + 7) / 8)
    for (index, bit) in bits.enumerated() where bit { bytes[index >> 3] |= 1 << UInt8(index & 7) }
    add(bytes, to: &array)
  }
}
