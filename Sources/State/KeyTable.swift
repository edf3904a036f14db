import Columnar
import Glibc

/// Finds the slot of a key: open addressing, dense slots that are used again. Eight-byte keys, the most frequent ones,
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
  private var mask = 1023
  private var keys = RawVector<Key>(capacity: 1024)
  private var bytes = RawVector<UInt8>(capacity: 1024)
  private var byteCount = 0
  private var wastedBytes = 0
  private var freeSlots = RawVector<UInt32>(capacity: 64)
  private var freeCount = 0
  private(set) var count = 0
  /// One more than the greatest slot ever given out.
  private(set) var slotLimit = 0

  init() {
    buckets = RawVector(capacity: mask + 1)
    buckets.base.initialize(repeating: Bucket(word: 0, slot: Self.empty, size: 0), count: mask + 1)
  }

  func deallocate() {
    buckets.deallocate()
    keys.deallocate()
    bytes.deallocate()
    freeSlots.deallocate()
  }

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
    var (base, mask) = (buckets.base, self.mask)
    for row in 0..<batch.count {
      let word = words.loadUnaligned(fromByteOffset: row &* 8, as: UInt64.self)
      var index = Int(truncatingIfNeeded: batch.hashes[row]) & mask
      while true {
        let bucket = base[index]
        if bucket.word == word && bucket.size == 8 {
          slots[row] = bucket.slot
          break
        }
        if bucket.slot == Self.empty {
          slots[row] = insert(words + row &* 8, 8, hash: batch.hashes[row], at: index)
          (base, mask) = (buckets.base, self.mask)
          break
        }
        index = (index &+ 1) & mask
      }
    }
  }

  /// The slot of a key; a new one if it has none yet.
  mutating func resolve(_ key: UnsafePointer<UInt8>, _ size: Int, hash: UInt64) -> UInt32 {
    let word = size == 8 ? UnsafeRawPointer(key).loadUnaligned(as: UInt64.self) : hash
    var index = Int(truncatingIfNeeded: hash) & mask
    while true {
      let bucket = buckets.base[index]
      if bucket.slot == Self.empty { return insert(UnsafeRawPointer(key), size, hash: hash, at: index) }
      if bucket.word == word && bucket.size == UInt32(truncatingIfNeeded: size)
        && (size == 8 || hasBytes(Int(bucket.slot), key, size))
      {
        return bucket.slot
      }
      index = (index &+ 1) & mask
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
    if (count + 1) * 2 > mask + 1 {  // at half full most look-ups still end at their first bucket
      rehash()
      index = emptyBucket(hash)
    }
    let slot = takeSlot()
    let word = size == 8 ? key.loadUnaligned(as: UInt64.self) : hash
    keys.base[slot] = Key(word: size == 8 ? word : UInt64(store(key, size)), size: UInt32(size))
    buckets.base[index] = Bucket(word: word, slot: UInt32(slot), size: UInt32(size))
    count += 1
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
    var index = Int(truncatingIfNeeded: hash) & mask
    while buckets.base[index].slot != Self.empty { index = (index &+ 1) & mask }
    return index
  }

  private mutating func rehash() {
    let (old, oldCount) = (buckets, mask + 1)
    mask = mask * 2 + 1
    buckets = RawVector(capacity: mask + 1)
    buckets.base.initialize(repeating: Bucket(word: 0, slot: Self.empty, size: 0), count: mask + 1)
    for index in 0..<oldCount where old.base[index].slot != Self.empty {
      buckets.base[emptyBucket(old.base[index].hash)] = old.base[index]
    }
    old.deallocate()
  }

  /// Forgets a key; its slot may be given to another.
  mutating func remove(_ slot: Int) {
    let key = key(slot)
    var index = Int(truncatingIfNeeded: keyHash(key.baseAddress!, key.count)) & mask
    while buckets.base[index].slot != UInt32(slot) { index = (index &+ 1) & mask }
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
    var index = (gap &+ 1) & mask
    while buckets.base[index].slot != Self.empty {
      let home = Int(truncatingIfNeeded: buckets.base[index].hash) & mask
      if ((index &- home) & mask) >= ((index &- hole) & mask) {
        buckets.base[hole] = buckets.base[index]
        hole = index
      }
      index = (index &+ 1) & mask
    }
    buckets.base[hole] = Bucket(word: 0, slot: Self.empty, size: 0)
  }

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
