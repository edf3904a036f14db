import Dataflow
import Synchronization

/// The last errors of the connections to brokers, and of partitions and steps that stand still. librdkafka gets over most
/// of its own and does not say when: an error counts for a minute. [any]
final class ConnectionLog: Sendable {
  /// How long an error counts, in microseconds. librdkafka repeats one that goes on every half minute.
  static let memory_us: Int64 = 60_000_000

  private let log = Mutex(RetryLog())

  /// A client of `connection` tells of an error.
  func failed(_ connection: String, _ error: String, now_us: Int64 = Clock.monotonic_us()) {
    note("connection \(connection)", error, now_us)
  }

  /// A partition can't go on.
  func failed(partition: String, _ error: String, now_us: Int64 = Clock.monotonic_us()) {
    note("partition \(partition)", error, now_us)
  }

  /// A step can't write for now.
  func failed(step: String, _ error: String, now_us: Int64 = Clock.monotonic_us()) {
    note("step \(step)", error, now_us)
  }

  private func note(_ what: String, _ error: String, _ now_us: Int64) {
    log.withLock { log in
      log.forget(before: now_us - Self.memory_us)
      log.failed(what, error, now_us: now_us)
    }
  }

  /// What counts at `now_us`.
  func entries(now_us: Int64) -> [RetryLog.Entry] {
    log.withLock { log in
      log.forget(before: now_us - Self.memory_us)
      return log.entries
    }
  }
}
