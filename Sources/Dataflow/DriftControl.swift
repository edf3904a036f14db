import Synchronization

/// Decides which splits of a source step are so far ahead of the slowest that they are not to be read for now.
package struct DriftControl: Sendable {
  private let limit_us: Int64
  /// The splits that are paused.
  package private(set) var paused: Set<Int> = []

  /// `limit_us`: how far ahead a split's watermark may be, more than 0.
  package init(limit_us: Int64) { self.limit_us = limit_us }

  /// Looks at a split that counts for event time, has the watermark `watermark_us`, and the slowest of the step
  /// `slowest_us`. Gives whether it is paused from now on, if that is new. One that is paused goes on only when it is ahead
  /// by half the limit: what was fetched ahead of a split is lost when it pauses, so it should read more than a batch
  /// between two pauses.
  package mutating func look(at split: Int, watermark_us: Int64, slowest_us: Int64) -> Bool? {
    let isPaused = paused.contains(split)
    let (sum, isOver) = slowest_us.addingReportingOverflow(isPaused ? limit_us / 2 : limit_us)
    let isAhead = !isOver && watermark_us > sum
    guard isAhead != isPaused else { return nil }
    if isAhead { paused.insert(split) } else { paused.remove(split) }
    return isAhead
  }
}

/// How far behind the slowest split of a source step is on each worker, told to all of them: splits on different workers
/// must not drift apart either. [any]
package final class EventTimeAlignment: Sendable {
  private final class Slowest: Sendable {
    let watermark_us = Atomic<Int64>(.min)
  }

  /// How far ahead of the slowest split another's watermark may be, in microseconds.
  package let limit_us: Int64
  private let workers: [Slowest]

  /// One step's, for one attempt: until a worker has told something its splits are behind all others.
  package init(limit_us: Int64, workerCount: Int) {
    self.limit_us = limit_us
    workers = (0..<workerCount).map { _ in Slowest() }
  }

  /// The least watermark of a worker's splits that count for event time; Int64.max if none does. [that worker]
  package func tell(worker: Int, _ watermark_us: Int64) {
    workers[worker].watermark_us.store(watermark_us, ordering: .relaxed)
  }

  /// The least of all workers. A few loads: fit for every turn. [any]
  package var slowest_us: Int64 {
    workers.reduce(.max) { min($0, $1.watermark_us.load(ordering: .relaxed)) }
  }
}
