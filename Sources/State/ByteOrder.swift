import Glibc

/// Whether `a` comes before `b` in byte order.
@inline(__always)
func precedes(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
  let common = min(a.count, b.count)
  let order = common == 0 ? 0 : memcmp(a.baseAddress!, b.baseAddress!, common)
  return order != 0 ? order < 0 : a.count < b.count
}

/// The first eight bytes as a number, zeros in the place of those that are missing: where two of these differ, the bytes
/// are in their order.
@inline(__always)
func orderPrefix(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
  guard let start = bytes.baseAddress else { return 0 }
  if bytes.count >= 8 { return UInt64(bigEndian: UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)) }
  var word: UInt64 = 0
  memcpy(&word, start, bytes.count)
  return UInt64(bigEndian: word)
}
