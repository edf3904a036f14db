import Checkpointing
import Kafka
import Pipeline

/// Where one topic source step reads in one attempt, dealt out to the workers.
struct TopicRead: Sendable {
  let consumer: KafkaConsumer
  /// By worker.
  let assignments: [[KafkaReader.Assignment]]
  /// By worker, for each assignment: from the checkpoint; Int64.min for none.
  let watermarks_us: [[Int64]]
  let positions: ReadPositions
  /// By worker: partitions that are found later.
  let arrivals: [PartitionArrivals]

  /// Every partition that the step reads from the start.
  var places: [TopicPartition] { assignments.joined().map(\.place) }
}

/// Finds out where topic source steps read. Asks the brokers: calls block, with bounds. [control]
struct TopicReadPlanner {
  let plan: LogicalPlan
  /// By connection.
  let kafka: [String: KafkaProperties]
  /// Where bounded steps end, by step: fixed when the job starts, whatever attempt it is at.
  private(set) var ends: [Int: [TopicPartition: Int64]] = [:]

  init(plan: LogicalPlan, kafka: [String: KafkaProperties]) {
    self.plan = plan
    self.kafka = kafka
  }

  /// The reads of all topic source steps, from the positions in `manifest`, or as the steps' `start` says. Throws
  /// `KafkaFailure`, or `JobError` for topics that are not what they were.
  mutating func open(from manifest: Manifest?) throws -> [Int: TopicRead] {
    var reads: [Int: TopicRead] = [:]
    for (index, step) in plan.steps.enumerated() {
      guard case .topicSource(let source) = step.kind, let properties = kafka[source.connection] else { continue }
      let consumer = try KafkaConsumer(properties: properties, group: plan.job)
      reads[index] = try read(index, source, consumer, manifest)
    }
    return reads
  }

  private mutating func read(
    _ step: Int, _ source: TopicSource, _ consumer: KafkaConsumer, _ manifest: Manifest?
  ) throws -> TopicRead {
    let places = try consumer.partitions(of: topics(step, source, consumer))
    let known = KnownPositions(step: plan.steps[step].id, manifest: manifest)
    try check(known, step, source, places)
    let starts = try starts(source, places, consumer, known)
    if let stop = source.stop.kafka, ends[step] == nil {
      ends[step] = Dictionary(uniqueKeysWithValues: zip(places, try consumer.stopOffsets(places, at: stop)))
    }
    let ends = ends[step]
    var assignments = Array(repeating: [KafkaReader.Assignment](), count: plan.parallelism)
    var watermarks = Array(repeating: [Int64](), count: plan.parallelism)
    for (index, (place, start)) in zip(places, starts).enumerated() {
      // A partition that appeared after a bounded job's start is not part of it.
      let end = ends.map { $0[place] ?? start.offset }
      assignments[index % plan.parallelism].append(.init(place: place, offset: start.offset, end: end))
      watermarks[index % plan.parallelism].append(start.watermark_us)
    }
    return TopicRead(
      consumer: consumer, assignments: assignments, watermarks_us: watermarks,
      positions: ReadPositions(zip(places, starts).map { ($0, $1.offset) }),
      arrivals: (0..<plan.parallelism).map { _ in PartitionArrivals() })
  }

  private func starts(
    _ source: TopicSource, _ places: [TopicPartition], _ consumer: KafkaConsumer, _ known: KnownPositions
  ) throws -> [(offset: Int64, watermark_us: Int64)] {
    // Partitions that came after the checkpoint are read from their beginning: nothing of them has been seen.
    let fresh = places.filter { known[$0] == nil }
    let offsets = try consumer.startOffsets(fresh, from: known.isEmpty ? source.start.kafka : .earliest)
    var more = offsets[...]
    return places.map { known[$0] ?? (more.popFirst() ?? 0, .min) }
  }

  // MARK: - Topics

  /// The names of the topics that a step reads.
  private func topics(_ step: Int, _ source: TopicSource, _ consumer: KafkaConsumer) throws -> [String] {
    let id = plan.steps[step].id
    let found = try TopicChoice(source, plan: plan).required(by: id) { try consumer.topicNames() }
    guard let pattern = source.pattern else { return found }
    Log.write(
      .info, "source", "topics that match \(pattern): \(found.joined(separator: ", "))", ["step": id])
    return found
  }

  /// Whether the topics are those that the checkpoint knows.
  private func check(
    _ known: KnownPositions, _ step: Int, _ source: TopicSource, _ places: [TopicPartition]
  ) throws {
    let id = plan.steps[step].id
    if let gone = known.partitionsGone(among: places).first {
      throw JobError(
        .failed, "topic-made-anew",
        "step \"\(id)\": the checkpoint has read \(gone), which topic \"\(gone.topic)\" does not have: it was made anew with "
          + "fewer partitions. Start the job under a new name to read it")
    }
    guard source.pattern != nil else { return }
    for topic in known.topicsGone(among: places) {
      Log.write(.warning, "source", "topic \"\(topic)\", which was read before, is not there any more", ["step": id])
    }
  }
}
