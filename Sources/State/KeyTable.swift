import Columnar

/// Finds the slot of a key: open addressing over hashes, the keys' bytes beside. Slots are dense and reused.
struct KeyTable {
  private static let empty = UInt32.max

  /// Per bucket: the upper half of the hash, and the slot.
  private var buckets: UnsafeMutablePointer<(tag: UInt32, slot: UInt32)>
  private var mask: Int
  private var used = 0  // buckets that are not empty
  private(set) var hashes: [UInt64] = []
  private var starts: [Int] = []
  private var sizes: [UInt32] = []  // UInt32.max: the slot is free
  private var freeSlots: [UInt32] = []
  private var bytes: [UInt8] = []
  private var wasted = 0
  private(set) var count = 0

  init() {
    mask = 1023
    buckets = .allocate(capacity: mask + 1)
    buckets.initialize(repeating: (0, Self.empty), count: mask + 1)
  }

  func deallocate() { buckets.deallocate() }

  /// One more than the greatest slot ever given out.
  var slotLimit: Int { sizes.count }
  func isUsed(_ slot: Int) -> Bool { sizes[slot] != UInt32.max }

  func withKey<Result>(_ slot: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBufferPointer {
      try body(UnsafeBufferPointer(rebasing: $0[starts[slot]..<starts[slot] + Int(sizes[slot])]))
    }
  }

  /// The slot of a key; a new one if it has none yet.
  @inline(__always)
  mutating func resolve(_ key: UnsafePointer<UInt8>, _ size: Int, hash: UInt64) -> UInt32 {
    let tag = UInt32(truncatingIfNeeded: hash >> 32)
    var index = Int(truncatingIfNeeded: hash) & mask
    while true {
      let bucket = buckets[index]
      if bucket.slot == Self.empty { return insert(key, size, hash: hash, at: index) }
      if bucket.tag == tag && matches(Int(bucket.slot), key, size) { return bucket.slot }
      index = (index &+ 1) & mask
    }
  }

  @inline(__always)
  private func matches(_ slot: Int, _ key: UnsafePointer<UInt8>, _ size: Int) -> Bool {
    guard sizes[slot] == UInt32(truncatingIfNeeded: size) else { return false }
    return bytes.withUnsafeBufferPointer {
      let own = UnsafeRawPointer($0.baseAddress! + starts[slot])
      if size == 8 {
        return own.loadUnaligned(as: UInt64.self) == UnsafeRawPointer(key).loadUnaligned(as: UInt64.self)
      }
      for position in 0..<size where own.load(fromByteOffset: position, as: UInt8.self) != key[position] { return false }
      return true
    }
  }

  private mutating func insert(_ key: UnsafePointer<UInt8>, _ size: Int, hash: UInt64, at index: Int) -> UInt32 {
    if (used + 1) * 10 > (mask + 1) * 7 {
      rehash()
      return resolve(key, size, hash: hash)
    }
    let slot = freeSlots.popLast() ?? UInt32(sizes.count)
    if Int(slot) == sizes.count {
      sizes.append(0)
      starts.append(0)
      hashes.append(0)
    }
    starts[Int(slot)] = bytes.count
    sizes[Int(slot)] = UInt32(size)
    hashes[Int(slot)] = hash
    bytes.append(contentsOf: UnsafeBufferPointer(start: key, count: size))
    buckets[index] = (UInt32(truncatingIfNeeded: hash >> 32), slot)
    used += 1
    count += 1
    return slot
  }

  private mutating func rehash() {
    buckets.deallocate()
    while count * 10 > (mask + 1) * 4 { mask = mask * 2 + 1 }
    buckets = .allocate(capacity: mask + 1)
    buckets.initialize(repeating: (0, Self.empty), count: mask + 1)
    used = count
    for slot in sizes.indices where sizes[slot] != UInt32.max { place(slot) }
  }

  private func place(_ slot: Int) {
    var index = Int(truncatingIfNeeded: hashes[slot]) & mask
    while buckets[index].slot != Self.empty { index = (index &+ 1) & mask }
    buckets[index] = (UInt32(truncatingIfNeeded: hashes[slot] >> 32), UInt32(slot))
  }

  /// Forgets a key; its slot may be given to another.
  mutating func remove(_ slot: Int) {
    var index = Int(truncatingIfNeeded: hashes[slot]) & mask
    while buckets[index].slot != UInt32(slot) { index = (index &+ 1) & mask }
    closeGap(at: index)
    used -= 1
    count -= 1
    wasted += Int(sizes[slot])
    sizes[slot] = UInt32.max
    freeSlots.append(UInt32(slot))
    if wasted > 1 << 16 && wasted * 2 > bytes.count { compact() }
  }

  /// Moves later entries of the probe run up, so that no tombstone is needed.
  private func closeGap(at gap: Int) {
    var hole = gap
    var index = (gap &+ 1) & mask
    while buckets[index].slot != Self.empty {
      let home = Int(truncatingIfNeeded: hashes[Int(buckets[index].slot)]) & mask
      if ((index &- home) & mask) >= ((index &- hole) & mask) {
        buckets[hole] = buckets[index]
        hole = index
      }
      index = (index &+ 1) & mask
    }
    buckets[hole] = (0, Self.empty)
  }

  private mutating func compact() {
    var kept: [UInt8] = []
    kept.reserveCapacity(bytes.count - wasted)
    for slot in sizes.indices where sizes[slot] != UInt32.max {
      let start = kept.count
      kept.append(contentsOf: bytes[starts[slot]..<starts[slot] + Int(sizes[slot])])
      starts[slot] = start
    }
    bytes = kept
    wasted = 0
  }
}
