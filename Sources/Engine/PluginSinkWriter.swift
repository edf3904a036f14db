import Columnar
import Dataflow
import PluginHost

/// The part of a step with a plugin's sink that one worker writes.
final class PluginSinkWriter: DataflowSink {
  /// How long to leave a sink alone after a fault that may pass, in microseconds.
  private static let pause_us: Int64 = 100_000

  private let sink: PluginSink
  private let worker: Int
  private let rejects: RejectedRows
  private let onFault: (PluginError) -> Void
  private var isAtFault = false
  private var pausesUntil_us = Int64.min

  /// `rejects`: takes the rows that the sink has no form for. `onFault`: hears of each fault that may pass.
  init(_ sink: PluginSink, worker: Int, rejects: RejectedRows, onFault: @escaping (PluginError) -> Void) {
    self.sink = sink
    self.worker = worker
    self.rejects = rejects
    self.onFault = onFault
  }

  func write(_ batch: RecordBatch, first: Int, epoch: UInt64) throws -> Int {
    guard !isAtFault || Clock.monotonic_us() >= pausesUntil_us else { return 0 }
    guard let bad = try tryToWrite(batch, epoch) else { return 0 }
    isAtFault = false
    for row in bad { try rejects.handle(row, epoch: epoch) }
    return batch.rowCount
  }

  /// Writes all rows but those that it gives; nil: none, as of a fault that may pass.
  private func tryToWrite(_ batch: RecordBatch, _ epoch: UInt64) throws -> [RejectedRow]? {
    do { return try sink.write(batch, worker: worker, epoch: epoch) } catch let error as PluginError {
      guard error.errorClass == .retry else { throw error }
      pause(error)
      return nil
    }
  }

  /// The rows wait, and so do the sources before long.
  private func pause(_ error: PluginError) {
    pausesUntil_us = Clock.monotonic_us() + Self.pause_us
    onFault(error)
    if !isAtFault { Log.write(.warning, "sink", "trying again: \(error)") }
    isAtFault = true
  }

  func close() {}
}
