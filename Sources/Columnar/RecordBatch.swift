import CMillrace

/// A batch of rows, owned: released when the last reference goes, on whichever thread that is. Immutable.
package final class RecordBatch: @unchecked Sendable {
  /// The batch in its C form; lives as long as this object.
  package let raw: UnsafeMutablePointer<mill_batch>
  let account = BatchAccount()

  /// Takes a batch over; `source.release` becomes NULL.
  package init(moving source: UnsafeMutablePointer<mill_batch>) {
    raw = .allocate(capacity: 1)
    raw.initialize(to: source.pointee)
    source.pointee.release = nil
  }

  /// A batch of `columns` (moved), with event times and row kinds that `keeping` keeps alive.
  package init(
    columns: ArrowArray, eventTimes: UnsafePointer<Int64>?, rowKinds: UnsafePointer<UInt8>?, keeping: AnyObject?
  ) {
    raw = .allocate(capacity: 1)
    raw.initialize(
      to: mill_batch(
        struct_size: UInt32(MemoryLayout<mill_batch>.size), reserved: 0, columns: columns,
        event_time_us: eventTimes, row_kind: rowKinds,
        private_data: keeping.map { Unmanaged.passRetained($0).toOpaque() }, release: releaseOwned))
  }

  deinit {
    if let release = raw.pointee.release { release(raw) }
    raw.deallocate()
    account.settle()
  }

  package var rowCount: Int { Int(raw.pointee.columns.length) }
  package var eventTimes: UnsafePointer<Int64>? { raw.pointee.event_time_us }
  package var rowKinds: UnsafePointer<UInt8>? { raw.pointee.row_kind }
  package var columnCount: Int { Int(raw.pointee.columns.n_children) }

  /// Column `index` in its C form; lives as long as this object.
  package func column(_ index: Int) -> UnsafePointer<ArrowArray> { UnsafePointer(raw.pointee.columns.children[index]!) }

  /// Gives the batch away in its C form, which keeps this object alive until it is released.
  package func export(to target: UnsafeMutablePointer<mill_batch>) {
    target.initialize(to: raw.pointee)
    target.pointee.private_data = Unmanaged.passRetained(self).toOpaque()
    target.pointee.release = { batch in
      guard let batch, let data = batch.pointee.private_data else { return }
      batch.pointee.release = nil
      Unmanaged<RecordBatch>.fromOpaque(data).release()
    }
  }

  /// The same rows with event times from the timestamp column `index` of `unit`: its own values if they are in
  /// microseconds and none is null, converted ones otherwise (none for a null, or where microseconds don't suffice).
  package func withEventTimes(column index: Int, unit: TimeUnit) -> RecordBatch {
    let array = column(index).pointee
    let values = ColumnView(array)
    guard let base = values.values.map({ $0 + values.offset * 8 }) else { return self }
    if unit == .microsecond && values.validity == nil && UInt(bitPattern: base) & 7 == 0 {
      return RecordBatch(sharing: self, eventTimes: base.assumingMemoryBound(to: Int64.self), owner: nil)
    }
    let times = Buffer<Int64>(count: rowCount)
    for row in 0..<rowCount {
      let value = base.loadUnaligned(fromByteOffset: row * 8, as: Int64.self)
      times.base[row] = values.isValid(row) ? Self.microseconds(value, unit) : Int64.min
    }
    return RecordBatch(sharing: self, eventTimes: UnsafePointer(times.base), owner: times)
  }

  private static func microseconds(_ value: Int64, _ unit: TimeUnit) -> Int64 {
    switch unit {
    case .second: scaled(value, by: 1_000_000)
    case .millisecond: scaled(value, by: 1000)
    case .microsecond: value
    case .nanosecond: value / 1000 - (value % 1000 < 0 ? 1 : 0)
    }
  }

  private static func scaled(_ value: Int64, by factor: Int64) -> Int64 {
    let (result, overflow) = value.multipliedReportingOverflow(by: factor)
    return overflow ? Int64.min : result
  }

  /// Shares columns and row kinds with `parent`.
  private init(sharing parent: RecordBatch, eventTimes: UnsafePointer<Int64>?, owner: AnyObject?) {
    raw = .allocate(capacity: 1)
    raw.initialize(to: parent.raw.pointee)
    raw.pointee.event_time_us = eventTimes
    raw.pointee.private_data = Unmanaged.passRetained(Pair(parent, owner)).toOpaque()
    if let size = parent.account.size { account.setSize(ofRows: size.ofRows + rowCount * 8, ofData: size.ofData) }
    raw.pointee.release = { batch in
      guard let batch, let data = batch.pointee.private_data else { return }
      batch.pointee.release = nil
      Unmanaged<AnyObject>.fromOpaque(data).release()
    }
  }

  private final class Pair {
    let first: AnyObject
    let second: AnyObject?
    init(_ first: AnyObject, _ second: AnyObject?) {
      self.first = first
      self.second = second
    }
  }
}

private func releaseOwned(_ batch: UnsafeMutablePointer<mill_batch>?) {
  guard let batch else { return }
  if let release = batch.pointee.columns.release { release(&batch.pointee.columns) }
  if let data = batch.pointee.private_data { Unmanaged<AnyObject>.fromOpaque(data).release() }
  batch.pointee.release = nil
}

/// Plain memory that frees itself.
final class Buffer<Element: BitwiseCopyable> {
  let base: UnsafeMutablePointer<Element>
  init(count: Int) { base = .allocate(capacity: max(1, count)) }
  deinit { base.deallocate() }
}

/// Where a column's parts are. Rows are counted from 0; `offset` is to be added in the buffers.
struct ColumnView {
  let offset: Int
  /// The validity bitmap; nil: no nulls.
  let validity: UnsafePointer<UInt8>?
  /// The second buffer: values, views, or offsets.
  let values: UnsafeRawPointer?

  init(_ array: ArrowArray) {
    offset = Int(array.offset)
    let bitmap = array.n_buffers > 0 && array.null_count != 0 ? array.buffers[0] : nil
    validity = bitmap.map { $0.assumingMemoryBound(to: UInt8.self) }
    values = array.n_buffers > 1 ? array.buffers[1] : nil
  }

  func isValid(_ row: Int) -> Bool {
    guard let validity else { return true }
    let bit = offset + row
    return validity[bit >> 3] & (1 << UInt8(bit & 7)) != 0
  }
}
