import Synchronization

/// What there is to see of a split while it is read: written by its worker's thread, read by any.
package final class SplitMetrics: Sendable {
  /// What the split is called, unique within its step.
  package let split: String
  private let nextPlace: Atomic<Int64>
  private let rowCount = Atomic<Int64>(0)
  private let watermark: Atomic<Int64>
  private let part = Atomic<UInt8>(SplitCondition.active.rawValue)
  private let waitingTime_us = Atomic<Int64>(0)

  package init(_ start: SplitPosition) {
    split = start.split
    nextPlace = Atomic(start.next)
    watermark = Atomic(start.watermark_us)
  }

  /// The next row's place, as it was at most a tenth of a second ago. [any]
  package var next: Int64 { nextPlace.load(ordering: .acquiring) }
  /// Rows read so far. [any]
  package var rows: Int64 { rowCount.load(ordering: .relaxed) }
  /// The split's event time in microseconds; Int64.min for none yet. [any]
  package var watermark_us: Int64 { watermark.load(ordering: .relaxed) }
  /// Whether it counts for the step's event time. [any]
  package var condition: SplitCondition { SplitCondition(rawValue: part.load(ordering: .relaxed)) ?? .active }

  /// How long it was paused so far, in microseconds. [any]
  package var paused_us: Int64 { waitingTime_us.load(ordering: .relaxed) }

  func waited(_ time_us: Int64) { waitingTime_us.store(paused_us &+ time_us, ordering: .relaxed) }
  func read(rows count: Int) { rowCount.store(rows &+ Int64(count), ordering: .relaxed) }

  func publish(next: Int64, watermark_us: Int64, _ condition: SplitCondition) {
    watermark.store(watermark_us, ordering: .relaxed)
    part.store(condition.rawValue, ordering: .relaxed)
    nextPlace.store(next, ordering: .releasing)
  }
}

/// Counters of one worker, written by its thread, read by any.
package final class WorkerMetrics: Sendable {
  private final class Counter: Sendable {
    let rowsIn = Atomic<Int64>(0)
    let rowsOut = Atomic<Int64>(0)
    let watermark_us = Atomic<Int64>(.min)
    let busy_ns = Atomic<Int64>(0)
    let backPressure_us = Atomic<Int64>(0)
  }
  private let counters: [Counter]
  private let heldBackTime_us = Atomic<Int64>(0)
  private let deeds = Atomic<Int64>(0)
  private let splitsOfNodes = Mutex<[NodeIndex: [SplitMetrics]]>([:])

  package init(nodeCount: Int) { counters = (0..<nodeCount).map { _ in Counter() } }

  // One writer: a load and a store are enough, and cost no bus lock.
  private static func bump(_ counter: borrowing Atomic<Int64>, by count: Int) {
    counter.store(counter.load(ordering: .relaxed) &+ Int64(count), ordering: .relaxed)
  }

  /// Something begins that a checkpoint would have to keep.
  func acts() { Self.bump(deeds, by: 1) }
  /// How often something has happened that a checkpoint would have to keep; may come up to a tenth of a second late. [any]
  package var deedCount: Int64 { deeds.load(ordering: .relaxed) }

  func rowsIn(node: NodeIndex, count: Int) { Self.bump(counters[node].rowsIn, by: count) }
  func rowsOut(node: NodeIndex, count: Int) { Self.bump(counters[node].rowsOut, by: count) }
  func watermark(node: NodeIndex, _ value_us: Int64) { counters[node].watermark_us.store(value_us, ordering: .relaxed) }

  /// Rows that came into a node so far. [any]
  package func rowsIn(node: NodeIndex) -> Int64 { counters[node].rowsIn.load(ordering: .relaxed) }
  /// Rows that left a node so far. [any]
  package func rowsOut(node: NodeIndex) -> Int64 { counters[node].rowsOut.load(ordering: .relaxed) }
  /// A node's event time in microseconds; Int64.min for none yet. [any]
  package func watermark_us(node: NodeIndex) -> Int64 { counters[node].watermark_us.load(ordering: .relaxed) }
  func busy(node: NodeIndex, for time_ns: Int64) { Self.bump(counters[node].busy_ns, by: Int(time_ns)) }
  func backPressure(node: NodeIndex, for time_us: Int64) {
    Self.bump(counters[node].backPressure_us, by: Int(time_us))
  }
  /// How long this worker has worked for a node, in microseconds; without what nodes after it did with its rows. [any]
  package func busy_us(node: NodeIndex) -> Int64 { counters[node].busy_ns.load(ordering: .relaxed) / 1000 }
  /// How long a node could not go on because there was no room after it, in microseconds: of a source, of a node that takes
  /// rows from other workers, and of a sink whose rows wait. Others never wait by themselves. [any]
  package func backPressure_us(node: NodeIndex) -> Int64 {
    counters[node].backPressure_us.load(ordering: .relaxed)
  }
  func setSplits(node: NodeIndex, _ splits: [SplitMetrics]) { splitsOfNodes.withLock { $0[node] = splits } }
  /// The splits that this worker reads of a source node; none before it has started. [any]
  package func splits(node: NodeIndex) -> [SplitMetrics] { splitsOfNodes.withLock { $0[node] ?? [] } }
  func heldBack(for time_us: Int64) { Self.bump(heldBackTime_us, by: Int(time_us)) }
  /// How long lack of memory has kept this worker's sources from reading, in microseconds. [any]
  package var heldBack_us: Int64 { heldBackTime_us.load(ordering: .relaxed) }
}
