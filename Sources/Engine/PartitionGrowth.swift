import Kafka
import Pipeline

/// Brings partitions that are found while an attempt runs to its workers. [control]
final class PartitionGrowth {
  private let plan: LogicalPlan
  private let reads: [Int: TopicRead]
  private let effects: EpochEffects
  private let discovery: Discovery
  /// How many partitions each step reads: the next goes to the worker whose turn it is.
  private var counts: [Int: Int]

  /// `kafka`: by connection; `effects`: keeps the positions of new partitions too.
  init(plan: LogicalPlan, kafka: [String: KafkaProperties], reads: [Int: TopicRead], effects: EpochEffects) {
    self.plan = plan
    self.reads = reads
    self.effects = effects
    counts = reads.mapValues(\.places.count)
    discovery = Discovery(
      reads.sorted { $0.key < $1.key }.compactMap { step, read in
        plan.connection(ofSource: step).flatMap { kafka[$0] }.flatMap {
          WatchedTopics(plan, step: step, read: read, properties: $0)
        }
      })
  }

  func start() { discovery.start() }
  func stop() { discovery.stop() }

  /// Hands out what was found. Throws `JobError` if something is gone that was read.
  func turn() throws {
    for arrival in try discovery.take() { take(arrival) }
  }

  private func take(_ arrival: Discovery.Arrival) {
    guard let read = reads[arrival.step], let connection = plan.connection(ofSource: arrival.step) else { return }
    let place = TopicPartition(topic: arrival.place.topic, partition: arrival.place.partition)
    let id = plan.steps[arrival.step].id
    // First whoever will be told positions, then the worker that tells them.
    effects.add(SplitPlace(place: place, connection: connection), step: id)
    read.positions.add(place, arrival.place.offset)
    let worker = counts[arrival.step, default: 0] % plan.parallelism
    counts[arrival.step, default: 0] += 1
    read.arrivals[worker].put(.init(place: place, offset: arrival.place.offset, end: nil))
    Log.write(
      .info, "source", "reads \(place) too, from offset \(arrival.place.offset)",
      ["step": id, "worker": String(worker)])
  }
}

extension LogicalPlan {
  /// The connection of a step that reads topics; nil for others.
  fileprivate func connection(ofSource step: Int) -> String? {
    if case .topicSource(let source) = steps[step].kind { source.connection } else { nil }
  }
}
