import Kafka

/// Source offsets for lag monitors (group `<job>`): those of the sink's own cluster go into its transactions, the rest are
/// committed after each epoch. [control]
final class MonitorOffsets {
  private let transactional: String?
  private let monitors: [String: OffsetMonitor]

  /// - Parameters:
  ///   - transactional: the connection whose offsets the sink's transactions take; nil if there are none.
  ///   - connections: the connections of topics that are read.
  /// - Throws: `KafkaFailure`.
  init(transactional: String?, connections: Set<String>, kafka: [String: KafkaProperties], group: String) throws {
    self.transactional = transactional
    var monitors: [String: OffsetMonitor] = [:]
    for connection in connections where connection != transactional {
      monitors[connection] = try kafka[connection].map { try OffsetMonitor(properties: $0, group: group) }
    }
    self.monitors = monitors
  }

  func isInTransaction(_ connection: String) -> Bool { connection == transactional }

  /// Commits what no transaction takes.
  func commit(_ offsets: [(connection: String, offset: PartitionOffset)]) {
    for (connection, monitor) in monitors {
      monitor.commit(offsets.filter { $0.connection == connection }.map(\.offset))
    }
  }

  /// Waits for commits on their way, a little.
  func close() { for monitor in monitors.values { monitor.close() } }
}
