import Glibc

/// A run of bytes with an address of its own, so that a pointer into it stays valid while others change.
struct Run {
  private(set) var base: UnsafeMutablePointer<UInt8>
  let count: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    count = bytes.count
    base = .allocate(capacity: max(1, bytes.count))
    if let from = bytes.baseAddress { base.update(from: from, count: bytes.count) }
  }

  func free() { base.deallocate() }
  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }
  var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(bytes) }
}

/// Whether `a` comes before `b` in byte order.
func precedes(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
  let common = min(a.count, b.count)
  let order = common == 0 ? 0 : memcmp(a.baseAddress!, b.baseAddress!, common)
  return order != 0 ? order < 0 : a.count < b.count
}

/// One run of bytes per key.
package final class BytesCell: Cell {
  private var runs: [Run?] = []

  deinit { for run in runs { run?.free() } }
  override func grow(to limit: Int) {
    super.grow(to: limit)
    while runs.count < limit { runs.append(nil) }
  }
  override func has(_ slot: Int) -> Bool { runs[slot] != nil }
  override func clear(_ slot: Int) {
    super.clear(slot)
    runs[slot]?.free()
    runs[slot] = nil
  }
  package func bytes(_ slot: Int) -> UnsafeBufferPointer<UInt8>? {
    beforeRead(slot)
    return runs[slot]?.bytes
  }
  package func set(_ slot: Int, _ bytes: UnsafeBufferPointer<UInt8>) {
    beforeWrite(slot)
    let run = Run(bytes)
    runs[slot]?.free()
    runs[slot] = run
  }
  override func write(_ slot: Int, to writer: inout SnapshotWriter) {
    if let run = runs[slot] { writer.bytes(run.raw) }
  }
  override func read(_ slot: Int?, from reader: inout SnapshotReader) -> Bool {
    guard let bytes = reader.bytes() else { return false }
    if let slot { set(slot, bytes.bindMemory(to: UInt8.self)) }
    return true
  }
}

/// A list of runs per key.
package final class ListCell: Cell {
  private var lists: [[Run]] = []

  deinit { for list in lists { for run in list { run.free() } } }
  override func grow(to limit: Int) {
    super.grow(to: limit)
    while lists.count < limit { lists.append([]) }
  }
  override func has(_ slot: Int) -> Bool { !lists[slot].isEmpty }
  override func clear(_ slot: Int) {
    super.clear(slot)
    for run in lists[slot] { run.free() }
    lists[slot] = []
  }
  package func count(_ slot: Int) -> Int {
    beforeRead(slot)
    return lists[slot].count
  }
  package func item(_ slot: Int, _ index: Int) -> UnsafeBufferPointer<UInt8>? {
    beforeRead(slot)
    return lists[slot].indices.contains(index) ? lists[slot][index].bytes : nil
  }
  package func append(_ slot: Int, _ bytes: UnsafeBufferPointer<UInt8>) {
    beforeWrite(slot)
    lists[slot].append(Run(bytes))
  }
  override func write(_ slot: Int, to writer: inout SnapshotWriter) {
    writer.integer(UInt64(lists[slot].count))
    for run in lists[slot] { writer.bytes(run.raw) }
  }
  override func read(_ slot: Int?, from reader: inout SnapshotReader) -> Bool {
    guard let count = reader.integer() else { return false }
    for _ in 0..<count {
      guard let bytes = reader.bytes() else { return false }
      if let slot { append(slot, bytes.bindMemory(to: UInt8.self)) }
    }
    return true
  }
}

/// A map per key: entries in the keys' byte order.
package final class MapCell: Cell {
  private struct Entry {
    var key: Run
    var value: Run
    func free() {
      key.free()
      value.free()
    }
  }
  private var maps: [[Entry]] = []

  deinit { for map in maps { for entry in map { entry.free() } } }
  override func grow(to limit: Int) {
    super.grow(to: limit)
    while maps.count < limit { maps.append([]) }
  }
  override func has(_ slot: Int) -> Bool { !maps[slot].isEmpty }
  override func clear(_ slot: Int) {
    super.clear(slot)
    for entry in maps[slot] { entry.free() }
    maps[slot] = []
  }

  /// The first entry whose key is not less than `key`.
  private func lowerBound(_ slot: Int, _ key: UnsafeBufferPointer<UInt8>) -> Int {
    var low = 0
    var high = maps[slot].count
    while low < high {
      let middle = (low + high) / 2
      if precedes(maps[slot][middle].key.bytes, key) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func find(_ slot: Int, _ key: UnsafeBufferPointer<UInt8>) -> (index: Int, found: Bool) {
    let index = lowerBound(slot, key)
    return (index, index < maps[slot].count && !precedes(key, maps[slot][index].key.bytes))
  }

  package func value(_ slot: Int, _ key: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
    beforeRead(slot)
    let (index, found) = find(slot, key)
    return found ? maps[slot][index].value.bytes : nil
  }

  package func put(_ slot: Int, _ key: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
    beforeWrite(slot)
    let (index, found) = find(slot, key)
    let run = Run(value)
    if found {
      maps[slot][index].value.free()
      maps[slot][index].value = run
    } else {
      maps[slot].insert(Entry(key: Run(key), value: run), at: index)
    }
  }

  package func remove(_ slot: Int, _ key: UnsafeBufferPointer<UInt8>) {
    beforeWrite(slot)
    let (index, found) = find(slot, key)
    guard found else { return }
    maps[slot].remove(at: index).free()
    if maps[slot].isEmpty { discard(slot) }
  }

  /// The entry with the least key greater than `after`; the first for nil.
  package func next(
    _ slot: Int, after: UnsafeBufferPointer<UInt8>?
  ) -> (key: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>)? {
    beforeRead(slot)
    var index = 0
    if let after {
      let (place, found) = find(slot, after)
      index = found ? place + 1 : place
    }
    guard index < maps[slot].count else { return nil }
    return (maps[slot][index].key.bytes, maps[slot][index].value.bytes)
  }

  override func write(_ slot: Int, to writer: inout SnapshotWriter) {
    writer.integer(UInt64(maps[slot].count))
    for entry in maps[slot] {
      writer.bytes(entry.key.raw)
      writer.bytes(entry.value.raw)
    }
  }

  override func read(_ slot: Int?, from reader: inout SnapshotReader) -> Bool {
    guard let count = reader.integer() else { return false }
    for _ in 0..<count {
      guard let key = reader.bytes(), let value = reader.bytes() else { return false }
      if let slot { put(slot, key.bindMemory(to: UInt8.self), value.bindMemory(to: UInt8.self)) }
    }
    return true
  }
}
