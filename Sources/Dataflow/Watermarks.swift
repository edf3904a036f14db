/// Event time of a node with several inputs: the least of them, idle and ended ones left out. It ends (Int64.max)
/// only when all have ended: an idle input may go on.
package struct WatermarkTracker {
  private var watermarks_us: [Int64]
  private var idle: [Bool]
  /// What was told downstream last.
  package private(set) var current_us = Int64.min
  /// Whether nothing is coming for now: all inputs are idle or ended, but not all ended.
  package var isIdle: Bool {
    var anyIdle = false
    for index in idle.indices where watermarks_us[index] != .max {
      if !idle[index] { return false }
      anyIdle = true
    }
    return anyIdle
  }

  /// A tracker of `channelCount` inputs, none of which has said anything.
  package init(channelCount: Int) {
    watermarks_us = Array(repeating: .min, count: channelCount)
    idle = Array(repeating: false, count: channelCount)
  }

  /// Input `channel` has moved on. Gives the new watermark if that moves the whole.
  package mutating func advance(channel: Int, to watermark_us: Int64) -> Int64? {
    idle[channel] = false
    watermarks_us[channel] = max(watermarks_us[channel], watermark_us)
    return combined()
  }

  /// Input `channel` has fallen silent. Gives the new watermark if that moves the whole.
  package mutating func markIdle(channel: Int) -> Int64? {
    idle[channel] = true
    return combined()
  }

  /// The input that holds the others back, if any.
  package var slowestChannel: Int? {
    watermarks_us.indices.filter { !idle[$0] && watermarks_us[$0] != .max }.min {
      watermarks_us[$0] < watermarks_us[$1]
    }
  }

  private mutating func combined() -> Int64? {
    if isIdle { return nil }
    var least = Int64.max
    for index in watermarks_us.indices where !idle[index] { least = min(least, watermarks_us[index]) }
    guard least > current_us else { return nil }
    current_us = least
    return least
  }
}

/// How event time is told from the rows of one source step.
package struct WatermarkPolicy: Sendable, Equatable {
  /// How far behind the greatest event time a row may come, in microseconds.
  package var outOfOrderness_us: Int64
  /// After how long without rows a split no longer holds event time back, in microseconds; nil: never.
  package var idleAfter_us: Int64?

  package init(outOfOrderness_us: Int64, idleAfter_us: Int64?) {
    self.outOfOrderness_us = outOfOrderness_us
    self.idleAfter_us = idleAfter_us
  }
}

/// Whether a split counts for its step's event time.
package enum SplitCondition: UInt8, Sendable {
  /// It does.
  case active
  /// No rows came for so long that it does not for now.
  case idle
  /// No rows will come any more.
  case ended
  /// It does, but is so far ahead of the slowest that it is not read for now.
  case paused
}

/// Event time of a source step on one worker: bounded out-of-orderness for each split, the least over the splits.
package struct SplitWatermarks {
  private struct Split {
    var greatest_us = Int64.min
    var lastRow_us: Int64  // by `clock_us`
    var hasNewRows = false
    var idle = false
    var ended = false
    var paused = false
  }
  private let policy: WatermarkPolicy
  private var splits: [Int: Split] = [:]
  /// What was told downstream last; Int64.min for nothing yet.
  package private(set) var current_us = Int64.min
  private var toldIdle = false
  /// Time in which the source was asked for rows. It goes on by an eighth of the idle time a call at most, so that a
  /// long pause between two calls does not make splits idle that have rows.
  private var clock_us: Int64 = 0
  private var lastPoll_us: Int64?

  package init(policy: WatermarkPolicy) { self.policy = policy }

  /// A split that belongs to this worker; `watermark_us` is its watermark from a checkpoint, or Int64.min.
  package mutating func add(split: Int, watermark_us: Int64) {
    let (sum, isOver) = watermark_us.addingReportingOverflow(policy.outOfOrderness_us + 1)
    let greatest = watermark_us == .min ? Int64.min : isOver ? .max : sum
    splits[split] = Split(greatest_us: greatest, lastRow_us: clock_us)
  }

  /// Rows came from `split`, the latest with event time `greatest_us` (Int64.min: none had one).
  package mutating func saw(split: Int, greatest_us: Int64) {
    guard var state = splits[split] else { return }
    state.greatest_us = max(state.greatest_us, greatest_us)
    state.hasNewRows = true
    state.idle = false
    splits[split] = state
  }

  /// No more rows will come from `split`.
  package mutating func ended(split: Int) { splits[split]?.ended = true }

  /// Whether no split will give rows any more.
  package var allEnded: Bool { splits.values.allSatisfy(\.ended) }

  /// The source was not asked for rows since the last `poll`: that time is nobody's idle time.
  package mutating func pause() { lastPoll_us = nil }

  /// The watermark of one split, for the checkpoint.
  package func watermark(of split: Int) -> Int64 {
    splits[split].map { watermark(behind: $0.greatest_us) } ?? .min
  }

  /// Whether a split counts for the event time of all.
  package func condition(of split: Int) -> SplitCondition {
    guard let state = splits[split] else { return .ended }
    return state.ended ? .ended : state.idle ? .idle : state.paused ? .paused : .active
  }

  /// Whether a split, paused or not, counts for the event time of all.
  package func isActive(_ split: Int) -> Bool { splits[split].map { !$0.ended && !$0.idle } ?? false }

  /// The source is not asked for rows of `split` until this is called with false: it does not become idle by that.
  package mutating func setPaused(split: Int, _ isPaused: Bool) { splits[split]?.paused = isPaused }

  /// The least watermark of the splits that count; Int64.max if there is none.
  package var slowest_us: Int64 {
    var greatest_us: Int64?
    for state in splits.values where !state.ended && !state.idle {
      greatest_us = min(greatest_us ?? .max, state.greatest_us)
    }
    return greatest_us.map(watermark(behind:)) ?? .max
  }

  private func watermark(behind greatest_us: Int64) -> Int64 {
    let (result, isUnder) = greatest_us.subtractingReportingOverflow(policy.outOfOrderness_us + 1)
    return isUnder ? .min : result
  }

  /// The split that holds event time back, if there is one.
  package var slowestSplit: Int? {
    splits.filter { !$0.value.idle && !$0.value.ended }.min { $0.value.greatest_us < $1.value.greatest_us }?.key
  }

  /// What to tell downstream now, if anything is new. To be called after every reading of the source. `isKnownEmpty`:
  /// whether a split that was silent for long has no rows to read; while that is not known it is not idle.
  package mutating func poll(now_us: Int64, isKnownEmpty: (Int) -> Bool = { _ in true }) -> Message? {
    markIdleSplits(now_us: now_us, isKnownEmpty)
    var least = Int64.max
    var active = false
    for state in splits.values where !state.ended && !state.idle {
      active = true
      least = min(least, state.greatest_us)
    }
    if !active { return silent() }
    let wasIdle = toldIdle
    toldIdle = false
    let watermark = watermark(behind: least)
    guard watermark > current_us || wasIdle else { return nil }
    current_us = max(current_us, watermark)
    return .watermark(current_us)
  }

  private mutating func silent() -> Message? {
    if toldIdle { return nil }
    toldIdle = true
    return .idle
  }

  /// A split is idle after the idle time without rows, the second half of it known to be empty: after an outage those
  /// who write are held up too, and must get the chance to go on.
  private mutating func markIdleSplits(now_us: Int64, _ isKnownEmpty: (Int) -> Bool) {
    guard let idleAfter = policy.idleAfter_us else { return }
    let half = idleAfter / 2
    clock_us += min(max(0, now_us - (lastPoll_us ?? now_us)), max(1, idleAfter / 8))
    lastPoll_us = now_us
    for (id, var state) in splits where !state.ended {
      if state.hasNewRows || state.paused { state.lastRow_us = clock_us }
      state.hasNewRows = false
      if clock_us - state.lastRow_us >= half && !isKnownEmpty(id) { state.lastRow_us = clock_us - half }
      state.idle = clock_us - state.lastRow_us >= idleAfter
      splits[id] = state
    }
  }
}
