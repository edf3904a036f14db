import Kafka
import Pipeline

extension TopicSource.Start {
  /// The same rule as the readers know it.
  var kafka: KafkaStart {
    switch self {
    case .earliest: .earliest
    case .latest: .latest
    case .committed(.earliest): .committed(orElse: .earliest)
    case .committed(.latest): .committed(orElse: .latest)
    case .committed(.fail): .committed(orElse: .fail)
    case .timestamp(let ms): .timestamp(ms: ms)
    case .offsets(let offsets): .offsets(TopicSource.places(offsets))
    }
  }
}

extension TopicSource.Stop {
  /// The same rule as the readers know it; nil: reading never ends.
  var kafka: KafkaStop? {
    switch self {
    case .never: nil
    case .end: .end
    case .timestamp(let ms): .timestamp(ms: ms)
    case .offsets(let offsets): .offsets(TopicSource.places(offsets))
    case .committed(let group): .committed(group: group)
    }
  }
}

extension TopicSource.OnOffsetOutOfRange {
  /// The same policy as the readers know it.
  var kafka: OutOfRangePolicy {
    switch self {
    case .fail: .fail
    case .earliest: .earliest
    case .latest: .latest
    }
  }
}

extension TopicSource {
  fileprivate static func places(_ offsets: Offsets) -> [TopicPartition: Int64] {
    var result: [TopicPartition: Int64] = [:]
    for (topic, partitions) in offsets {
      for (partition, offset) in partitions { result[TopicPartition(topic: topic, partition: partition)] = offset }
    }
    return result
  }
}
