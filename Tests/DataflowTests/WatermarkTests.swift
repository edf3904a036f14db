import Dataflow
import XCTest

final class WatermarkTests: XCTestCase {
  private func watermark(_ message: Message?) -> Int64? {
    if case .watermark(let time) = message { return time }
    return nil
  }
  private func isIdle(_ message: Message?) -> Bool {
    if case .idle = message { return true }
    return false
  }

  // MARK: - Of several inputs

  func testLeastOfTheInputs() {
    var tracker = WatermarkTracker(channelCount: 3)
    XCTAssertNil(tracker.advance(channel: 0, to: 10))
    XCTAssertNil(tracker.advance(channel: 1, to: 20))
    XCTAssertEqual(tracker.advance(channel: 2, to: 5), 5)
    XCTAssertEqual(tracker.slowestChannel, 2)
    XCTAssertNil(tracker.advance(channel: 0, to: 30))
    XCTAssertNil(tracker.advance(channel: 2, to: 4), "an input went back")
    XCTAssertEqual(tracker.advance(channel: 2, to: 25), 20)
    XCTAssertEqual(tracker.current_us, 20)
  }

  func testIdleInputs() {
    var tracker = WatermarkTracker(channelCount: 2)
    XCTAssertNil(tracker.advance(channel: 0, to: 10))
    XCTAssertEqual(tracker.markIdle(channel: 1), 10)
    XCTAssertFalse(tracker.isIdle)
    XCTAssertNil(tracker.markIdle(channel: 0), "idle inputs know no time")
    XCTAssertTrue(tracker.isIdle)
    XCTAssertNil(tracker.advance(channel: 1, to: 3), "time does not go back for an input that was idle")
    XCTAssertFalse(tracker.isIdle)
    XCTAssertEqual(tracker.advance(channel: 1, to: 12), 12, "an idle input holds nothing back")
  }

  func testEndOfAllInputs() {
    var tracker = WatermarkTracker(channelCount: 2)
    XCTAssertNil(tracker.advance(channel: 0, to: .max))
    XCTAssertEqual(tracker.advance(channel: 1, to: 7), 7)
    XCTAssertEqual(tracker.advance(channel: 1, to: .max), .max)
  }

  func testIdleIsNotTheEnd() {
    var tracker = WatermarkTracker(channelCount: 2)
    XCTAssertNil(tracker.advance(channel: 0, to: 10))
    XCTAssertEqual(tracker.advance(channel: 1, to: 5), 5)
    XCTAssertNil(tracker.advance(channel: 0, to: .max))
    XCTAssertNil(tracker.markIdle(channel: 1), "an input that is silent may go on: event time must not end")
    XCTAssertTrue(tracker.isIdle, "one input has ended, the other is silent")
    XCTAssertEqual(tracker.advance(channel: 1, to: 8), 8)
    XCTAssertEqual(tracker.advance(channel: 1, to: .max), .max)
    XCTAssertFalse(tracker.isIdle)
  }

  // MARK: - Of a source's splits

  private func policy(_ disorder_us: Int64 = 0, idle: Int64? = 100) -> WatermarkPolicy {
    WatermarkPolicy(outOfOrderness_us: disorder_us, idleAfter_us: idle)
  }

  func testLeastOfTheSplits() {
    var splits = SplitWatermarks(policy: policy(5, idle: nil))
    splits.add(split: 0, watermark_us: .min)
    splits.add(split: 1, watermark_us: .min)
    XCTAssertNil(splits.poll(now_us: 0))
    splits.saw(split: 0, greatest_us: 100)
    XCTAssertNil(splits.poll(now_us: 1), "a split that was never heard of")
    XCTAssertEqual(splits.slowestSplit, 1)
    splits.saw(split: 1, greatest_us: 50)
    XCTAssertEqual(watermark(splits.poll(now_us: 1)), 44)
    splits.saw(split: 1, greatest_us: 40)
    XCTAssertNil(splits.poll(now_us: 1), "a late row does not move time back")
    splits.saw(split: 1, greatest_us: 200)
    XCTAssertEqual(watermark(splits.poll(now_us: 1)), 94)
    XCTAssertEqual(splits.watermark(of: 1), 194)
    XCTAssertEqual(splits.watermark(of: 9), .min)
  }

  func testIdleSplits() {
    var splits = SplitWatermarks(policy: policy())
    splits.add(split: 0, watermark_us: .min)
    splits.add(split: 1, watermark_us: .min)
    for now in stride(from: Int64(0), to: 99, by: 9) {
      splits.saw(split: 0, greatest_us: 1000 + now)
      XCTAssertNil(splits.poll(now_us: now))
    }
    splits.saw(split: 0, greatest_us: 2000)
    XCTAssertEqual(watermark(splits.poll(now_us: 100)), 1999, "a split without rows for 100 µs is left out")
    for now in stride(from: Int64(105), to: 199, by: 5) { XCTAssertNil(splits.poll(now_us: now)) }
    XCTAssertTrue(isIdle(splits.poll(now_us: 200)), "all are silent")
    XCTAssertNil(splits.poll(now_us: 205), "told once")
    splits.saw(split: 1, greatest_us: 5)
    XCTAssertEqual(watermark(splits.poll(now_us: 206)), 1999, "downstream must hear that it is no longer idle")
    XCTAssertNil(splits.poll(now_us: 207))
  }

  func testFirstRowsAfterIdleWithoutTimes() {
    var splits = SplitWatermarks(policy: policy())
    splits.add(split: 0, watermark_us: .min)
    for now in stride(from: Int64(0), to: 100, by: 5) { XCTAssertNil(splits.poll(now_us: now)) }
    XCTAssertTrue(isIdle(splits.poll(now_us: 100)))
    splits.saw(split: 0, greatest_us: .min)
    XCTAssertEqual(watermark(splits.poll(now_us: 101)), .min, "active again, without a time yet")
    XCTAssertNil(splits.poll(now_us: 102))
  }

  /// A source that was not asked for rows, since something downstream was full, is not idle.
  func testPausesAreNotIdleness() {
    var splits = SplitWatermarks(policy: policy())
    splits.add(split: 0, watermark_us: .min)
    splits.add(split: 1, watermark_us: .min)
    splits.saw(split: 0, greatest_us: 1000)
    splits.saw(split: 1, greatest_us: 10)
    XCTAssertEqual(watermark(splits.poll(now_us: 1)), 9)
    splits.saw(split: 0, greatest_us: 2000)
    XCTAssertNil(splits.poll(now_us: 10_001), "split 1 counts as idle after a pause, though it may have rows")
  }

  func testNoSplitsAndEndedSplits() {
    var none = SplitWatermarks(policy: policy())
    XCTAssertTrue(isIdle(none.poll(now_us: 0)))
    XCTAssertNil(none.poll(now_us: 1))
    var splits = SplitWatermarks(policy: policy(0, idle: nil))
    splits.add(split: 0, watermark_us: .min)
    splits.add(split: 1, watermark_us: .min)
    splits.saw(split: 0, greatest_us: 50)
    splits.ended(split: 1)
    XCTAssertEqual(watermark(splits.poll(now_us: 0)), 49, "a split that ended without rows")
    splits.ended(split: 0)
    XCTAssertTrue(isIdle(splits.poll(now_us: 0)))
  }

  func testRestoredWatermarks() {
    var splits = SplitWatermarks(policy: policy(5, idle: nil))
    splits.add(split: 0, watermark_us: 100)
    splits.add(split: 1, watermark_us: 200)
    XCTAssertEqual(splits.watermark(of: 0), 100)
    XCTAssertEqual(watermark(splits.poll(now_us: 0)), 100)
    splits.saw(split: 0, greatest_us: 90)
    XCTAssertNil(splits.poll(now_us: 0))
    XCTAssertEqual(splits.watermark(of: 0), 100)
  }

  func testExtremeTimes() {
    var splits = SplitWatermarks(policy: policy(1_000_000, idle: nil))
    splits.add(split: 0, watermark_us: .min)
    splits.saw(split: 0, greatest_us: .min + 10)
    XCTAssertNil(watermark(splits.poll(now_us: 0)).flatMap { $0 > .min ? $0 : nil }, "time before the first there is")
    splits.saw(split: 0, greatest_us: .max)
    XCTAssertEqual(watermark(splits.poll(now_us: 0)), .max - 1_000_001)
    var restored = SplitWatermarks(policy: policy(1_000_000, idle: nil))
    restored.add(split: 0, watermark_us: .max - 1)
    XCTAssertGreaterThan(restored.watermark(of: 0), 0)
  }

  func testASplitThatMayHaveRowsIsNotIdle() {
    var splits = SplitWatermarks(policy: WatermarkPolicy(outOfOrderness_us: 0, idleAfter_us: 10))
    splits.add(split: 0, watermark_us: .min)
    splits.add(split: 1, watermark_us: .min)
    splits.saw(split: 0, greatest_us: 100)
    splits.saw(split: 1, greatest_us: 50)
    XCTAssertEqual(watermark(splits.poll(now_us: 0)), 49)
    for now in stride(from: Int64(1), to: 100, by: 1) {
      splits.saw(split: 0, greatest_us: 100 + now)
      XCTAssertNil(splits.poll(now_us: now, isKnownEmpty: { _ in false }), "what can't be seen holds time back")
    }
    for now in stride(from: Int64(100), to: 104, by: 1) {
      XCTAssertNil(splits.poll(now_us: now), "half the idle time has to pass in which it is known to be empty")
      splits.saw(split: 0, greatest_us: 200)
    }
    XCTAssertEqual(watermark(splits.poll(now_us: 104)), 199)
    splits.saw(split: 0, greatest_us: 500)
    XCTAssertNil(splits.poll(now_us: 105, isKnownEmpty: { _ in false }), "it may have got rows since")
  }
}
