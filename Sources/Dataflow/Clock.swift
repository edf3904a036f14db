import Glibc

/// Clocks, in microseconds.
package enum Clock {
  /// Since 1970-01-01T00:00:00Z; may be set back.
  package static func realtime_us() -> Int64 { read(CLOCK_REALTIME) }
  /// Since some moment of this boot; never goes back.
  package static func monotonic_us() -> Int64 { read(CLOCK_MONOTONIC) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
  }
}
