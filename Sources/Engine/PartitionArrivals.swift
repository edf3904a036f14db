import Kafka
import Synchronization

/// New partitions of a source step on their way to a worker. [any]
final class PartitionArrivals: Sendable {
  private let count = Atomic<Int>(0)
  private let waiting = Mutex<[KafkaReader.Assignment]>([])

  /// The worker will read `assignment` too.
  func put(_ assignment: KafkaReader.Assignment) {
    waiting.withLock { $0.append(assignment) }
    count.wrappingAdd(1, ordering: .releasing)
  }

  /// What has come since the last call. Costs nothing while there is nothing.
  func take() -> [KafkaReader.Assignment] {
    guard count.load(ordering: .acquiring) > 0 else { return [] }
    let all = waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
    count.wrappingSubtract(all.count, ordering: .relaxed)
    return all
  }
}
