import Columnar
import Synchronization

/// The part of a sink step that one worker writes.
package protocol DataflowSink: AnyObject {
  /// Writes rows `first..<batch.rowCount` as part of `epoch`; gives how many of them it took. Fewer than all means
  /// that a queue is full: it is called again later with the rest. Never blocks.
  func write(_ batch: RecordBatch, first: Int, epoch: UInt64) throws -> Int
  /// The end of running.
  func close()
}

/// Rows that leave beside the graph's edges (dead letters), under the same gate as the sinks' rows. One per worker.
package protocol SideOutput: AnyObject {
  /// Hands over what the gate admits, as far as queues have room.
  func flush(gate: EpochGate) throws
  /// Whether rows of an epoch up to `epoch` still wait here.
  func holds(through epoch: UInt64) -> Bool
  /// Whether so much waits here that sources should pause.
  var isCongested: Bool { get }
}

/// Which epochs' rows may be handed to the sinks. Epoch N + 1 opens when all rows of N are acknowledged: handed over
/// earlier, rows of N could land behind them.
package final class EpochGate: Sendable {
  private let open: Atomic<UInt64>

  /// A gate that lets rows of epochs up to `epoch` through.
  package init(open epoch: UInt64) { open = Atomic(epoch) }

  /// Lets rows of epochs up to `epoch` through. [any]
  package func advance(to epoch: UInt64) { open.store(epoch, ordering: .releasing) }

  /// Whether rows of `epoch` may go out. [any]
  package func admits(_ epoch: UInt64) -> Bool { open.load(ordering: .acquiring) >= epoch }
}
