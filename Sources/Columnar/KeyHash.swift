import Glibc

// The hash of keys. It decides which key group a key belongs to, and checkpoints depend on that: it can never change.
// Multiply-and-fold, after wyhash (https://github.com/wangyi-fudan/wyhash, public domain): two 64-bit words are
// multiplied to 128 bits and the halves combined.

private let secret0: UInt64 = 0xa076_1d64_78bd_642f
private let secret1: UInt64 = 0xe703_7ed1_a0b4_28db
private let secret2: UInt64 = 0x8ebc_6af0_9c88_c6e3

@inline(__always)
private func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let product = a.multipliedFullWidth(by: b)
  return product.high ^ product.low
}

/// The hash of an eight-byte key, given as the little-endian word that its bytes are. The same as of its bytes.
@inline(__always)
package func keyHash(word: UInt64) -> UInt64 { fold(fold(word ^ secret0, secret1 ^ 8), word ^ secret2) }

/// The hash of a key's canonical bytes.
package func keyHash(_ bytes: UnsafePointer<UInt8>, _ size: Int) -> UInt64 {
  let raw = UnsafeRawPointer(bytes)
  if size == 8 { return keyHash(word: raw.loadUnaligned(as: UInt64.self)) }
  var state = secret0 ^ UInt64(size)
  var position = 0
  while size - position >= 16 {
    let low = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
    let high = raw.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self)
    state = fold(low ^ secret1, high ^ state)
    position += 16
  }
  var tail: (UInt64, UInt64) = (0, 0)
  withUnsafeMutableBytes(of: &tail) { $0.baseAddress!.copyMemory(from: raw + position, byteCount: size - position) }
  return fold(fold(tail.0 ^ secret1, tail.1 ^ state), secret2 ^ UInt64(size))
}

/// The key group of a key with this hash.
@inline(__always)
package func keyGroup(hash: UInt64, count: Int) -> Int {
  Int(truncatingIfNeeded: ((hash >> 32) &* UInt64(count)) >> 32)
}

/// The worker that has key group `group`.
package func worker(ofKeyGroup group: Int, keyGroups: Int, workers: Int) -> Int { group * workers / keyGroups }

/// The key groups of one worker.
package func keyGroups(ofWorker worker: Int, keyGroups: Int, workers: Int) -> Range<Int> {
  func first(_ worker: Int) -> Int { (worker * keyGroups + workers - 1) / workers }
  return first(worker)..<first(worker + 1)
}
