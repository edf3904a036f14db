import CMillrace
import Columnar

/// A row of the tests' streams.
struct Row: Hashable, Comparable {
  var key: Int64
  var split: Int64
  var place: Int64

  /// In the order in which rows come from their split.
  static func < (a: Row, b: Row) -> Bool { (a.split, a.place, a.key) < (b.split, b.place, b.key) }
}

/// Batches of rows: three int64 columns, and the event time.
enum Rows {
  static let schema = Schema([Field("key", .int64), Field("split", .int64), Field("place", .int64)])

  private final class Memory {
    var columns: [UnsafeMutablePointer<Int64>] = []
    deinit { for column in columns { column.deallocate() } }
  }

  static func batch(_ rows: [Row], time_us: (Row) -> Int64 = { $0.place * 1000 }) -> RecordBatch {
    let memory = Memory()
    func column(_ value: (Row) -> Int64) -> UnsafeMutablePointer<Int64> {
      let values = UnsafeMutablePointer<Int64>.allocate(capacity: max(1, rows.count))
      for (index, row) in rows.enumerated() { values[index] = value(row) }
      memory.columns.append(values)
      return values
    }
    let children = [column { $0.key }, column { $0.split }, column { $0.place }].map { array([nil, $0], rows.count) }
    let times = column(time_us)
    return RecordBatch(
      columns: array([nil], rows.count, children: children), eventTimes: UnsafePointer(times), rowKinds: nil,
      keeping: memory)
  }

  private static func array(
    _ buffers: [UnsafeMutablePointer<Int64>?], _ length: Int, children: [ArrowArray] = []
  ) -> ArrowArray {
    let pointers = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: buffers.count)
    for (index, buffer) in buffers.enumerated() { pointers[index] = UnsafeRawPointer(buffer) }
    let below = UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>.allocate(capacity: max(1, children.count))
    for (index, child) in children.enumerated() {
      below[index] = .allocate(capacity: 1)
      below[index]!.initialize(to: child)
    }
    return ArrowArray(
      length: Int64(length), null_count: 0, offset: 0, n_buffers: Int64(buffers.count),
      n_children: Int64(children.count), buffers: pointers, children: below, dictionary: nil, release: release,
      private_data: nil)
  }

  private static let release: @convention(c) (UnsafeMutablePointer<ArrowArray>?) -> Void = { array in
    guard let array else { return }
    for index in 0..<Int(array.pointee.n_children) {
      let child = array.pointee.children[index]!
      child.pointee.release?(child)
      child.deallocate()
    }
    array.pointee.children.deallocate()
    array.pointee.buffers.deallocate()
    array.pointee.release = nil
  }

  static func rows(_ batch: RecordBatch, from first: Int = 0, to end: Int? = nil) -> [Row] {
    let columns = (0..<3).map { index in
      let column = batch.column(index).pointee
      return column.buffers[1]!.assumingMemoryBound(to: Int64.self) + Int(column.offset)
    }
    return (first..<(end ?? batch.rowCount)).map {
      Row(key: columns[0][$0], split: columns[1][$0], place: columns[2][$0])
    }
  }
}
