import State

/// A cold store in memory, looked through from end to end.
final class DictionaryColdStore: ColdStore {
  private struct Key: Hashable {
    var hash: UInt64
    var bytes: [UInt8]
  }
  private struct Timer: Hashable {
    var kind: UInt32
    var time_us: Int64
    var key: Key
  }
  private var records: [Key: [UInt8]] = [:]
  private var timers: Set<Timer> = []

  var count: Int { records.count }
  /// Bytes of the records of the largest piece that came at once.
  private(set) var largestWrite = 0
  var memoryUse: Int { 0 }

  func write(_ next: () -> RunEntry?) {
    var size = 0
    defer { largestWrite = max(largestWrite, size) }
    while let entry = next() {
      size += entry.record?.count ?? 0
      records[Key(hash: entry.hash, bytes: [UInt8](entry.key))] = entry.record.map { [UInt8]($0) }
    }
  }

  func read(_ keys: UnsafeBufferPointer<RunKey>, _ found: (Int, UnsafeRawBufferPointer) -> Void) {
    for (index, key) in keys.enumerated() {
      guard let record = records[Key(hash: key.hash, bytes: [UInt8](key.bytes))] else { continue }
      record.withUnsafeBytes { found(index, $0) }
    }
  }

  func scan(_ hashes: ClosedRange<UInt64>, _ body: (RunEntry) -> Void) {
    for (key, record) in records.sorted(by: { $0.key.hash < $1.key.hash }) where hashes.contains(key.hash) {
      key.bytes.withUnsafeBufferPointer { bytes in
        record.withUnsafeBytes { body(RunEntry(hash: key.hash, key: bytes, record: $0)) }
      }
    }
  }

  func writeTimers(_ next: () -> ColdTimer?) {
    while let timer = next() {
      let key = Key(hash: timer.key.hash, bytes: [UInt8](timer.key.bytes))
      timers.insert(Timer(kind: timer.kind, time_us: timer.time_us, key: key))
    }
  }

  func firstTimer(kind: UInt32) -> Int64? { timers.filter { $0.kind == kind }.map(\.time_us).min() }

  func takeTimers(kind: UInt32, upTo time_us: Int64, limit: Int, _ body: (ColdTimer) -> Void) {
    let due = timers.filter { $0.kind == kind && $0.time_us <= time_us }.sorted { $0.time_us < $1.time_us }
    for timer in due.prefix(limit) {
      timers.remove(timer)
      timer.key.bytes.withUnsafeBufferPointer {
        body(ColdTimer(kind: kind, time_us: timer.time_us, key: RunKey(hash: timer.key.hash, bytes: $0)))
      }
    }
  }
}
