import CMillrace

/// Looks whether views lie inside their data buffers, whose sizes Arrow's C form tells.
struct ViewCheck {
  private let sizes: UnsafeRawPointer?
  private let buffers: UnsafeMutablePointer<UnsafeRawPointer?>
  private let bufferCount: Int
  private let length: Int

  /// nil if the sizes are missing or can't be. `array`: of format "vu" or "vz", with three buffers or more.
  init?(_ array: ArrowArray) {
    buffers = array.buffers
    bufferCount = Int(array.n_buffers) - 3
    length = Int(array.length)
    sizes = buffers[Int(array.n_buffers) - 1]
    guard bufferCount == 0 || sizes != nil else { return nil }
    for index in 0..<bufferCount {
      let size = size(index)
      guard size >= 0, size == 0 || buffers[2 + index] != nil else { return nil }
    }
  }

  private func size(_ index: Int) -> Int64 { sizes?.loadUnaligned(fromByteOffset: index * 8, as: Int64.self) ?? 0 }

  /// What is wrong with the views, null ones aside; nil if nothing is.
  func problem(_ view: ColumnView) -> String? {
    guard let base = view.values.map({ $0 + view.offset * 16 }) else { return nil }
    if bufferCount <= 1 && allInside(base) { return nil }
    var total: Int64 = 0
    for row in 0..<length where view.isValid(row) {
      guard isInside(base + row * 16) else { return "has a view in row \(row) that points out of its data buffers" }
      total += Int64((base + row * 16).loadUnaligned(as: Int32.self))
    }
    return total <= Self.sizeLimit ? nil : "has \(total) bytes in a batch, more than 2 GiB; make smaller batches"
  }

  /// The most bytes of one column in one batch: keys and offsets are counted in 32 bits.
  static let sizeLimit = Int64(Int32.max)

  private func isInside(_ view: UnsafeRawPointer) -> Bool {
    let size = Int64(view.loadUnaligned(as: Int32.self))
    if size <= 12 { return size >= 0 }
    let buffer = Int(view.loadUnaligned(fromByteOffset: 8, as: Int32.self))
    let offset = Int64(view.loadUnaligned(fromByteOffset: 12, as: Int32.self))
    return buffer >= 0 && buffer < bufferCount && offset >= 0 && offset + size <= self.size(buffer)
  }

  /// Whether all is surely right, null rows included: the usual case, one data buffer, without a branch per row.
  private func allInside(_ base: UnsafeRawPointer) -> Bool {
    // A negative size or offset is one of 2 GiB or more here.
    let limit = bufferCount == 0 ? 0 : UInt64(min(size(0), Self.sizeLimit))
    var wild: UInt64 = 0
    var total: UInt64 = 0
    for row in 0..<length {
      let low = base.loadUnaligned(fromByteOffset: row &* 16, as: UInt64.self)
      let high = base.loadUnaligned(fromByteOffset: row &* 16 &+ 8, as: UInt64.self)
      let size = low & 0xffff_ffff
      let isLong: UInt64 = size > 12 ? 1 : 0
      let isOutside: UInt64 = (high >> 32) &+ size > limit ? 1 : 0
      let isElsewhere: UInt64 = high & 0xffff_ffff != 0 ? 1 : 0
      wild |= isLong & (isOutside | isElsewhere)
      total &+= size
    }
    return wild == 0 && total <= UInt64(Self.sizeLimit)
  }
}
