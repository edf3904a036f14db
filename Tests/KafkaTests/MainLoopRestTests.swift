import Foundation
import Interposed
import XCTest

/// The clock as main threads of librdkafka see it, and others.
final class MainLoopRestTests: XCTestCase {
  private static let looks = 2400
  /// RUSAGE_THREAD, which Swift is not shown.
  private static let thisThread: __rusage_who_t = 1

  /// How often a thread of this name gives its processor away by itself while it looks at the clock again and again.
  private func rests(threadName: String) -> Int {
    nonisolated(unsafe) var count = 0
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      Thread.current.name = threadName  // the system's name too
      var (before, after, now) = (rusage(), rusage(), timespec())
      getrusage(Self.thisThread, &before)
      for _ in 0..<Self.looks { XCTAssertEqual(clock_gettime(CLOCK_MONOTONIC, &now), 0) }
      getrusage(Self.thisThread, &after)
      count = after.ru_nvcsw - before.ru_nvcsw
      done.signal()
    }
    thread.start()
    done.wait()
    return count
  }

  func testMainThreadsRestAndOthersDoNot() {
    let isInEffect = mill_let_main_loops_rest()
    let rests = rests(threadName: "rdk:main")
    if isInEffect { XCTAssertGreaterThan(rests, Self.looks / 48) } else { XCTAssertLessThan(rests, Self.looks / 48) }
    for name in ["rdk:broker1", "worker-0"] { XCTAssertLessThan(self.rests(threadName: name), Self.looks / 48, name) }
  }

  func testItIsTheSystemsClock() {
    _ = mill_let_main_loops_rest()
    var (before, now, wall) = (timespec(), timespec(), timespec())
    clock_gettime(CLOCK_MONOTONIC, &before)
    clock_gettime(CLOCK_MONOTONIC, &now)
    XCTAssertGreaterThanOrEqual(Self.ns(now), Self.ns(before))
    clock_gettime(CLOCK_REALTIME, &wall)
    XCTAssertEqual(Double(wall.tv_sec), Date().timeIntervalSince1970, accuracy: 60)
    XCTAssertEqual(clock_gettime(clockid_t(12_345), &now), -1)
    XCTAssertEqual(errno, EINVAL)
  }

  private static func ns(_ time: timespec) -> Int { time.tv_sec * 1_000_000_000 + time.tv_nsec }
}
