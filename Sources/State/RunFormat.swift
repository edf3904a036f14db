import Columnar

/// How a run lies in its file (docs/formats.md): magic, blocks, index, footer. Integers are little-endian.
enum RunFormat {
  static let magic = Array("millrun1".utf8)
  static let endMagic = Array("millend1".utf8)
}

/// What the index says of one block: a sequence of entries.
struct RunBlock {
  /// Bytes in the index.
  static let encodedSize = 32
  var firstHash: UInt64 = 0
  /// Where it begins in the file.
  var offset: UInt64 = 0
  /// Bytes.
  var size: UInt32 = 0
  var entryCount: UInt32 = 0
  /// `keyHash` of its bytes.
  var checksum: UInt64 = 0

  init() {}

  init(decoding bytes: UnsafeRawPointer) {
    firstHash = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    offset = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    size = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    entryCount = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
    checksum = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
  }

  func encode(to bytes: UnsafeMutableRawPointer) {
    bytes.storeBytes(of: firstHash.littleEndian, as: UInt64.self)
    bytes.storeBytes(of: offset.littleEndian, toByteOffset: 8, as: UInt64.self)
    bytes.storeBytes(of: size.littleEndian, toByteOffset: 16, as: UInt32.self)
    bytes.storeBytes(of: entryCount.littleEndian, toByteOffset: 20, as: UInt32.self)
    bytes.storeBytes(of: checksum.littleEndian, toByteOffset: 24, as: UInt64.self)
  }
}

/// The end of a run's file.
struct RunFooter {
  /// Bytes in the file.
  static let encodedSize = 56
  var indexOffset: UInt64
  var blockCount: UInt64
  /// Entries, those of removed keys too.
  var entryCount: UInt64
  /// How many of them are of removed keys.
  var removedCount: UInt64
  /// `keyHash` of the index.
  var indexChecksum: UInt64

  private static let hashedSize = 40

  /// The footer in `encodedSize` bytes; nil if they are none.
  init?(decoding bytes: UnsafeRawPointer) {
    func word(_ index: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
    }
    indexOffset = word(0)
    blockCount = word(1)
    entryCount = word(2)
    removedCount = word(3)
    indexChecksum = word(4)
    let end = UnsafeRawBufferPointer(start: bytes + 48, count: 8)
    guard word(5) == Self.checksum(bytes), end.elementsEqual(RunFormat.endMagic) else { return nil }
  }

  init(indexOffset: UInt64, blockCount: UInt64, entryCount: UInt64, removedCount: UInt64, indexChecksum: UInt64) {
    self.indexOffset = indexOffset
    self.blockCount = blockCount
    self.entryCount = entryCount
    self.removedCount = removedCount
    self.indexChecksum = indexChecksum
  }

  func encode(to bytes: UnsafeMutableRawPointer) {
    for (index, word) in [indexOffset, blockCount, entryCount, removedCount, indexChecksum].enumerated() {
      bytes.storeBytes(of: word.littleEndian, toByteOffset: index * 8, as: UInt64.self)
    }
    bytes.storeBytes(of: Self.checksum(bytes).littleEndian, toByteOffset: 40, as: UInt64.self)
    UnsafeMutableRawBufferPointer(start: bytes + 48, count: 8).copyBytes(from: RunFormat.endMagic)
  }

  private static func checksum(_ bytes: UnsafeRawPointer) -> UInt64 {
    keyHash(bytes.assumingMemoryBound(to: UInt8.self), hashedSize)
  }
}

/// The hashes of the keys in some key groups; nil for no group. `keyGroupCount`: 1 to 32768; `keyGroups`: within it.
package func hashes(ofKeyGroups keyGroups: Range<Int>, keyGroupCount: Int) -> ClosedRange<UInt64>? {
  guard !keyGroups.isEmpty else { return nil }
  // The least upper half of a hash whose group is `group` or later.
  func first(_ group: Int) -> UInt64 {
    ((UInt64(group) << 32 + UInt64(keyGroupCount) - 1) / UInt64(keyGroupCount)) << 32
  }
  let end = keyGroups.upperBound == keyGroupCount ? UInt64.max : first(keyGroups.upperBound) - 1
  return first(keyGroups.lowerBound)...end
}
