import Columnar
import Glibc
import MillraceTesting
import State

/// Writes and reads keys as `KeyedState` does: reads in batches of random keys, writes in batches of neighbours.
final class ColdStoreBenchmark {
  private static let readBatch = 4000
  private static let writeBatch = 20_000
  /// Evictions go once around the key space in so many batches.
  private static let batchesAround = 8
  private static let recordSize = 24

  private let store: any ColdStore
  private let keyCount: Int
  private var random = SimulationRandom(seed: 1)
  private let ids: UnsafeMutablePointer<UInt64>
  private let record: UnsafeMutableRawBufferPointer
  private var reading = Cost()
  private var writing = Cost()

  init(store: any ColdStore, keyCount: Int) {
    self.store = store
    self.keyCount = keyCount
    ids = .allocate(capacity: Self.writeBatch * Self.batchesAround + Self.readBatch)
    record = .allocate(byteCount: Self.recordSize, alignment: 8)
    record.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    ids.deallocate()
    record.deallocate()
  }

  /// Writes every key once.
  func load() throws {
    let before = Cost.now
    var count = 0
    for id in 0..<keyCount {
      ids[count] = UInt64(id)
      count += 1
      guard count == Self.writeBatch * Self.batchesAround || id == keyCount - 1 else { continue }
      try write(&count)
    }
    writing.report("once: written", per: keyCount)
    (Cost.now - before).reportAll("once: all with merging", per: keyCount)
  }

  /// Reads keys that `pick` gives and writes them back later.
  func update(reads: Int, pick: (ColdStoreBenchmark) -> Int) throws {
    (reading, writing) = (Cost(), Cost())
    let before = Cost.now
    var count = 0
    var readCount = 0
    var writeCount = 0
    while readCount < reads {
      for place in count..<count + Self.readBatch { ids[place] = UInt64(pick(self)) }
      let read = sort(ids + count, Self.readBatch)
      try self.read(ids + count, read)
      readCount += read
      count += read
      if count >= Self.writeBatch * Self.batchesAround { writeCount += try write(&count) }
    }
    reading.report("update: read", per: readCount)
    writing.report("update: written", per: writeCount)
    (Cost.now - before).reportAll("update: all with merging", per: readCount)
  }

  /// Any key.
  func uniform() -> Int { random.below(keyCount) }

  /// A key by Zipf's law with exponent 0.99, but for the tenth that comes up most, which would be in memory.
  func zipf() -> Int {
    while true {
      let uniform = Double(random.next() >> 11) / 9_007_199_254_740_992
      let key = Int(pow(uniform * (pow(Double(keyCount), 0.01) - 1) + 1, 100)) - 1
      if key >= keyCount / 10, key < keyCount { return key }
    }
  }

  /// Sorts by hash and takes out what comes twice; gives how many stay.
  private func sort(_ ids: UnsafeMutablePointer<UInt64>, _ count: Int) -> Int {
    var sorted = UnsafeMutableBufferPointer(start: ids, count: count)
    sorted.sort { keyHash(word: $0) < keyHash(word: $1) }
    var kept = 0
    for place in 0..<count where kept == 0 || ids[place] != ids[kept - 1] {
      ids[kept] = ids[place]
      kept += 1
    }
    return kept
  }

  @discardableResult
  private func write(_ count: inout Int) throws -> Int {
    let kept = sort(ids, count)
    for batch in 0..<Self.batchesAround {
      try write(kept * batch / Self.batchesAround..<kept * (batch + 1) / Self.batchesAround)
    }
    count = 0
    return kept
  }

  private func write(_ places: Range<Int>) throws {
    var place = places.lowerBound
    try writing.measure {
      try store.write {
        guard place < places.upperBound else { return nil }
        defer { place += 1 }
        record.storeBytes(of: ids[place], toByteOffset: 8, as: UInt64.self)
        return RunEntry(hash: keyHash(word: ids[place]), key: key(place), record: UnsafeRawBufferPointer(record))
      }
    }
  }

  private func read(_ ids: UnsafeMutablePointer<UInt64>, _ count: Int) throws {
    let first = ids - self.ids
    let keys = (first..<first + count).map { RunKey(hash: keyHash(word: self.ids[$0]), bytes: key($0)) }
    var right = 0
    try reading.measure {
      try keys.withUnsafeBufferPointer { keys in
        try store.read(keys) { index, record in
          right += record.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == ids[index] ? 1 : 0
        }
      }
    }
    guard right == count else { fatalError("\(count - right) of \(count) keys are gone or wrong") }
  }

  private func key(_ place: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: UnsafeRawPointer(ids + place).assumingMemoryBound(to: UInt8.self), count: 8)
  }
}
