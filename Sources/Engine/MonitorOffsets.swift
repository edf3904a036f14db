import Dataflow
import Kafka

/// Source offsets for lag monitors (group `<job>`): those of the sink's own cluster go into its transactions, the rest are
/// committed after each epoch; without epochs, what has been read is committed now and then. [control]
final class MonitorOffsets {
  /// How often a job without epochs commits, in microseconds: as often as Kafka's consumers do by themselves.
  private static let interval_us: Int64 = 5_000_000

  private let transactional: String?
  private let monitors: [String: OffsetMonitor]
  /// Of a job without epochs.
  private let read: [(connection: String, positions: ReadPositions)]
  private var lastCommit_us = Clock.monotonic_us()

  /// - Parameters:
  ///   - transactional: the connection whose offsets the sink's transactions take; nil if there are none.
  ///   - connections: the connections of topics that are read.
  ///   - read: what is read from each, if the job has no epochs.
  /// - Throws: `KafkaFailure`.
  init(
    transactional: String?, connections: Set<String>, kafka: [String: KafkaProperties], group: String,
    read: [(connection: String, positions: ReadPositions)] = []
  ) throws {
    self.transactional = transactional
    self.read = read
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

  /// Commits what has been read if the job has no epochs and it is time.
  func turn(now_us: Int64) {
    guard !read.isEmpty, now_us - lastCommit_us >= Self.interval_us else { return }
    lastCommit_us = now_us
    commitRead()
  }

  /// Nothing is read any more.
  func stop() {
    if !read.isEmpty { commitRead() }
  }

  private func commitRead() {
    commit(read.flatMap { connection, positions in positions.offsets.map { (connection, $0) } })
  }
}
