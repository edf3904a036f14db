/// Where the keys of one `KeyedState` go that memory has no room for: scratch space on disk, empty at the start and
/// gone with the process; checkpoints do not depend on it. One thread at a time. All methods throw `StateError` when
/// the disk fails, and the store is of no use afterwards.
package protocol ColdStore: AnyObject {
  /// Takes entries over, which come in a run's order, each key once; they replace what was there. A removed one takes
  /// the key out. `next` gives nil at the end; what it gave is valid until it is called again.
  func write(_ next: () -> RunEntry?) throws

  /// Looks keys up, which come in a run's order: calls `found` with the key's index in `keys` and its record, in
  /// ascending order, for those that are there. The record is valid for the time of the call.
  func read(_ keys: UnsafeBufferPointer<RunKey>, _ found: (Int, UnsafeRawBufferPointer) -> Void) throws

  /// Calls `body` with every entry whose hash is in `hashes`, in a run's order.
  func scan(_ hashes: ClosedRange<UInt64>, _ body: (RunEntry) -> Void) throws

  /// Takes timers of cold keys over, in ascending order of (kind, time, hash, key).
  func writeTimers(_ next: () -> ColdTimer?) throws

  /// The time of the first timer of `kind` that may be there; nil if there is none. Cheap: asked at every turn.
  func firstTimer(kind: UInt32) -> Int64?

  /// Takes the timers of `kind` up to `time_us` out, at most `limit`, in order of time: calls `body` with each.
  func takeTimers(kind: UInt32, upTo time_us: Int64, limit: Int, _ body: (ColdTimer) -> Void) throws

  /// Bytes of memory that belong to this store alone.
  var memoryUse: Int { get }
}

/// A key to look up.
package struct RunKey {
  /// `keyHash` of the key.
  package var hash: UInt64
  package var bytes: UnsafeBufferPointer<UInt8>

  package init(hash: UInt64, bytes: UnsafeBufferPointer<UInt8>) {
    self.hash = hash
    self.bytes = bytes
  }
}

/// A timer of a key that is not in memory: says only when to fetch the key, whose record has the timer itself. One
/// that is no longer in the record is harmless.
package struct ColdTimer {
  /// MILL_TIME_*.
  package var kind: UInt32
  package var time_us: Int64
  package var key: RunKey

  package init(kind: UInt32, time_us: Int64, key: RunKey) {
    self.kind = kind
    self.time_us = time_us
    self.key = key
  }
}
