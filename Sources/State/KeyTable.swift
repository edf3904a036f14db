import Columnar
import Glibc

/// Finds the slot of a key: open addressing, at most two thirds full, dense slots that are used again. Eight-byte keys, the most frequent ones,
/// are in the bucket itself, so that a look-up touches one cache line; of others the bucket has the hash, and their
/// bytes are beside.
struct KeyTable {
  private struct Bucket {
    var word: UInt64  // the key if it has eight bytes, its hash otherwise
    var slot: UInt32  // `empty` if there is none
    var size: UInt32

    var hash: UInt64 { size == 8 ? keyHash(word: word) : word }
  }
  private struct Key {
    var word: UInt64  // the key if it has eight bytes, its place in `bytes` otherwise
    var size: UInt32  // `free` if the slot is
  }
  private static let empty = UInt32.max
  private static let free = UInt32.max

  private var buckets: RawVector<Bucket>
  private(set) var bucketCount = 1536
  private var map: BucketMap
  private let hashes: ClosedRange<UInt64>
  private var keys = RawVector<Key>(capacity: 1024)
  private var bytes = RawVector<UInt8>(capacity: 1024)
  private var byteCount = 0
  private var wastedBytes = 0
  private var freeSlots = RawVector<UInt32>(capacity: 64)
  private(set) var freeCount = 0
  private(set) var count = 0
  /// One more than the greatest slot ever given out.
  private(set) var slotLimit = 0
  /// Whether `inserted` is kept.
  var tracksInsertions = false
  private var insertedSlots = RawVector<UInt32>(capacity: 64)
  private(set) var insertedCount = 0

  /// For keys whose hashes are in `hashes`; others are slow to find.
  init(hashes: ClosedRange<UInt64> = 0...UInt64.max) {
    self.hashes = hashes
    map = BucketMap(hashes: hashes, bucketCount: bucketCount)
    buckets = RawVector(capacity: bucketCount)
    buckets.base.initialize(repeating: Bucket(word: 0, slot: Self.empty, size: 0), count: bucketCount)
  }

  func deallocate() {
    buckets.deallocate()
    keys.deallocate()
    bytes.deallocate()
    freeSlots.deallocate()
    insertedSlots.deallocate()
  }

  /// Bytes of memory that are in use: capacity that was never touched does not count.
  var memoryUse: Int {
    bucketCount * MemoryLayout<Bucket>.stride + slotLimit * MemoryLayout<Key>.stride + byteCount + freeCount * 4
  }

  /// Bytes of memory that a table of `slots` eight-byte keys needs at most, but for a moment when it grows.
  static func memoryUse(slots: Int) -> Int {
    slots * (9 * MemoryLayout<Bucket>.stride / 4 + MemoryLayout<Key>.stride)
  }

  /// The slots that `resolve` made since `forgetInsertions`, if it tracks them.
  func inserted(_ index: Int) -> Int { Int(insertedSlots.base[index]) }
  mutating func forgetInsertions() { insertedCount = 0 }

  func isUsed(_ slot: Int) -> Bool { slot < slotLimit && keys.base[slot].size != Self.free }

  /// The bytes of a used slot's key; valid until the next `resolve` or `remove`.
  func key(_ slot: Int) -> UnsafeBufferPointer<UInt8> {
    let key = keys.base + slot
    let start = key.pointee.size == 8 ? UnsafeRawPointer(key) : UnsafeRawPointer(bytes.base + Int(key.pointee.word))
    return UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: Int(key.pointee.size))
  }

  // MARK: - Look-up

  /// The slots of all keys of a batch; new ones for those that have none yet.
  mutating func resolve(_ batch: EncodedKeys, into slots: UnsafeMutablePointer<UInt32>) {
    if batch.fixedWidth == 8 { return resolveWords(batch, into: slots) }
    for row in 0..<batch.count {
      let start = Int(batch.offsets[row])
      slots[row] = resolve(batch.bytes + start, Int(batch.offsets[row + 1]) - start, hash: batch.hashes[row])
    }
  }

  private mutating func resolveWords(_ batch: EncodedKeys, into slots: UnsafeMutablePointer<UInt32>) {
    let words = UnsafeRawPointer(batch.bytes)
    // Copies on the stack: the compiler can't know that the stores to `slots` leave the fields alone.
    var (base, map) = (buckets.base, self.map)
    for row in 0..<batch.count {
      let word = words.loadUnaligned(fromByteOffset: row &* 8, as: UInt64.self)
      var index = map.home(batch.hashes[row])
      while true {
        let bucket = base[index]
        if bucket.word == word && bucket.size == 8 {
          slots[row] = bucket.slot
          break
        }
        if bucket.slot == Self.empty {
          slots[row] = insert(words + row &* 8, 8, hash: batch.hashes[row], at: index)
          (base, map) = (buckets.base, self.map)
          break
        }
        index = map.after(index)
      }
    }
  }

  /// The slot of a key; a new one if it has none yet.
  mutating func resolve(_ key: UnsafePointer<UInt8>, _ size: Int, hash: UInt64) -> UInt32 {
    let word = size == 8 ? UnsafeRawPointer(key).loadUnaligned(as: UInt64.self) : hash
    var index = map.home(hash)
    while true {
      let bucket = buckets.base[index]
      if bucket.slot == Self.empty { return insert(UnsafeRawPointer(key), size, hash: hash, at: index) }
      if bucket.word == word && bucket.size == UInt32(truncatingIfNeeded: size)
        && (size == 8 || hasBytes(Int(bucket.slot), key, size))
      {
        return bucket.slot
      }
      index = map.after(index)
    }
  }

  @inline(__always)
  private func hasBytes(_ slot: Int, _ key: UnsafePointer<UInt8>, _ size: Int) -> Bool {
    memcmp(bytes.base + Int(keys.base[slot].word), key, size) == 0
  }

  // MARK: - Changes

  @inline(never)
  private mutating func insert(_ key: UnsafeRawPointer, _ size: Int, hash: UInt64, at index: Int) -> UInt32 {
    var index = index
    if (count + 1) * 3 > bucketCount * 2 {
      rehash(to: bucketCount + bucketCount / 2)
      index = emptyBucket(hash)
    }
    let slot = takeSlot()
    let word = size == 8 ? key.loadUnaligned(as: UInt64.self) : hash
    keys.base[slot] = Key(word: size == 8 ? word : UInt64(store(key, size)), size: UInt32(size))
    buckets.base[index] = Bucket(word: word, slot: UInt32(slot), size: UInt32(size))
    count += 1
    if tracksInsertions {
      insertedSlots.reserve(insertedCount + 1)
      insertedSlots.base[insertedCount] = UInt32(slot)
      insertedCount += 1
    }
    return UInt32(slot)
  }

  private mutating func takeSlot() -> Int {
    if freeCount > 0 {
      freeCount -= 1
      return Int(freeSlots.base[freeCount])
    }
    keys.reserve(slotLimit + 1)
    slotLimit += 1
    return slotLimit - 1
  }

  /// Keeps a key's bytes; gives their place.
  private mutating func store(_ key: UnsafeRawPointer, _ size: Int) -> Int {
    bytes.reserve(byteCount + size)
    memcpy(bytes.base + byteCount, key, size)
    byteCount += size
    return byteCount - size
  }

  private func emptyBucket(_ hash: UInt64) -> Int {
    var index = map.home(hash)
    while buckets.base[index].slot != Self.empty { index = map.after(index) }
    return index
  }

  /// Room for `count` keys without growing.
  mutating func reserve(_ count: Int) { if count * 3 > bucketCount * 2 { rehash(to: count * 3 / 2 + 1) } }

  private mutating func rehash(to newCount: Int) {
    let (old, oldCount) = (buckets, bucketCount)
    bucketCount = newCount
    map = BucketMap(hashes: hashes, bucketCount: newCount)
    buckets = RawVector(capacity: bucketCount)
    buckets.base.initialize(repeating: Bucket(word: 0, slot: Self.empty, size: 0), count: bucketCount)
    for index in 0..<oldCount where old.base[index].slot != Self.empty {
      buckets.base[emptyBucket(old.base[index].hash)] = old.base[index]
    }
    old.deallocate()
  }

  /// The slot of the key in a bucket; nil if there is none. Buckets are in the order of hashes, but for keys that
  /// found theirs taken.
  func slot(inBucket index: Int) -> Int? {
    let slot = buckets.base[index].slot
    return slot == Self.empty ? nil : Int(slot)
  }

  /// Forgets a key; its slot may be given to another.
  mutating func remove(_ slot: Int) {
    let key = key(slot)
    var index = map.home(keyHash(key.baseAddress!, key.count))
    while buckets.base[index].slot != UInt32(slot) { index = map.after(index) }
    closeGap(at: index)
    count -= 1
    if key.count != 8 { wastedBytes += key.count }
    keys.base[slot].size = Self.free
    freeSlots.reserve(freeCount + 1)
    freeSlots.base[freeCount] = UInt32(slot)
    freeCount += 1
    if wastedBytes > 1 << 16 && wastedBytes * 2 > byteCount { compact() }
  }

  /// Moves later entries of the probe run up, so that no tombstone is needed.
  private func closeGap(at gap: Int) {
    var hole = gap
    var index = map.after(gap)
    while buckets.base[index].slot != Self.empty {
      let home = map.home(buckets.base[index].hash)
      if distance(from: home, to: index) >= distance(from: hole, to: index) {
        buckets.base[hole] = buckets.base[index]
        hole = index
      }
      index = map.after(index)
    }
    buckets.base[hole] = Bucket(word: 0, slot: Self.empty, size: 0)
  }

  /// Buckets from one to another, going round.
  private func distance(from: Int, to: Int) -> Int { to >= from ? to - from : to + bucketCount - from }

  private mutating func compact() {
    let old = bytes
    bytes = RawVector(capacity: byteCount - wastedBytes)
    byteCount = 0
    wastedBytes = 0
    for slot in 0..<slotLimit where isUsed(slot) && keys.base[slot].size != 8 {
      let place = store(old.base + Int(keys.base[slot].word), Int(keys.base[slot].size))
      keys.base[slot].word = UInt64(place)
    }
    old.deallocate()
  }
}

/// Where the search for a key begins: hashes keep their order, so that what comes sorted is found side by side. No
/// power of two: the table grows by halves.
private struct BucketMap {
  private let least: UInt64
  private let scale: UInt64
  private let last: Int

  init(hashes: ClosedRange<UInt64>, bucketCount: Int) {
    least = hashes.lowerBound
    last = bucketCount - 1
    let (width, isAll) = (hashes.upperBound - hashes.lowerBound).addingReportingOverflow(1)
    let count = UInt64(bucketCount)
    // The quotient fits if there are more hashes than buckets; if not, all keys begin at a few.
    scale = isAll ? count : width > count ? width.dividingFullWidth((high: count, low: 0)).quotient : .max
  }

  @inline(__always)
  func home(_ hash: UInt64) -> Int {
    min(Int(truncatingIfNeeded: (hash &- least).multipliedFullWidth(by: scale).high) & Int.max, last)
  }

  @inline(__always)
  func after(_ index: Int) -> Int { index == last ? 0 : index &+ 1 }
}
