import Columnar
import Dataflow
import Pipeline

/// Turns a plan into the graph that the workers run: a node for each step, in the plan's order.
struct GraphBuilder {
  let factory: NodeFactory

  func graph() -> Graph {
    Graph(nodes: factory.resolved.plan.steps.indices.map(node))
  }

  private func node(_ index: Int) -> Graph.Node {
    let step = factory.resolved.plan.steps[index]
    return Graph.Node(id: step.id, kind: kind(index, step), inputs: step.inputs.map(input))
  }

  private func kind(_ index: Int, _ step: Step) -> Graph.Kind {
    let factory = factory
    switch step.kind {
    case .topicSource(let source):
      return .source(
        policy: Self.policy(source.eventTime?.outOfOrderness, source.eventTime?.idleAfter),
        alignment: alignment(source.eventTime?.maxDrift)
      ) {
        try factory.topicSource(index, source, worker: $0)
      }
    case .pluginSource(let source):
      return .source(
        policy: Self.policy(source.outOfOrderness, source.idleAfter), alignment: alignment(source.maxDrift)
      ) {
        try factory.pluginSource(index, source, worker: $0)
      }
    case .operator: return .operator { try factory.makeOperator(index, factory.bind(index), worker: $0) }
    case .topicSink, .pluginSink, .blackhole: return .sink { try factory.sink(index, worker: $0) }
    }
  }

  private static func policy(_ outOfOrderness: Duration?, _ idleAfter: Duration?) -> WatermarkPolicy {
    WatermarkPolicy(
      outOfOrderness_us: (outOfOrderness ?? .zero).microseconds, idleAfter_us: idleAfter.map(\.microseconds))
  }

  private func alignment(_ maxDrift: Duration?) -> EventTimeAlignment? {
    maxDrift.map {
      EventTimeAlignment(limit_us: $0.microseconds, workerCount: factory.resolved.plan.parallelism)
    }
  }

  private func input(_ input: StepInput) -> Graph.Input {
    let factory = factory
    guard input.keyColumns != nil else { return Graph.Input(from: input.step, outputPort: input.outputPort) }
    return Graph.Input(from: input.step, outputPort: input.outputPort) { _ in try factory.partitioner(input) }
  }
}

extension Duration {
  /// Whole microseconds; Int64's limits at most.
  var microseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    return overflow ? (seconds < 0 ? .min : .max) : whole &+ attoseconds / 1_000_000_000_000
  }
}
