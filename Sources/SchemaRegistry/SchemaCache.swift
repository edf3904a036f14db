import Foundation
import Synchronization

/// Why a schema that is asked for is not there yet.
package struct SchemaTrouble: Sendable, Equatable {
  package var id: SchemaId
  package var failure: RegistryFailure
  /// How often it has failed in a row.
  package var count: Int
  /// How many schemas are waited for.
  package var waitingCount: Int
}

/// Limits of a `SchemaCache`.
enum SchemaCacheLimits {
  /// How many schemas are kept in memory; the one that was needed longest ago makes room.
  static let count = 1000
  /// How many ids are waited for at a time.
  static let waitingCount = 1000
  /// After how long a registry is asked again for what it did not have, in nanoseconds.
  static let absence_ns: UInt64 = 30_000_000_000
}

/// The schemas of one registry, as far as they are needed, in a form for those who need them; asks for what is missing on a
/// thread of its own, again and again while the registry can't be reached. [any]
package final class SchemaCache<Schema: Sendable>: Sendable {
  /// What is known of an id.
  package enum Answer: Sendable {
    case known(Schema)
    /// It is being asked for.
    case waiting
    /// The registry does not have it, or no schema to work with; says so.
    case absent(String)

    /// Whether it is being asked for.
    package var isWaiting: Bool { if case .waiting = self { true } else { false } }
  }

  /// What is heard of the registry: a failure that is tried again, or that all is well again (nil). Called on the cache's
  /// thread.
  package typealias Listener = @Sendable (SchemaTrouble?) -> Void

  private struct Entry {
    var answer: Answer
    var used_ns: UInt64
    var asked_ns: UInt64
  }

  private struct State {
    var entries: [SchemaId: Entry] = [:]
    /// To be asked for, in this order.
    var wanted: [SchemaId] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let files: SchemaFiles?
  /// Signalled when there is something to ask for, or the end.
  private let work = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)
  private let listener: Listener
  private let make: @Sendable (SchemaText, SchemaId) -> Schema
  /// Nanoseconds of a clock that only goes on.
  private let now_ns: @Sendable () -> UInt64

  /// `directory`: where schemas are kept for the next start, made if it is not there; nil: nowhere. `makeClient` is called
  /// once, on the thread that asks; `make` by any: it gives what is kept of a schema and its id. Throws if the directory
  /// can't be made.
  package init(
    directory: String?, makeClient: @escaping @Sendable () -> any RegistryAsking,
    make: @escaping @Sendable (SchemaText, SchemaId) -> Schema, onTrouble: @escaping Listener,
    now_ns: @escaping @Sendable () -> UInt64 = { DispatchTime.now().uptimeNanoseconds }
  ) throws {
    files = try directory.map { try SchemaFiles($0) }
    (self.make, listener) = (make, onTrouble)
    self.now_ns = now_ns
    let thread = Thread { [self] in
      run(makeClient())
      ended.signal()
    }
    thread.name = "schemas"
    thread.start()
  }

  /// Ends the thread; waits for it, but no more than a second for an answer of the registry's.
  package func close() {
    state.withLock { $0.isClosed = true }
    work.signal()
    _ = ended.wait(timeout: .now() + 1)
  }

  /// What is known of schema `id`; asks for it if nothing is.
  package func look(up id: SchemaId) -> Answer {
    let now_ns = now_ns()
    let answer: Answer? = state.withLock { state in
      guard var entry = state.entries[id] else { return nil }
      if case .absent = entry.answer, now_ns > entry.asked_ns + SchemaCacheLimits.absence_ns { return nil }
      entry.used_ns = now_ns
      state.entries[id] = entry
      return entry.answer
    }
    return answer ?? ask(for: id, now_ns)
  }

  private func ask(for id: SchemaId, _ now_ns: UInt64) -> Answer {
    if let kept = files?.read(id) { return settle(id, .known(make(kept, id))) }
    let isNew = state.withLock { state in
      guard state.wanted.count < SchemaCacheLimits.waitingCount, !state.wanted.contains(id) else { return false }
      state.entries[id] = Entry(answer: .waiting, used_ns: now_ns, asked_ns: now_ns)
      state.wanted.append(id)
      return true
    }
    if isNew { work.signal() }
    return .waiting
  }

  @discardableResult
  private func settle(_ id: SchemaId, _ answer: Answer) -> Answer {
    let now_ns = now_ns()
    state.withLock { state in
      state.entries[id] = Entry(answer: answer, used_ns: now_ns, asked_ns: now_ns)
      state.wanted.removeAll { $0 == id }
      // Also what was never used: the file, or the registry, has it.
      guard state.entries.count > SchemaCacheLimits.count else { return }
      let settled = state.entries.filter { !$0.value.answer.isWaiting }
      if let oldest = settled.min(by: { $0.value.used_ns < $1.value.used_ns }) { state.entries[oldest.key] = nil }
    }
    return answer
  }

  // MARK: - The thread

  private func run(_ client: any RegistryAsking) {
    var pace = RetryPace()
    var count = 0
    while let id = next() {
      do {
        settle(id, try answer(for: id, client))
        if count > 0 { listener(nil) }
        (pace, count) = (RetryPace(), 0)
      } catch {
        count += 1
        // One that a registry has trouble with does not hold up the others.
        let waiting = state.withLock { state in
          state.wanted.append(state.wanted.removeFirst())
          return state.wanted.count
        }
        listener(SchemaTrouble(id: id, failure: error, count: count, waitingCount: waiting))
        // The end does not wait for the pause's.
        _ = work.wait(timeout: .now() + .milliseconds(pace.next_ms(random: { Int.random(in: $0) })))
      }
    }
  }

  /// What the registry says of an id. Throws a failure that may pass.
  private func answer(for id: SchemaId, _ client: any RegistryAsking) throws(RegistryFailure) -> Answer {
    do {
      let schema = try client.schema(id)
      try? files?.write(schema, id: id)
      return .known(make(schema, id))
    } catch {
      guard error.mayPass else { return .absent(error.description) }
      throw error
    }
  }

  /// Waits for something to ask for; nil at the end.
  private func next() -> SchemaId? {
    while true {
      let (id, isClosed) = state.withLock { ($0.wanted.first, $0.isClosed) }
      if isClosed { return nil }
      if let id { return id }
      work.wait()
    }
  }
}

/// How long to wait before something is tried again: longer each time, and by chance, so that many who wait for the same
/// do not come all at once.
struct RetryPace {
  private static let first_ms = 100
  private static let longest_ms = 5_000
  private var last_ms = 0

  /// `random`: a number of a range.
  mutating func next_ms(random: (ClosedRange<Int>) -> Int) -> Int {
    // "Decorrelated jitter": https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    last_ms = min(Self.longest_ms, random(Self.first_ms...max(Self.first_ms, last_ms * 3)))
    return last_ms
  }
}
