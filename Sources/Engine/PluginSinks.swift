import Checkpointing
import Pipeline
import PluginHost

/// The sinks of plugins that an attempt writes to, by step. They follow the epochs: prepared before an epoch counts,
/// committed before it is marked.
struct PluginSinks: Sendable {
  private let sinks: [Int: PluginHost.PluginSink]
  private let errors: ConnectionLog

  /// Makes the instances; they touch nothing outside of the process yet. `errors`: where faults that may pass are noted. Throws
  /// `PluginError`.
  init(_ resolved: ResolvedPlan, errors: ConnectionLog) throws {
    self.errors = errors
    let plan = resolved.plan
    var sinks: [Int: PluginHost.PluginSink] = [:]
    for (index, type) in resolved.sinks {
      let step = plan.steps[index]
      guard case .pluginSink(let use) = step.kind else { continue }
      sinks[index] = try PluginHost.PluginSink(
        type: type, config: use.config, job: plan.job, step: step.id, workers: plan.parallelism,
        schema: step.inputs[0].schema)
    }
    self.sinks = sinks
  }

  /// What worker `worker` writes step `step` with, which is called `id`; nil if the step has no sink of a plugin. [any]
  func writer(_ step: Int, id: String, worker: Int, rejects: RejectedRows) -> PluginSinkWriter? {
    sinks[step].map { sink in
      PluginSinkWriter(sink, worker: worker, rejects: rejects) { [errors] in errors.failed(step: id, "\($0)") }
    }
  }

  /// Epochs up to `epoch` count, and later ones don't. Throws `EpochFailure` for what may pass, else `PluginError`. [control]
  func recover(epoch: UInt64) throws {
    do { try forAll { try $0.recover(epoch: epoch) } } catch let error as PluginError where error.errorClass == .retry {
      throw EpochFailure(step: .start, epoch: epoch, kind: .retriable, message: "\(error)")
    }
  }

  /// Makes all rows of `epoch` durable. May be called again after an error that may pass. Throws `PluginError`. [control]
  func prepare(epoch: UInt64) throws { try forAll { try $0.prepare(epoch: epoch) } }

  /// Shows all rows of `epoch`. As `prepare` otherwise. [control]
  func commit(epoch: UInt64) throws { try forAll { try $0.commit(epoch: epoch) } }

  private func forAll(_ body: (PluginHost.PluginSink) throws -> Void) throws {
    for (_, sink) in sinks.sorted(by: { $0.key < $1.key }) { try body(sink) }
  }
}
