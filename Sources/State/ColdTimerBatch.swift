import Columnar

/// Timers of keys on their way to the cold store or back, with copies of their keys.
final class ColdTimerBatch {
  private struct Item: BitwiseCopyable {
    var kind: UInt32
    var size: UInt32
    var time_us: Int64
    var hash: UInt64
    var place: Int  // of the key in `bytes`
  }
  private var items: [Item] = []
  private var bytes = RawVector<UInt8>(capacity: 0)
  private var byteCount = 0

  deinit { bytes.deallocate() }

  var isEmpty: Bool { items.isEmpty }
  var count: Int { items.count }

  func add(kind: UInt32, time_us: Int64, key: UnsafeBufferPointer<UInt8>) {
    bytes.reserve(byteCount + key.count)
    if let start = key.baseAddress { (bytes.base + byteCount).update(from: start, count: key.count) }
    items.append(
      Item(
        kind: kind, size: UInt32(key.count), time_us: time_us, hash: keyHash(bytes.base + byteCount, key.count),
        place: byteCount))
    byteCount += key.count
  }

  /// The key of a timer; valid until the next change.
  func key(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: bytes.base + items[index].place, count: Int(items[index].size))
  }

  /// The timers one by one in order of kind, time, hash and key; nil at the end.
  func sortedTimers() -> () -> ColdTimer? {
    items.sort { a, b in
      if a.kind != b.kind { return a.kind < b.kind }
      if a.time_us != b.time_us { return a.time_us < b.time_us }
      if a.hash != b.hash { return a.hash < b.hash }
      return precedes(key(a), key(b))
    }
    var index = 0
    return { [self] in
      guard index < items.count else { return nil }
      defer { index += 1 }
      let item = items[index]
      return ColdTimer(kind: item.kind, time_us: item.time_us, key: RunKey(hash: item.hash, bytes: key(index)))
    }
  }

  private func key(_ item: Item) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: bytes.base + item.place, count: Int(item.size))
  }
}
