import CRocksDB
import State

/// The timers of one kind: those that were taken are a range at the beginning that is deleted later, in one go.
struct TimerLine {
  /// The time of the first timer that may be there.
  var first_us: Int64?
  /// The first key on disk that was taken, and the first after it that was not.
  var taken: (start: [UInt8], end: [UInt8])?
  var takenCount = 0
}

extension RocksColdStore {
  /// How many taken timers may be on disk, for each kind.
  private static let takenLimit = 4096

  package func writeTimers(_ next: () -> ColdTimer?) throws {
    var timer = next()
    while let first = timer {
      // Among timers that were taken there is no room for new ones.
      if comesBeforeEnd(first) { try deleteTaken(Int(first.kind)) }
      try inBatches { batch in
        guard let current = timer, !comesBeforeEnd(current) else { return false }
        put(current, batch)
        timer = next()
        return true
      }
    }
  }

  private func put(_ timer: ColdTimer, _ batch: OpaquePointer) {
    let index = Int(timer.kind)
    timerLines[index].first_us = min(timerLines[index].first_us ?? .max, timer.time_us)
    key.removeAll()
    key.append(timer)
    rocksdb_writebatch_put_cf(batch, timers, key.base, key.count, "", 0)
  }

  package func firstTimer(kind: UInt32) -> Int64? { timerLines[Int(kind)].first_us }

  package func takeTimers(kind: UInt32, upTo time_us: Int64, limit: Int, _ body: (ColdTimer) -> Void) throws {
    guard limit > 0, let first_us = firstTimer(kind: kind), first_us <= time_us else { return }
    let iterator = rocksdb_create_iterator_cf(database, options.read, timers)!
    defer { rocksdb_iter_destroy(iterator) }
    let start = timerLines[Int(kind)].taken?.end ?? DiskKeys.start(ofKind: kind, from: first_us)
    start.withUnsafeBytes { rocksdb_iter_seek(iterator, $0.baseAddress, $0.count) }
    let taking = take(iterator, kind: kind, upTo: time_us, limit: limit, body)
    try calls("reading timers") { rocksdb_iter_get_error(iterator, $0) }
    note(taking, start: start, line: Int(kind))
    if timerLines[Int(kind)].takenCount >= Self.takenLimit { try deleteTaken(Int(kind)) }
  }

  /// What `takeTimers` went over: how many, the last one's key on disk, the time of the first that stays.
  private typealias Taking = (count: Int, last: [UInt8], next_us: Int64?)

  private func take(
    _ iterator: OpaquePointer, kind: UInt32, upTo time_us: Int64, limit: Int, _ body: (ColdTimer) -> Void
  ) -> Taking {
    var taking: Taking = (0, [], nil)
    while rocksdb_iter_valid(iterator) != 0, let timer = DiskKeys.timer(iterator.key), timer.kind == kind {
      guard timer.time_us <= time_us, taking.count < limit else {
        taking.next_us = timer.time_us
        break
      }
      body(timer)
      taking.count += 1
      taking.last = [UInt8](iterator.key)
      rocksdb_iter_next(iterator)
    }
    return taking
  }

  private func note(_ taking: Taking, start: [UInt8], line: Int) {
    timerLines[line].first_us = taking.next_us
    guard taking.count > 0 else { return }
    timerLines[line].taken = (timerLines[line].taken?.start ?? start, taking.last + [0])
    timerLines[line].takenCount += taking.count
  }

  private func deleteTaken(_ line: Int) throws {
    guard let taken = timerLines[line].taken else { return }
    try calls("removing timers") { error in
      taken.start.withUnsafeBytes { start in
        taken.end.withUnsafeBytes { end in
          rocksdb_delete_range_cf(
            database, options.write, timers, start.baseAddress, start.count, end.baseAddress, end.count, error)
        }
      }
    }
    timerLines[line].taken = nil
    timerLines[line].takenCount = 0
  }

  private func comesBeforeEnd(_ timer: ColdTimer) -> Bool {
    guard let end = timerLines[Int(timer.kind)].taken?.end else { return false }
    key.removeAll()
    key.append(timer)
    return UnsafeRawBufferPointer(start: key.base, count: key.count).lexicographicallyPrecedes(end)
  }
}
