import Columnar
import Dataflow
import Pipeline
import PluginHost

/// The difference between the plan that runs and the same file's plan with newer plugin versions. The steps and their
/// edges are the same in both.
struct PlanChange {
  let old: ResolvedPlan
  let new: ResolvedPlan

  init(from old: ResolvedPlan, to new: ResolvedPlan) {
    self.old = old
    self.new = new
  }

  /// A version of an operator or serde that takes over from another.
  struct NewVersion {
    var kind: PluginKind
    var id: String
    var from: SemanticVersion
    var to: SemanticVersion
    var offered: OfferedVersion { OfferedVersion(kind: kind, id: id, version: to) }
  }

  /// The operators and serdes whose version changes.
  var versions: [NewVersion] {
    var result: [String: NewVersion] = [:]
    for (step, type) in new.operators {
      guard let running = old.operators[step], running.sha256 != type.sha256 else { continue }
      let id = type.descriptor.id
      result["operator \(id)"] = NewVersion(
        kind: .operator, id: id, from: running.descriptor.version, to: type.descriptor.version)
    }
    for (id, type) in new.serdes {
      guard let running = old.serdes[id], running.sha256 != type.sha256 else { continue }
      result["serde \(id)"] = NewVersion(
        kind: .serde, id: id, from: running.descriptor.version, to: type.descriptor.version)
    }
    return result.sorted { $0.key < $1.key }.map(\.value)
  }

  /// What each worker puts in place at the barrier. Throws if a new instance can't be made.
  func replacements(_ factory: NodeFactory) throws -> Replacements {
    var result = Replacements()
    var exchange = 0
    for (index, step) in new.plan.steps.enumerated() {
      result.nodes[index] = try replacement(index, step, factory)
      for (port, input) in step.inputs.enumerated() where input.keyColumns != nil {
        try checkKey(step, input, old.plan.steps[index].inputs[port])
        if input != old.plan.steps[index].inputs[port] {
          result.partitioners[exchange] = { _ in try factory.partitioner(input) }
        }
        exchange += 1
      }
    }
    return result
  }

  private func replacement(_ index: Int, _ step: Step, _ factory: NodeFactory) throws -> Replacement? {
    switch step.kind {
    case .topicSource(let source):
      guard serdesChange(source.topics) else { return nil }
      return { current, worker in
        guard let current = current as? KafkaSource else { return current }
        current.decoders = try Self.takingOver(step) { try factory.decoders(index, source, worker: worker) }
        return current
      }
    case .operator: return try operatorReplacement(index, step, factory)
    case .topicSink(let sink):
      guard serdesChange([sink.topic]) || step.inputs != old.plan.steps[index].inputs else { return nil }
      return { _, worker in try Self.takingOver(step) { try factory.sink(index, worker: worker) } }
    case .pluginSource, .pluginSink, .blackhole: return nil
    }
  }

  private func serdesChange(_ topics: [Topic]) -> Bool {
    topics.flatMap { [$0.value.serde.id] + ($0.key.map { [$0.serde.id] } ?? []) }
      .contains { old.serdes[$0]?.sha256 != new.serdes[$0]?.sha256 }
  }

  /// What `body` makes; what it throws says that the step's new versions can't take over.
  private static func takingOver<T>(_ step: Step, _ body: () throws -> T) throws -> T {
    do { return try body() } catch { throw SwapError(step: step.id, reason: "\(error)") }
  }

  private func operatorReplacement(_ index: Int, _ step: Step, _ factory: NodeFactory) throws -> Replacement? {
    guard let type = new.operators[index], let running = old.operators[index] else { return nil }
    guard type.sha256 != running.sha256 || new.plan.steps[index].inputs != old.plan.steps[index].inputs else {
      return nil
    }
    // Made here, so that a version that can't even be made is refused before any worker is asked to take it.
    let bound = try (0..<new.plan.parallelism).map { _ in try factory.bind(index) }
    let instances = BoundInstances(bound)
    return { current, worker in
      guard let current = current as? PluginOperator else { return current }
      return try Self.takingOver(step) {
        let successor = try factory.makeOperator(
          index, instances.bound[worker], worker: worker, keyedState: current.keyedState)
        try successor.takeOver(from: current)
        return successor
      }
    }
  }

  /// Keys of another type have other bytes: state would not be found again.
  private func checkKey(_ step: Step, _ new: StepInput, _ old: StepInput) throws {
    func types(_ input: StepInput) -> [String] { (input.keyColumns ?? []).map { input.schema.fields[$0].typeText } }
    guard types(new) == types(old) else {
      throw JobError(
        .failed, "key-type",
        "the key of step \"\(step.id)\" would be of type (\(types(new).joined(separator: ", "))), "
          + "was (\(types(old).joined(separator: ", ")))")
    }
  }
}

/// Each worker takes its own.
private final class BoundInstances: @unchecked Sendable {
  let bound: [BoundOperator]
  init(_ bound: [BoundOperator]) { self.bound = bound }
}
