import Glibc

/// A list of runs of bytes per key.
package final class ListCell: Cell {
  private var lists = SlotVector<UnsafeMutableRawPointer?>()  // of `ListBlock`
  private var allocated = 0
  /// Bytes that the lists take.
  package override var memoryUse: Int { super.memoryUse + lists.memoryUse + allocated }

  deinit {
    lists.forEach { free($0) }
    lists.deallocate()
  }

  override func grow(to limit: Int) {
    super.grow(to: limit)
    lists.grow(to: limit)
  }

  private func list(_ slot: Int) -> ListBlock? { lists[slot].map { ListBlock(base: $0) } }

  override func has(_ slot: Int) -> Bool { lists[slot] != nil }

  override func clear(_ slot: Int) {
    super.clear(slot)
    guard let list = list(slot) else { return }
    allocated -= list.memoryUse
    list.deallocate()
    lists.address(slot).pointee = nil
  }

  package func count(_ slot: Int) -> Int {
    beforeRead(slot)
    return list(slot)?.count ?? 0
  }

  package func item(_ slot: Int, _ index: Int) -> UnsafeBufferPointer<UInt8>? {
    beforeRead(slot)
    guard let list = list(slot), index >= 0, index < list.count else { return nil }
    return list.item(index)
  }

  /// False if the item has more than 1 GiB, or the list would take more than 4 GiB.
  @discardableResult
  package func append(_ slot: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    beforeWrite(slot)
    guard bytes.count <= 1 << 30 else { return false }
    let old = list(slot)
    allocated -= old?.memoryUse ?? 0
    var list = old ?? ListBlock(itemSize: bytes.count)
    let isDone = list.append(bytes)
    allocated += list.memoryUse
    lists.address(slot).pointee = list.base
    return isDone
  }

  override func write(_ slot: Int, to writer: inout SnapshotWriter) {
    guard let list = list(slot) else { return writer.integer(0) }
    writer.integer(UInt64(list.count))
    for index in 0..<list.count { writer.bytes(UnsafeRawBufferPointer(list.item(index))) }
  }

  override func read(_ slot: Int?, from reader: inout SnapshotReader) -> Bool {
    guard let count = reader.integer() else { return false }
    for _ in 0..<count {
      guard let bytes = reader.bytes() else { return false }
      if let slot, !append(slot, bytes.bindMemory(to: UInt8.self)) { return false }
    }
    return true
  }
}
