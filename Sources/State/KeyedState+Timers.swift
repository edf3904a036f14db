import CMillrace

extension KeyedState {
  /// Sets a timer; setting it twice is setting it once. `kind`: MILL_TIME_*.
  package func setTimer(slot: UInt32, kind: UInt32, time_us: Int64) {
    let isNew =
      kind == UInt32(MILL_TIME_EVENT)
      ? eventTimers.set(slot: Int(slot), time_us: time_us) : processingTimers.set(slot: Int(slot), time_us: time_us)
    if isNew { changes.pointee.insert(Int(slot)) }
  }

  /// Takes a timer back; unknown ones are ignored.
  package func cancelTimer(slot: UInt32, kind: UInt32, time_us: Int64) {
    let isGone =
      kind == UInt32(MILL_TIME_EVENT)
      ? eventTimers.cancel(slot: Int(slot), time_us: time_us)
      : processingTimers.cancel(slot: Int(slot), time_us: time_us)
    if isGone { changes.pointee.insert(Int(slot)) }
    touch(slot)
  }

  /// Takes timers that are due at `time_us` in order of time, at most `limit`; while `holdTimers` is in force of the last
  /// key more than that. Of one time some keys' may be left. None are left if it takes none. Throws `StateError` if the
  /// cold store fails.
  package func popTimers(
    kind: UInt32, upTo time_us: Int64, limit: Int, into timers: inout [mill_timer]
  ) throws {
    timers.removeAll(keepingCapacity: true)
    repeat {
      let reach = try fetchTimers(kind: kind, upTo: time_us, limit: limit)
      pop(kind, upTo: reach, limit: limit, into: &timers)
    } while timers.isEmpty && hasColdTimers(kind: kind, upTo: time_us)
  }

  /// From now on the event timers that are there come up key by key, all of a key at once; what is set meanwhile does
  /// not, until `releaseTimers`. So each timer comes up once, however often its key goes to the cold store and back.
  package func holdTimers() { eventTimers.hold() }

  /// Ends `holdTimers`.
  package func releaseTimers() { eventTimers.release() }

  private func pop(_ kind: UInt32, upTo reach: Int64, limit: Int, into timers: inout [mill_timer]) {
    if kind == UInt32(MILL_TIME_EVENT) && eventTimers.isHolding {
      return popByKey(upTo: reach, limit: limit, into: &timers)
    }
    while timers.count < limit, pop(kind, reach, into: &timers) {}
  }

  private func popByKey(upTo reach: Int64, limit: Int, into timers: inout [mill_timer]) {
    let kind = UInt32(MILL_TIME_EVENT)
    while timers.count < limit, pop(kind, reach, into: &timers) {
      let slot = timers[timers.count - 1].slot
      eventTimers.forEach(slot: Int(slot)) { timers.append(mill_timer(slot: slot, kind: kind, time_us: $0.time_us)) }
      eventTimers.removeAll(slot: Int(slot))
    }
    timers.sort { $0.time_us < $1.time_us }
  }

  private func pop(_ kind: UInt32, _ time_us: Int64, into timers: inout [mill_timer]) -> Bool {
    let timer =
      kind == UInt32(MILL_TIME_EVENT) ? eventTimers.pop(upTo: time_us) : processingTimers.pop(upTo: time_us)
    guard let timer else { return false }
    timers.append(mill_timer(slot: timer.slot, kind: kind, time_us: timer.time_us))
    changes.pointee.insert(Int(timer.slot))
    touch(timer.slot)
    return true
  }
}
