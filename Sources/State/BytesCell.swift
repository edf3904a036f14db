import Glibc

/// One run of bytes per key: an allocation each, its size in front.
package final class BytesCell: Cell {
  private static let headerSize = MemoryLayout<Int>.size
  private var runs = SlotVector<UnsafeMutableRawPointer?>()
  private var allocated = 0
  /// Bytes that the runs take.
  package override var memoryUse: Int { super.memoryUse + runs.memoryUse + allocated }

  deinit {
    runs.forEach { free($0) }
    runs.deallocate()
  }

  override func grow(to limit: Int) {
    super.grow(to: limit)
    runs.grow(to: limit)
  }

  override func has(_ slot: Int) -> Bool { runs[slot] != nil }

  override func clear(_ slot: Int) {
    super.clear(slot)
    guard let run = runs[slot] else { return }
    drop(run)
    runs.address(slot).pointee = nil
  }

  private func drop(_ run: UnsafeMutableRawPointer) {
    allocated -= allocatedBytes(Self.headerSize + Self.bytes(of: run).count)
    free(run)
  }

  private static func bytes(of run: UnsafeMutableRawPointer) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(
      start: (run + headerSize).assumingMemoryBound(to: UInt8.self), count: run.load(as: Int.self))
  }

  package func bytes(_ slot: Int) -> UnsafeBufferPointer<UInt8>? {
    beforeRead(slot)
    return runs[slot].map(Self.bytes(of:))
  }

  /// `bytes` may be part of the run that it replaces.
  package func set(_ slot: Int, _ bytes: UnsafeBufferPointer<UInt8>) {
    beforeWrite(slot)
    let size = allocatedBytes(Self.headerSize + bytes.count)
    let old = runs[slot]
    if let old, allocatedBytes(Self.headerSize + Self.bytes(of: old).count) == size { return fill(old, bytes) }
    let run = allocate(roundedSize(Self.headerSize + bytes.count))
    fill(run, bytes)
    allocated += size
    if let old { drop(old) }
    runs.address(slot).pointee = run
  }

  private func fill(_ run: UnsafeMutableRawPointer, _ bytes: UnsafeBufferPointer<UInt8>) {
    if let start = bytes.baseAddress { memmove(run + Self.headerSize, start, bytes.count) }
    run.storeBytes(of: bytes.count, as: Int.self)
  }

  override func write(_ slot: Int, to writer: inout SnapshotWriter) {
    if let run = runs[slot] { writer.bytes(UnsafeRawBufferPointer(Self.bytes(of: run))) }
  }

  override func read(_ slot: Int?, from reader: inout SnapshotReader) -> Bool {
    guard let bytes = reader.bytes() else { return false }
    if let slot { set(slot, bytes.bindMemory(to: UInt8.self)) }
    return true
  }
}
