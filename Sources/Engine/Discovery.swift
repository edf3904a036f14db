import Dispatch
import Kafka
import Synchronization

/// Looks for new partitions of the topics that steps read, on a thread of its own, from `start` to `stop`.
final class Discovery: Sendable {
  /// After how long to look again if something is missing, in milliseconds.
  private static let doubt_ms = 3000

  /// A partition that a step is to read.
  struct Arrival: Sendable {
    /// Index of the step.
    var step: Int
    var place: PartitionOffset
  }
  private struct State {
    var arrivals: [Arrival] = []
    var failure: JobError?
    var isStopped = false
  }
  private let topics: [WatchedTopics]
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "discovery")

  init(_ topics: [WatchedTopics]) { self.topics = topics }

  /// The first look comes after an interval. [control]
  func start() { for (index, one) in topics.enumerated() { schedule(index, after_ms: one.interval_ms) } }

  /// A look that is under way ends by itself; what it finds is forgotten. [any]
  func stop() { state.withLock { $0.isStopped = true } }

  /// What was found since the last call. Never blocks. Throws `JobError` if something is gone that was read. [any]
  func take() throws -> [Arrival] {
    let (arrivals, failure) = state.withLock { state in
      defer { state.arrivals = [] }
      return (state.arrivals, state.failure)
    }
    if let failure { throw failure }
    return arrivals
  }

  private func schedule(_ index: Int, after_ms: Int) {
    // Weak: an interval may be long, and this has a client for each step.
    queue.asyncAfter(deadline: .now() + .milliseconds(after_ms)) { [weak self] in self?.look(index) }
  }

  private func look(_ index: Int) {
    guard !state.withLock({ $0.isStopped }) else { return }
    let one = topics[index]
    var pause_ms = one.interval_ms
    do {
      let (new, isDoubtful) = try one.look()
      if isDoubtful { pause_ms = min(pause_ms, Self.doubt_ms) }
      state.withLock { $0.arrivals += new.map { Arrival(step: one.step, place: $0) } }
    } catch let gone as JobError {
      state.withLock { $0.failure = gone }
      return
    } catch {
      // Brokers that are away are the readers' concern; here there is always a next time.
      let isAway = (error as? KafkaFailure)?.epochKind == .retriable
      Log.write(isAway ? .debug : .warning, "source", "can't look for new partitions: \(error)", ["step": one.id])
    }
    schedule(index, after_ms: pause_ms)
  }
}
