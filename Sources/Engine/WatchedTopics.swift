import Kafka
import Pipeline

/// The topics that a step names, or those that its pattern finds.
struct TopicChoice: Sendable, Equatable {
  let source: TopicSource
  /// Topics that the job writes: a pattern does not find them.
  let written: WrittenTopics

  init(_ source: TopicSource, plan: LogicalPlan) {
    self.source = source
    written = plan.topicsWritten(on: source.connection)
  }

  /// The topics' names; `all`, which is asked only if there is a pattern, gives those of the brokers.
  func names(all: () throws -> [String]) rethrows -> [String] {
    guard let pattern = source.pattern else { return source.topics.map(\.name) }
    return try pattern.matching(all()).filter { !written.mayHave($0) }
  }

  /// As `names`, for step `step`; throws `JobError` if there are none.
  func required(by step: String, all: () throws -> [String]) throws -> [String] {
    let found = try names(all: all)
    guard found.isEmpty, let pattern = source.pattern else { return found }
    throw JobError(
      .failed, "no-topic",
      "step \"\(step)\": no topic of connection \"\(source.connection)\" matches \(pattern), but for those that the job writes: create one, or "
        + "correct the pattern; brokers show only topics that the job may DESCRIBE")
  }
}

/// A step whose topics are looked at again and again. One thread at a time; calls block.
final class WatchedTopics: @unchecked Sendable {
  /// Index of the step.
  let step: Int
  /// Its id.
  let id: String
  /// From look to look.
  let interval_ms: Int
  private let choice: TopicChoice
  private let properties: KafkaProperties
  private let group: String
  private var watch: PartitionWatch
  private var consumer: KafkaConsumer?

  /// Nil if the step's topics are not to be looked at. `read`: what the step reads already.
  init?(_ plan: LogicalPlan, step: Int, read: TopicRead, properties: KafkaProperties) {
    guard case .topicSource(let source) = plan.steps[step].kind, let interval = source.discoveryInterval else {
      return nil
    }
    self.step = step
    id = plan.steps[step].id
    interval_ms = Int(clamping: interval.microseconds / 1000)
    choice = TopicChoice(source, plan: plan)
    self.properties = properties
    group = plan.job
    watch = PartitionWatch(known: read.places)
  }

  /// Partitions that the step is to read from now on, each with its first offset, and whether to look again soon. Throws
  /// `KafkaFailure` if brokers don't answer, `JobError` if something is gone that was read.
  func look() throws -> (new: [PartitionOffset], isDoubtful: Bool) {
    // A connection of its own: what it asks must not change what the readers know.
    let consumer = try self.consumer ?? KafkaConsumer(properties: properties, group: group)
    self.consumer = consumer
    let names = try choice.names { try consumer.topicNamesNow() }
    let found = watch.look(at: try consumer.presentPartitions(of: names))
    if let first = found.gone.first { throw gone(first, of: found.gone.count) }
    let offsets = try consumer.startOffsets(found.new, from: .earliest)
    watch.add(found.new)
    let new = zip(found.new, offsets).map {
      PartitionOffset(topic: $0.topic, partition: $0.partition, offset: $1)
    }
    return (new, found.isDoubtful)
  }

  private func gone(_ place: TopicPartition, of count: Int) -> JobError {
    let more = count > 1 ? " and \(count - 1) more partitions that the step reads" : ", which the step reads,"
    let remedy =
      choice.source.pattern == nil
      ? "take it out of `from_topic`, or start the job under a new name to read one that was made anew"
      : "start the job again to go on without it, or under a new name to read one that was made anew"
    return JobError(
      .failed, "topic-gone",
      "step \"\(id)\": \(place)\(more) is not there any more, or may not be described any more: \(remedy); the last committed "
        + "epoch stands")
  }
}
