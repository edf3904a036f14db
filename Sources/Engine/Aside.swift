import Dispatch

/// A piece of work on a queue's thread. What it uses is not to be touched until `value` or `wait` has returned. [control]
final class Aside<Value>: @unchecked Sendable {
  private let group = DispatchGroup()
  private var result: Result<Value, any Error> = .failure(CancellationError())

  init(on queue: DispatchQueue, _ work: @escaping () throws -> Value) {
    nonisolated(unsafe) let work = work
    queue.async(group: group) { self.result = Result(catching: work) }
  }

  /// Waits until the work is done, and gives or throws what it gave or threw; nil if the time is over before.
  func value(timeout: DispatchTimeInterval) throws -> Value? {
    guard group.wait(timeout: .now() + timeout) == .success else { return nil }
    return try result.get()
  }

  /// Waits until the work is done, and gives or throws what it gave or threw.
  func value() throws -> Value {
    group.wait()
    return try result.get()
  }

  /// Waits until the work is done.
  func wait() { group.wait() }
}
