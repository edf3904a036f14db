import Checkpointing
import Glibc

/// Reads an outbox row by row. Whatever is in the file, it gives rows or throws. One thread at a time.
package final class OutboxReader {
  /// A row of the file. Key and value are valid until the reader goes on.
  package struct Row {
    package var topic: String
    /// Less than 0: the partitioner's choice.
    package var partition: Int32
    package var timestamp_ms: Int64
    /// Nil: null.
    package var key: UnsafeRawBufferPointer?
    package var value: UnsafeRawBufferPointer?
    package var headers: [(name: String, value: [UInt8]?)]
  }

  private let path: String
  private let file: FileReader
  private var buffer: [UInt8] = []
  /// Where in `buffer` the next entry begins.
  private var position = 0
  private var atEnd = false
  private var topic: String?
  /// Of the file: where `buffer` begins.
  private var base: Int64 = 0

  /// Throws `CheckpointError`.
  package init(_ path: String) throws {
    self.path = path
    file = try FileReader(path)
    guard try fill(OutboxEncoder.magic.count), buffer.starts(with: OutboxEncoder.magic) else {
      throw damage("is no outbox")
    }
    position = OutboxEncoder.magic.count
  }

  /// Gives the next row to `body`; the reader goes on if that gives true, else the same row comes again. False at the end
  /// of the file. Throws `CheckpointError`, and what `body` throws.
  package func next(_ body: (Row) throws -> Bool) throws -> Bool {
    while true {
      guard try fill(1) else { return false }
      let (size, header) = try entrySize()
      guard try fill(header + size) else { throw damage("ends within an entry") }
      let start = position + header
      let isRow = buffer[start] == OutboxEncoder.Tag.row
      let goesOn = try buffer.withUnsafeBytes { bytes in
        let entry = UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
        guard isRow else {
          try setTopic(entry)
          return true
        }
        return try body(row(entry))
      }
      if goesOn { position = start + size }
      if isRow { return true }
    }
  }

  /// Reads all rows that are left. Throws `CheckpointError` if they are not so many.
  package func verify(rowCount: Int64) throws {
    var count: Int64 = 0
    while try next({ _ in true }) { count += 1 }
    guard count == rowCount else { throw damage("has \(count) rows, the manifest says \(rowCount)") }
  }

  private func damage(_ what: String) -> CheckpointError {
    CheckpointError(path: path, reason: "the outbox \(what) (byte \(base + Int64(position)))")
  }

  /// Has at least `count` bytes from `position` on in `buffer`; false if the file ends before.
  private func fill(_ count: Int) throws -> Bool {
    while buffer.count - position < count && !atEnd {
      if position > 0 {
        base += Int64(position)
        buffer.removeFirst(position)
        position = 0
      }
      atEnd = try !file.read { buffer.append(contentsOf: $0) }
    }
    return buffer.count - position >= count
  }

  /// Bytes of the next entry, and of the number before it that says so.
  private func entrySize() throws -> (size: Int, header: Int) {
    _ = try fill(10)
    var cursor = Cursor(UnsafeRawBufferPointer(start: nil, count: 0))
    let found = buffer.withUnsafeBytes { bytes in
      cursor = Cursor(UnsafeRawBufferPointer(rebasing: bytes[position...].prefix(10)))
      return cursor.number()
    }
    guard let found, found > 0, found <= UInt64(OutboxEncoder.entryLimit) else {
      throw damage("has a wrong entry size")
    }
    return (Int(found), cursor.position)
  }

  private func setTopic(_ entry: UnsafeRawBufferPointer) throws {
    guard entry[0] == OutboxEncoder.Tag.topic, let name = String(validating: entry.dropFirst(), as: UTF8.self),
      !name.isEmpty
    else { throw damage("has a wrong entry") }
    topic = name
  }

  private func row(_ entry: UnsafeRawBufferPointer) throws -> Row {
    guard let topic else { throw damage("has a row without a topic") }
    var cursor = Cursor(entry)
    cursor.position = 1
    guard let partition = cursor.number().flatMap(Int64.init(exactly:)), let place = Int32(exactly: partition - 1),
      let time = cursor.number().flatMap(Int64.init(exactly:)), let key = cursor.part(), let value = cursor.part(),
      let headers = cursor.headers(), cursor.isAtEnd
    else { throw damage("has a wrong row") }
    return Row(
      topic: topic, partition: place, timestamp_ms: time, key: key.bytes, value: value.bytes, headers: headers)
  }
}

/// Where one reads in an entry. What is not there is nil.
private struct Cursor {
  private let bytes: UnsafeRawBufferPointer
  var position = 0
  var isAtEnd: Bool { position == bytes.count }

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// A part that may be null.
  struct Part { var bytes: UnsafeRawBufferPointer? }

  mutating func number() -> UInt64? {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position += 1
      guard shift < 63 || byte <= 1 else { return nil }
      result |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
    return nil
  }

  private mutating func take(_ count: UInt64) -> UnsafeRawBufferPointer? {
    guard count <= UInt64(bytes.count - position) else { return nil }
    defer { position += Int(count) }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(count)])
  }

  mutating func part() -> Part? {
    guard let size = number() else { return nil }
    guard size > 0 else { return Part(bytes: nil) }
    return take(size - 1).map { Part(bytes: $0) }
  }

  mutating func headers() -> [(name: String, value: [UInt8]?)]? {
    // A header has two bytes at least: no more memory is taken than the entry has.
    guard let count = number(), count <= UInt64(bytes.count - position) / 2 else { return nil }
    var result: [(name: String, value: [UInt8]?)] = []
    for _ in 0..<count {
      guard let size = number(), let name = take(size), let text = String(validating: name, as: UTF8.self),
        let value = part()
      else { return nil }
      result.append((text, value.bytes.map { Array($0) }))
    }
    return result
  }
}
