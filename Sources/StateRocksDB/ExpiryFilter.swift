import CRocksDB
import Glibc

/// A compaction filter that drops records whose time is over. Its owner destroys it after the databases that use it.
/// `now`: microseconds; called by RocksDB's threads.
func createExpiryFilter(now: @escaping @Sendable () -> Int64) -> OpaquePointer {
  rocksdb_compactionfilter_create(
    Unmanaged.passRetained(Clock(now: now)).toOpaque(),
    { clock in Unmanaged<Clock>.fromOpaque(clock!).release() },
    { clock, _, _, _, record, size, _, _, _ in
      guard let expiry_us = expiry(ofRecord: UnsafeRawBufferPointer(start: record, count: size)) else { return 0 }
      let now_us = Unmanaged<Clock>.fromOpaque(clock!)._withUnsafeGuaranteedRef { $0.now() }
      return expiry_us <= UInt64(max(0, now_us)) ? 1 : 0
    },
    { _ in UnsafePointer(filterName) })!
}

/// The deadline that a record begins with (LEB128, microseconds); nil: none, or bytes that are no record.
func expiry(ofRecord record: UnsafeRawBufferPointer) -> UInt64? {
  var value: UInt64 = 0
  for (index, byte) in record.prefix(10).enumerated() {
    value |= UInt64(byte & 0x7f) << UInt64(7 * index)
    if byte < 0x80 { return value == 0 ? nil : value }
  }
  return nil
}

nonisolated(unsafe) private let filterName = strdup("millrace.expiry")!

private final class Clock: Sendable {
  let now: @Sendable () -> Int64
  init(now: @escaping @Sendable () -> Int64) { self.now = now }
}
