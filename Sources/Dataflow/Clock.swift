import Glibc

/// Clocks.
package enum Clock {
  /// Since 1970-01-01T00:00:00Z; may be set back.
  package static func realtime_us() -> Int64 { read_ns(CLOCK_REALTIME) / 1000 }
  /// Since some moment of this boot; never goes back.
  package static func monotonic_us() -> Int64 { read_ns(CLOCK_MONOTONIC) / 1000 }
  /// The same in nanoseconds.
  static func monotonic_ns() -> Int64 { read_ns(CLOCK_MONOTONIC) }

  private static func read_ns(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
