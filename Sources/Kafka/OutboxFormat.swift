import Glibc

/// The format of outbox files: see docs/formats.md. Writing; for reading see `OutboxReader`.
struct OutboxEncoder {
  static let magic = Array("millobx1".utf8)
  /// The most bytes that an entry may have: more is no entry.
  static let entryLimit = 1 << 30

  /// What a row consists of.
  struct Row {
    /// Less than 0: the partitioner's choice.
    var partition: Int32 = -1
    var timestamp_ms: Int64
    /// Nil: null.
    var key: UnsafeRawBufferPointer?
    var value: UnsafeRawBufferPointer?
    var headers: [(name: String, value: [UInt8]?)] = []
  }
  enum Tag {
    static let topic: UInt8 = 0
    static let row: UInt8 = 1
  }

  /// Entries that are not taken yet.
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(1 << 16) }

  /// Forgets the entries, and keeps their memory.
  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Rows that follow are of this topic.
  mutating func add(topic: String) {
    append(UInt64(topic.utf8.count + 1))
    bytes.append(Tag.topic)
    bytes.append(contentsOf: topic.utf8)
  }

  mutating func add(_ row: Row) {
    append(UInt64(Self.size(row)))
    bytes.append(Tag.row)
    append(UInt64(row.partition < 0 ? 0 : Int64(row.partition) + 1))
    append(UInt64(max(0, row.timestamp_ms)))
    append(row.key)
    append(row.value)
    append(UInt64(row.headers.count))
    for header in row.headers {
      append(UInt64(header.name.utf8.count))
      bytes.append(contentsOf: header.name.utf8)
      if let value = header.value { value.withUnsafeBytes { append($0) } } else { append(nil) }
    }
  }

  private static func size(_ row: Row) -> Int {
    func text(_ count: Int?) -> Int { size(UInt64((count ?? -1) + 1)) + (count ?? 0) }
    var total = 1 + size(UInt64(row.partition < 0 ? 0 : Int64(row.partition) + 1))
    total += size(UInt64(max(0, row.timestamp_ms))) + text(row.key?.count) + text(row.value?.count)
    total += size(UInt64(row.headers.count))
    for header in row.headers {
      total += size(UInt64(header.name.utf8.count)) + header.name.utf8.count + text(header.value?.count)
    }
    return total
  }

  /// Bytes of a number in LEB128.
  private static func size(_ number: UInt64) -> Int { max(1, (UInt64.bitWidth - number.leadingZeroBitCount + 6) / 7) }

  private mutating func append(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func append(_ part: UnsafeRawBufferPointer?) {
    guard let part else { return append(0 as UInt64) }
    append(UInt64(part.count) + 1)
    bytes.append(contentsOf: part)
  }
}
