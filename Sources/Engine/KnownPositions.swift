import Checkpointing
import Kafka

/// Where a checkpoint says that a step goes on reading.
struct KnownPositions {
  private var positions: [TopicPartition: (offset: Int64, watermark_us: Int64)] = [:]

  /// Those of step `step` in `manifest`; none without one.
  init(step: String, manifest: Manifest?) {
    for position in manifest?.sources ?? [] where position.step == step {
      positions[TopicPartition(topic: position.topic, partition: position.partition)] =
        (position.nextOffset, position.watermark_us)
    }
  }

  /// Whether the step has read nothing yet.
  var isEmpty: Bool { positions.isEmpty }

  /// The next offset, and the watermark, Int64.min for none; nil for a partition that is new.
  subscript(place: TopicPartition) -> (offset: Int64, watermark_us: Int64)? { positions[place] }

  /// Partitions that were read and are not among `places`, though others of their topics are: ascending.
  func partitionsGone(among places: [TopicPartition]) -> [TopicPartition] {
    let topics = Set(places.map(\.topic))
    return Set(positions.keys).subtracting(places).filter { topics.contains($0.topic) }
      .sorted { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
  }

  /// Topics that were read and of which `places` has nothing: ascending.
  func topicsGone(among places: [TopicPartition]) -> [String] {
    Set(positions.keys.map(\.topic)).subtracting(places.map(\.topic)).sorted()
  }
}
