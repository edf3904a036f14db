import CMillrace
import Glibc

/// Lines of the values of a raw batch, as messages of their own: each has its message's key, offset and timestamp.
package final class LineBatch: DerivedBatch, @unchecked Sendable {
  /// A line of a message's value, without what ends it.
  fileprivate struct Line {
    /// The message's row in the original.
    var message: Int
    /// From 1; 0 of a message without a value, which is one line without any.
    var number: Int
    var span: mill_span
  }

  /// Of each line its message's row in the original.
  package let messages: [Int]
  private let numbers: [Int]
  private let keys, values: UnsafeMutablePointer<mill_span>
  private let offsets, timestamps: UnsafeMutablePointer<Int64>

  /// `lines`: of `original`, which is retained; at least one.
  fileprivate init(_ lines: [Line], of original: UnsafePointer<mill_raw_batch>) {
    messages = lines.map(\.message)
    numbers = lines.map(\.number)
    (keys, values) = (.allocate(capacity: lines.count), .allocate(capacity: lines.count))
    (offsets, timestamps) = (.allocate(capacity: lines.count), .allocate(capacity: lines.count))
    let from = original.pointee
    for (row, line) in lines.enumerated() {
      (keys + row).initialize(to: from.keys[line.message])
      (values + row).initialize(to: line.span)
      (offsets + row).initialize(to: from.offsets[line.message])
      (timestamps + row).initialize(to: from.timestamps_us[line.message])
    }
    super.init(original)
    raw.pointee.length = Int64(lines.count)
    (raw.pointee.keys, raw.pointee.values) = (UnsafePointer(keys), UnsafePointer(values))
    (raw.pointee.offsets, raw.pointee.timestamps_us) = (UnsafePointer(offsets), UnsafePointer(timestamps))
  }

  deinit {
    for spans in [keys, values] { spans.deallocate() }
    for numbers in [offsets, timestamps] { numbers.deallocate() }
  }

  /// Which line of its message row `row` is, from 1; nil: the message has no value.
  package func number(ofRow row: Int) -> Int? { numbers[row] == 0 ? nil : numbers[row] }
}

/// Cuts the values of a raw batch into lines, some at a time. A line ends in "\n" or "\r\n", or with the value; empty ones are
/// left out. A message without a value is one line without any. One thread at a time.
package final class LineCutter {
  private static let newline = Int32(UInt8(ascii: "\n"))
  private static let carriageReturn = UInt8(ascii: "\r")

  private let raw: UnsafePointer<mill_raw_batch>
  /// The message that the next line is looked for in, from which byte of its value on, and how many lines are before that.
  private var message = 0
  private var at = 0
  private var number = 0

  /// Keeps `raw` as long as it lives.
  package init(_ raw: UnsafePointer<mill_raw_batch>) {
    raw.pointee.retain(raw)
    self.raw = raw
  }

  deinit { raw.pointee.release(raw) }

  /// The next lines, at most `limit`; nil: there are no more.
  package func next(atMost limit: Int) -> LineBatch? {
    var lines: [LineBatch.Line] = []
    while lines.count < limit, let line = nextLine() { lines.append(line) }
    return lines.isEmpty ? nil : LineBatch(lines, of: raw)
  }

  private func nextLine() -> LineBatch.Line? {
    while message < raw.pointee.length {
      let value = raw.pointee.values[message]
      if value.length < 0 {
        defer { goOn() }
        return LineBatch.Line(message: message, number: 0, span: value)
      }
      if at < value.length {
        if let line = line(of: value) { return line }
      } else {
        goOn()
      }
    }
    return nil
  }

  /// The line that begins at `at`; nil if it is empty.
  private func line(of value: mill_span) -> LineBatch.Line? {
    let (start, rest) = (raw.pointee.data + Int(value.offset) + at, Int(value.length) - at)
    let size = memchr(start, Self.newline, rest).map { UnsafeRawPointer($0) - UnsafeRawPointer(start) } ?? rest
    defer { at += size + 1 }
    number += 1
    let length = size > 0 && start[size - 1] == Self.carriageReturn ? size - 1 : size
    guard length > 0 else { return nil }
    return LineBatch.Line(
      message: message, number: number,
      span: mill_span(offset: value.offset + Int32(truncatingIfNeeded: at), length: Int32(truncatingIfNeeded: length)))
  }

  private func goOn() { (message, at, number) = (message + 1, 0, 0) }
}
