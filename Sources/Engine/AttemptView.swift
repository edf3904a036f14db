import Dataflow
import Kafka
import Pipeline

/// What there is to see of an attempt while it runs. Looking takes no lock that a worker holds while it handles rows. [any]
struct AttemptView: Sendable {
  struct Step: Sendable {
    var id: String
    /// source, operator or sink.
    var kind: String
    /// Whether it waits by itself when there is no room after it: an operator that is fed on its own worker does not.
    var waits = true
  }
  /// The topics that a source step reads. Its splits are named as partitions are.
  struct Topics: Sendable {
    /// Where a partition ends, as far as that is known; asks no broker.
    var end: @Sendable (TopicPartition) -> Int64?
  }
  /// By worker.
  var workers: [WorkerMetrics]
  /// By node.
  var steps: [Step]
  /// By node, of topic source steps.
  var topics: [NodeIndex: Topics] = [:]
}

extension AttemptView {
  /// `workers`: what the attempt's workers count; `reads`: of topic source steps.
  init(_ plan: LogicalPlan, _ workers: [WorkerMetrics], _ reads: [Int: TopicRead]) {
    self.init(
      workers: workers, steps: plan.steps.map(Self.step),
      topics: reads.mapValues { read -> Topics in
        let consumer = read.consumer
        return Topics(end: { consumer.cachedHighWatermark($0) })
      })
  }

  private static func step(_ step: Pipeline.Step) -> Step {
    let kind = Self.kind(step)
    return Step(id: step.id, kind: kind, waits: kind != "operator" || step.inputs.contains { $0.keyColumns != nil })
  }

  private static func kind(_ step: Pipeline.Step) -> String {
    switch step.kind {
    case .topicSource, .pluginSource: "source"
    case .operator: "operator"
    case .topicSink, .pluginSink, .blackhole: "sink"
    }
  }
}
