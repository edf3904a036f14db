/// A map per key: entries in the keys' byte order.
package final class MapCell: Cell {
  package typealias Bytes = UnsafeBufferPointer<UInt8>
  private var maps = SlotVector<ByteMap>()
  private var allocated = 0
  /// Bytes that the maps take.
  package override var memoryUse: Int { super.memoryUse + maps.memoryUse + allocated }

  deinit {
    maps.forEach {
      var map = $0
      map.removeAll(&allocated)
    }
    maps.deallocate()
  }

  override func grow(to limit: Int) {
    super.grow(to: limit)
    maps.grow(to: limit)
  }

  override func has(_ slot: Int) -> Bool { !maps[slot].isEmpty }

  override func clear(_ slot: Int) {
    super.clear(slot)
    if !maps[slot].isEmpty { maps.address(slot).pointee.removeAll(&allocated) }
  }

  package func value(_ slot: Int, _ key: Bytes) -> Bytes? {
    beforeRead(slot)
    return maps[slot].value(key)
  }

  /// False if the key or the value has more than 1 GiB.
  @discardableResult
  package func put(_ slot: Int, _ key: Bytes, _ value: Bytes) -> Bool {
    beforeWrite(slot)
    guard key.count <= 1 << 30, value.count <= 1 << 30 else { return false }
    maps.address(slot).pointee.put(key, value, &allocated)
    return true
  }

  package func remove(_ slot: Int, _ key: Bytes) {
    guard has(slot) else { return }
    beforeWrite(slot)
    guard maps.address(slot).pointee.remove(key, &allocated) else { return }
    if maps[slot].isEmpty { discard(slot) }
  }

  /// The entry with the least key greater than `after`; the first for nil.
  package func next(_ slot: Int, after: Bytes?) -> (key: Bytes, value: Bytes)? {
    beforeRead(slot)
    return maps[slot].next(after: after)
  }

  /// Calls `body` with the entries in order, from the first whose key is not less than `from` (nil: the very first), to
  /// the last whose key is less than `to` (nil: the very last), as long as it gives true.
  package func forEach(_ slot: Int, from: Bytes?, to: Bytes?, _ body: (_ key: Bytes, _ value: Bytes) -> Bool) {
    beforeRead(slot)
    let map = maps[slot]
    var position = map.lowerBound(from)
    while let entry = map.next(&position) {
      if let to, !precedes(entry.key, to) { return }
      if !body(entry.key, entry.value) { return }
    }
  }

  override func write(_ slot: Int, to writer: inout SnapshotWriter) {
    let map = maps[slot]
    writer.integer(UInt64(map.count))
    var position = map.lowerBound(nil)
    while let entry = map.next(&position) {
      writer.bytes(UnsafeRawBufferPointer(entry.key))
      writer.bytes(UnsafeRawBufferPointer(entry.value))
    }
  }

  override func read(_ slot: Int?, from reader: inout SnapshotReader) -> Bool {
    guard let count = reader.integer() else { return false }
    for _ in 0..<count {
      guard let key = reader.bytes(), let value = reader.bytes() else { return false }
      if let slot, !put(slot, key.bindMemory(to: UInt8.self), value.bindMemory(to: UInt8.self)) { return false }
    }
    return true
  }
}
