import State

/// Room for keys as they are on disk, back to back. Their order as bytes is a run's order.
final class DiskKeys {
  private(set) var base: UnsafeMutableRawPointer
  private var capacity = 1 << 12
  private(set) var count = 0

  init() { base = .allocate(byteCount: capacity, alignment: 8) }
  deinit { base.deallocate() }

  /// Forgets the keys.
  func removeAll() { count = 0 }

  /// Appends the key of an entry: hash (8 bytes, big-endian), key.
  func append(_ hash: UInt64, _ key: UnsafeBufferPointer<UInt8>) {
    reserve(8 + key.count)
    append(hash)
    append(key)
  }

  /// Appends the key of a timer: kind (one byte), time (8 bytes, big-endian, sign flipped), hash, key.
  func append(_ timer: ColdTimer) {
    reserve(17 + timer.key.bytes.count)
    base.storeBytes(of: UInt8(truncatingIfNeeded: timer.kind), toByteOffset: count, as: UInt8.self)
    count += 1
    append(ordered(timer.time_us))
    append(timer.key.hash, timer.key.bytes)
  }

  private func append(_ word: UInt64) {
    base.storeBytes(of: word.bigEndian, toByteOffset: count, as: UInt64.self)
    count += 8
  }

  private func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    if let start = bytes.baseAddress { (base + count).copyMemory(from: start, byteCount: bytes.count) }
    count += bytes.count
  }

  private func reserve(_ size: Int) {
    guard count + size > capacity else { return }
    capacity = max(capacity * 2, count + size)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    larger.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = larger
  }
}

/// `time_us` as a word with the same order.
private func ordered(_ time_us: Int64) -> UInt64 { UInt64(bitPattern: time_us) ^ 1 << 63 }

extension DiskKeys {
  /// The hash and the key in an entry's key on disk; nil if it is too short to be one.
  static func entry(_ bytes: UnsafeRawBufferPointer) -> RunKey? {
    guard bytes.count >= 8 else { return nil }
    return RunKey(
      hash: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
      bytes: UnsafeRawBufferPointer(rebasing: bytes[8...]).assumingMemoryBound(to: UInt8.self))
  }

  /// The timer in a timer's key on disk; nil if it is too short to be one.
  static func timer(_ bytes: UnsafeRawBufferPointer) -> ColdTimer? {
    guard bytes.count >= 17, let key = entry(UnsafeRawBufferPointer(rebasing: bytes[9...])) else { return nil }
    let time = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt64.self))
    return ColdTimer(kind: UInt32(bytes[0]), time_us: Int64(bitPattern: time ^ 1 << 63), key: key)
  }

  /// Where on disk the timers of `kind` from `time_us` on begin.
  static func start(ofKind kind: UInt32, from time_us: Int64) -> [UInt8] {
    [UInt8(truncatingIfNeeded: kind)] + withUnsafeBytes(of: ordered(time_us).bigEndian) { [UInt8]($0) }
  }
}
