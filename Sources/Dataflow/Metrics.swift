import Synchronization

/// Counters of one worker, written by its thread, read by any.
package final class WorkerMetrics: Sendable {
  private final class Counter: Sendable {
    let rowsIn = Atomic<Int64>(0)
    let rowsOut = Atomic<Int64>(0)
    let watermark_us = Atomic<Int64>(.min)
  }
  private let counters: [Counter]
  private let heldBackTime_us = Atomic<Int64>(0)

  package init(nodeCount: Int) { counters = (0..<nodeCount).map { _ in Counter() } }

  // One writer: a load and a store are enough, and cost no bus lock.
  private static func bump(_ counter: borrowing Atomic<Int64>, by count: Int) {
    counter.store(counter.load(ordering: .relaxed) &+ Int64(count), ordering: .relaxed)
  }

  func rowsIn(node: NodeIndex, count: Int) { Self.bump(counters[node].rowsIn, by: count) }
  func rowsOut(node: NodeIndex, count: Int) { Self.bump(counters[node].rowsOut, by: count) }
  func watermark(node: NodeIndex, _ value_us: Int64) { counters[node].watermark_us.store(value_us, ordering: .relaxed) }

  /// Rows that came into a node so far. [any]
  package func rowsIn(node: NodeIndex) -> Int64 { counters[node].rowsIn.load(ordering: .relaxed) }
  /// Rows that left a node so far. [any]
  package func rowsOut(node: NodeIndex) -> Int64 { counters[node].rowsOut.load(ordering: .relaxed) }
  /// A node's event time in microseconds; Int64.min for none yet. [any]
  package func watermark_us(node: NodeIndex) -> Int64 { counters[node].watermark_us.load(ordering: .relaxed) }
  func heldBack(for time_us: Int64) { Self.bump(heldBackTime_us, by: Int(time_us)) }
  /// How long lack of memory has kept this worker's sources from reading, in microseconds. [any]
  package var heldBack_us: Int64 { heldBackTime_us.load(ordering: .relaxed) }
}
