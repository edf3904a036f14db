/// The hash by which Java's producer, and librdkafka's `murmur2_random`, choose the partition of a key.
package enum Murmur2 {
  private static let multiplier: UInt32 = 0x5bd1_e995
  private static let seed: UInt32 = 0x9747_b28c

  /// The partition, of `count` (at least 1), of rows with this key.
  package static func partition(of key: UnsafeRawBufferPointer, count: Int32) -> Int32 {
    Int32(hash(key) & 0x7fff_ffff) % count
  }

  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var hash = seed ^ UInt32(truncatingIfNeeded: bytes.count)
    let whole = bytes.count & ~3
    for start in stride(from: 0, to: whole, by: 4) {
      var word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)) &* multiplier
      word ^= word >> 24
      hash = (hash &* multiplier) ^ (word &* multiplier)
    }
    if whole < bytes.count {
      for index in whole..<bytes.count { hash ^= UInt32(bytes[index]) << (8 * UInt32(index - whole)) }
      hash = hash &* multiplier
    }
    hash = (hash ^ hash >> 13) &* multiplier
    return hash ^ hash >> 15
  }
}
