import Glibc

/// Says which keys may be in a cold store: a Bloom filter over their hashes, one cache line a look-up. Of keys that are
/// not there about one in a hundred passes. It has up to 64 partitions, each a range of hashes, that grow one at a
/// time: a full one has to be rebuilt, and meanwhile lets more pass. Keys can't be taken out; a rebuild forgets them.
/// One thread at a time.
package final class ColdFilter {
  private let lowest: UInt64
  private let highest: UInt64
  private let shift: UInt64
  private var partitions: RawVector<Partition>
  /// How many there are.
  package let partitionCount: Int
  private let blockLimit: Int
  private var full: [Int] = []

  /// For keys with hashes in `hashes`. Of more keys than fit in `memoryLimit` bytes more pass that are not there.
  package init(hashes: ClosedRange<UInt64>, memoryLimit: Int = .max) {
    lowest = hashes.lowerBound
    highest = hashes.upperBound
    var shift: UInt64 = 0
    while (highest - lowest) >> shift >= 64 { shift += 1 }
    self.shift = shift
    partitionCount = Int((highest - lowest) >> shift) + 1
    partitions = RawVector(capacity: partitionCount)
    blockLimit = max(1, memoryLimit / 64 / partitionCount)
    for index in 0..<partitionCount {
      partitions.base[index] = Partition(keyCount: 512, growth: Self.growth(index), blockLimit: blockLimit)
    }
  }

  deinit {
    for index in 0..<partitionCount { partitions.base[index].deallocate() }
    partitions.deallocate()
  }

  /// Notes that the key with this hash is in the store. Nothing happens if it passes already.
  package func insert(_ hash: UInt64) {
    let index = partition(hash)
    if partitions.base[index].insert(hash) { full.append(index) }
  }

  /// Whether a key with this hash may be in the store; false: it is not.
  @inline(__always)
  package func mayContain(_ hash: UInt64) -> Bool { partitions.base[partition(hash)].mayContain(hash) }

  /// The hashes of a partition that is full; nil if none is.
  package var partitionToRebuild: ClosedRange<UInt64>? {
    guard let index = full.first else { return nil }
    let start = lowest + UInt64(index) << shift
    return start...(index == partitionCount - 1 ? highest : start + (1 << shift - 1))
  }

  /// Makes the partition that `partitionToRebuild` gave anew: `fill` calls its argument with the hash of every key that
  /// is in the store and in the partition. If it throws, the partition stays as it was. Takes eight bytes for each
  /// key of the partition meanwhile.
  package func rebuildPartition(_ fill: ((UInt64) -> Void) throws -> Void) rethrows {
    guard let index = full.first else { return }
    var hashes = RawVector<UInt64>(capacity: 1024)
    var count = 0
    defer { hashes.deallocate() }
    try fill { hash in
      hashes.reserve(count + 1)
      hashes.base[count] = hash
      count += 1
    }
    var rebuilt = Partition(keyCount: count, growth: Self.growth(index), blockLimit: blockLimit)
    for place in 0..<count { _ = rebuilt.insert(hashes.base[place]) }
    partitions.base[index].deallocate()
    partitions.base[index] = rebuilt
    full.removeFirst()
  }

  /// Bytes of memory.
  package var memoryUse: Int { (0..<partitionCount).reduce(0) { $0 + partitions.base[$1].memoryUse } }

  /// The partition of a hash.
  @inline(__always)
  package func partition(_ hash: UInt64) -> Int { min(Int((hash &- lowest) >> shift), partitionCount - 1) }

  /// By how much a rebuilt partition is larger than it has to be: at twice and more every key is scanned about once, all
  /// rebuilds together. Each differs, so that they fill at different times.
  private static func growth(_ index: Int) -> Double { 2 + Double(index * 37 % 64) / 64 }
}

/// A range of hashes: blocks of 512 bits, each a word of 64 bits times eight. A key sets one bit in every word of its
/// block.
private struct Partition: BitwiseCopyable {
  private typealias Block = SIMD8<UInt64>

  private let blocks: UnsafeMutablePointer<Block>
  private let blockCount: UInt32
  private let capacity: Int
  private var count = 0

  /// Room for `keyCount` keys times `growth`, in `blockLimit` blocks at most.
  init(keyCount: Int, growth: Double, blockLimit: Int) {
    capacity = max(512, Int(Double(keyCount) * growth))
    blockCount = UInt32(clamping: min(capacity / Self.keysOfBlock + 1, blockLimit))
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, Int(blockCount) * 64) == 0, let memory else {
      fatalError("out of memory: the filter of keys on disk needs \(Int(blockCount) * 64) bytes in one piece")
    }
    blocks = memory.bindMemory(to: Block.self, capacity: Int(blockCount))
    blocks.initialize(repeating: .zero, count: Int(blockCount))
  }

  /// 10.4 bits a key when it is full.
  private static var keysOfBlock: Int { 49 }

  var memoryUse: Int { Int(blockCount) * 64 }

  func deallocate() { free(blocks) }

  /// Whether this filled the partition.
  mutating func insert(_ hash: UInt64) -> Bool {
    let (block, bits) = place(hash)
    let before = blocks[block]
    guard before & bits != bits else { return false }
    blocks[block] = before | bits
    count += 1
    return count == capacity
  }

  @inline(__always)
  func mayContain(_ hash: UInt64) -> Bool {
    let (block, bits) = place(hash)
    return blocks[block] & bits == bits
  }

  // The hashes of a partition agree in their upper bits, and bits that pick the block must not pick the place in it.
  @inline(__always)
  private func place(_ hash: UInt64) -> (Int, Block) {
    let product = hash.multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
    let mixed = product.high ^ product.low
    let block = Int(truncatingIfNeeded: ((mixed >> 32) &* UInt64(blockCount)) >> 32)
    let bits = Block(repeating: mixed &* 0xc2b2_ae3d_27d4_eb4f)
    let positions = bits &>> Block(16, 22, 28, 34, 40, 46, 52, 58) & Block(repeating: 63)
    return (block, Block(repeating: 1) &<< positions)
  }
}
