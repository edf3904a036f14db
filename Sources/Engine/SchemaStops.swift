import Dataflow
import Kafka
import Synchronization

/// Partitions that stand at a message whose schema can't be read. Each is tried again now and then: another version of the serde
/// may take over. [any]
final class SchemaStops: Sendable {
  /// From one try to the next, in microseconds.
  static let pause_us: Int64 = 5_000_000

  private let errors: ConnectionLog
  private let offsets = Mutex<[TopicPartition: Int64]>([:])

  /// `errors`: is told of each try.
  init(errors: ConnectionLog) { self.errors = errors }

  /// A partition can't go past `place`. The log has it once.
  func stands(at place: PartitionOffset, _ cause: String) {
    errors.failed(partition: place.description, cause)
    let isNew = offsets.withLock { offsets in
      defer { tell(offsets.count) }
      return offsets.updateValue(place.offset, forKey: TopicPartition(topic: place.topic, partition: place.partition))
        != place.offset
    }
    guard isNew else { return }
    Log.write(
      .error, "schemas",
      "\(place.topic)-\(place.partition) stops at offset \(place.offset): \(cause). It goes on when a newer version of the serde "
        + "takes over that can read it, or when the job starts with other columns, another schema, or "
        + "`on_incompatible_schema: bad_row`", [:])
  }

  /// What a partition stood at is behind it, or it is not read here any more.
  func goesOn(_ place: TopicPartition) {
    offsets.withLock { offsets in
      guard offsets.removeValue(forKey: place) != nil else { return }
      tell(offsets.count)
    }
  }

  private func tell(_ count: Int) {
    MetricsRegistry.shared.gauge(
      "millrace_partitions_stopped", help: "Partitions that stand at a message whose schema can't be read."
    ).set(count)
  }
}
