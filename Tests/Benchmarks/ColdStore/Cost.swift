import Glibc

/// Time that something takes, nanoseconds.
struct Cost {
  private(set) var wall: UInt64 = 0
  private(set) var thread: UInt64 = 0
  private(set) var process: UInt64 = 0

  /// The clocks now; differences are costs.
  static var now: Cost {
    var cost = Cost()
    cost.wall = nanoseconds(CLOCK_MONOTONIC)
    cost.thread = nanoseconds(CLOCK_THREAD_CPUTIME_ID)
    cost.process = nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
    return cost
  }

  static func - (a: Cost, b: Cost) -> Cost {
    var cost = Cost()
    cost.wall = a.wall - b.wall
    cost.thread = a.thread - b.thread
    cost.process = a.process - b.process
    return cost
  }

  /// Adds what `body` takes.
  mutating func measure(_ body: () throws -> Void) rethrows {
    let before = Self.now
    try body()
    let taken = Self.now - before
    wall += taken.wall
    thread += taken.thread
    process += taken.process
  }

  /// What the calling thread had of it.
  func report(_ what: String, per count: Int) {
    print("\(what): \(Self.text(thread, count)) µs CPU of the calling thread a key, \(Self.text(wall, count)) µs long")
  }

  /// What all threads had of it, the benchmark's own work included.
  func reportAll(_ what: String, per count: Int) {
    print("\(what): \(Self.text(process, count)) µs CPU of all threads a key, \(Self.text(wall, count)) µs long")
  }

  private static func text(_ time: UInt64, _ count: Int) -> String {
    let hundredths = Int(time) / 10 / max(1, count)
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}

private func nanoseconds(_ clock: clockid_t) -> UInt64 {
  var time = timespec()
  clock_gettime(clock, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
