import Dataflow
import Kafka

/// Source offsets for lag monitors (group `<job>`): those of the sink's own cluster go into its transactions, once a second
/// and at the end, the rest are committed after each epoch; without epochs, what has been read is committed now and then.
/// [control]
final class MonitorOffsets {
  /// How often a job without epochs commits, in microseconds: as often as Kafka's consumers do by themselves.
  private static let interval_us: Int64 = 5_000_000

  /// From one epoch that takes them into its transaction to the next, in microseconds: nobody looks more often, and they
  /// take as long as the rest of a commit.
  private static let transactionInterval_us: Int64 = 1_000_000

  /// After so long without news the same offsets are committed again: Kafka forgets a group that nobody commits for, in
  /// microseconds.
  private static let renewal_us: Int64 = 3_600_000_000

  private let transactional: String?
  /// What the last transaction took, and when; nil if none has.
  private var taken: (offsets: Set<PartitionOffset>, time_us: Int64)?
  /// What is not taken yet.
  private var owed: [PartitionOffset] = []
  private let monitors: [String: OffsetMonitor]
  /// Of a job without epochs.
  private let read: [(connection: String, positions: ReadPositions)]
  private var lastCommit_us = Clock.monotonic_us()

  /// - Parameters:
  ///   - transactional: the connection whose offsets the sink's transactions take; nil if there are none.
  ///   - monitors: the job's, by connection, of the other connections of topics that are read.
  ///   - read: what is read from each, if the job has no epochs.
  init(
    transactional: String?, monitors: [String: OffsetMonitor],
    read: [(connection: String, positions: ReadPositions)] = []
  ) {
    self.transactional = transactional
    self.monitors = monitors
    self.read = read
  }

  /// What an epoch that ends with `offsets` takes into its transaction. `isLast`: no epoch follows.
  func take(
    _ offsets: [(connection: String, offset: PartitionOffset)], isLast: Bool, now_us: Int64
  ) -> [PartitionOffset] {
    let inside = offsets.filter { $0.connection == transactional }.map(\.offset)
    let isKnown = taken.map { Set(inside) == $0.offsets && now_us - $0.time_us < Self.renewal_us } ?? false
    owed = isKnown ? [] : inside
    guard isLast || isDue(now_us: now_us) else { return [] }
    return owed
  }

  /// A transaction with what `take` gave is committed.
  func took(_ offsets: [PartitionOffset], now_us: Int64) {
    guard !offsets.isEmpty else { return }
    taken = (Set(offsets), now_us)
    owed = []
  }

  /// Whether an epoch should come only to take offsets.
  func isDue(now_us: Int64) -> Bool {
    !owed.isEmpty && taken.map { now_us - $0.time_us >= Self.transactionInterval_us } ?? true
  }

  /// Commits what no transaction takes.
  func commit(_ offsets: [(connection: String, offset: PartitionOffset)]) {
    for (connection, monitor) in monitors {
      monitor.commit(offsets.filter { $0.connection == connection }.map(\.offset))
    }
  }

  /// Sends what had to wait, and, if the job has no epochs and it is time, commits what has been read.
  func turn(now_us: Int64) {
    for monitor in monitors.values { monitor.goOn() }
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
