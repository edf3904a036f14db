import Columnar
import Glibc

/// The keys that changed in an epoch, each with its record: what a checkpoint writes. Filled by one thread, then
/// handed over to another.
package final class KeyedDelta: @unchecked Sendable {
  private static let removed = UInt64.max
  private static let headerSize = 12

  // An entry: sizes of key and record (`removed` for none), then both.
  private var writer = SnapshotWriter()
  private var items = RawVector<HashItem>(capacity: 64)  // places are in `writer`
  private var itemCount = 0
  private var isSorted = true

  package init() {}

  private var account: MemoryAccount?

  /// Its memory counts against `budget` from now on. Nothing is to be added afterwards.
  func charge(_ budget: MemoryBudget?) {
    let account = MemoryAccount(budget: budget)
    account.settle(to: memoryUse)
    self.account = account
  }

  deinit {
    writer.deallocate()
    items.deallocate()
  }

  /// What stands for changes that were made before these and had to leave memory, oldest first.
  package internal(set) var overflow: [any Sendable] = []
  /// How many keys there were when the changes were taken, changed or not.
  package internal(set) var keyCount = 0
  /// Whether it has no keys, in memory.
  package var isEmpty: Bool { itemCount == 0 }
  /// Entries that were added; of a key that was added again only the last one counts.
  package var count: Int { itemCount }
  /// Bytes of its entries.
  var size: Int { writer.count + itemCount * 16 }
  /// Bytes of memory.
  package var memoryUse: Int { writer.memoryUse + items.capacity * 16 }

  /// Adds a key; `write` adds its record.
  func add(_ key: UnsafeBufferPointer<UInt8>, write: (inout SnapshotWriter) -> Void) {
    addRemoved(key)
    let start = writer.count
    write(&writer)
    writer.patch(at: start - key.count - 8, UInt64(writer.count - start))
  }

  /// Adds a key that was removed.
  func addRemoved(_ key: UnsafeBufferPointer<UInt8>) {
    items.reserve(itemCount + 1)
    items.base[itemCount] = HashItem(hash: keyHash(key.baseAddress!, key.count), place: writer.count)
    itemCount += 1
    isSorted = false
    writer.word(UInt32(key.count))
    writer.word(Self.removed)
    writer.raw(UnsafeRawBufferPointer(key))
  }

  /// Calls `body` with the entries in a run's order, each key once.
  package func forEachSorted(_ body: (RunEntry) throws -> Void) rethrows {
    sort()
    for index in 0..<itemCount {
      let entry = entry(index)
      if index + 1 < itemCount, items.base[index + 1].hash == entry.hash, isSameKey(entry, self.entry(index + 1)) {
        continue  // the next one is newer
      }
      try body(entry)
    }
  }

  /// The entries in a run's order one by one, each key once; nil at the end. The delta must outlive it.
  func sortedEntries() -> () -> RunEntry? {
    sort()
    var index = 0
    return { [self] in
      while index < itemCount {
        let found = entry(index)
        index += 1
        if index < itemCount, items.base[index].hash == found.hash, isSameKey(found, entry(index)) { continue }
        return found
      }
      return nil
    }
  }

  private func isSameKey(_ a: RunEntry, _ b: RunEntry) -> Bool {
    a.key.count == b.key.count && memcmp(a.key.baseAddress!, b.key.baseAddress!, a.key.count) == 0
  }

  @inline(__always)
  private func entry(_ index: Int) -> RunEntry {
    let item = items.base[index]
    let start = writer.bytes.baseAddress! + item.place
    let key = key(item)
    let recordSize = start.loadUnaligned(fromByteOffset: 4, as: UInt64.self)
    if recordSize == Self.removed { return RunEntry(hash: item.hash, key: key, record: nil) }
    let record = UnsafeRawBufferPointer(start: start + Self.headerSize + key.count, count: Int(recordSize))
    return RunEntry(hash: item.hash, key: key, record: record)
  }

  private func sort() {
    guard !isSorted else { return }
    isSorted = true
    var spare = RawVector<HashItem>(capacity: 0)
    defer { spare.deallocate() }
    sortByHash(&items, count: itemCount, spare: &spare) { precedes(key($0), key($1)) }
  }

  private func key(_ item: HashItem) -> UnsafeBufferPointer<UInt8> {
    let start = writer.bytes.baseAddress! + item.place
    return UnsafeBufferPointer(
      start: (start + Self.headerSize).assumingMemoryBound(to: UInt8.self),
      count: Int(start.loadUnaligned(as: UInt32.self)))
  }
}
