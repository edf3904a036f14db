import CRdKafka
import Dispatch
import Glibc
import Synchronization

/// What is known of a topic that is there.
package struct TopicFacts: Sendable, Equatable {
  /// Partitions, at least 1; all producers know as many.
  package var partitionCount: Int32
  /// What its configs let rows be, as far as we may know; nil: nobody has asked for it.
  package var limits: TopicLimits?

  package init(partitionCount: Int32, limits: TopicLimits? = nil) {
    self.partitionCount = partitionCount
    self.limits = limits
  }
}

/// What is wanted of a topic beside its partitions.
package struct TopicNeeds: Sendable, Equatable {
  /// How to make it if it is not there; nil: it is not to be made.
  package var creation: TopicCreation?
  /// Whether to find its limits out.
  package var limits: Bool

  package init(creation: TopicCreation? = nil, limits: Bool = false) {
    self.creation = creation
    self.limits = limits
  }
}

/// How to make a topic that is not there.
package struct TopicCreation: Sendable, Equatable {
  /// Nil: the brokers' default.
  package var partitionCount: Int32?
  /// How many brokers have each partition; nil: the brokers' default.
  package var replication: Int32?
  /// The topic's configs, by Kafka's names.
  package var configs: [String: String]

  package init(partitionCount: Int32? = nil, replication: Int32? = nil, configs: [String: String] = [:]) {
    self.partitionCount = partitionCount
    self.replication = replication
    self.configs = configs
  }
}

/// What the brokers say of the topics that rows go to. They are asked on a thread of its own, so that workers never
/// wait.
package final class TopicDirectory: Sendable {
  /// What is known of a topic.
  package enum Answer: Sendable {
    /// Nothing yet: ask again later.
    case waiting
    case known(TopicFacts)
    /// It is not there, or not for us to see. The brokers are asked again some seconds later.
    case refused(KafkaFailure)
  }
  private let asker: TopicAsker
  private let thread = Mutex<pthread_t?>(nil)

  /// Asks nothing, and has no thread, before the first `look`.
  init(producers: [KafkaProducer], properties: KafkaProperties) {
    asker = TopicAsker(TopicInquiry(producers: producers, properties: properties))
  }

  deinit {
    asker.stop()
    if let running = thread.withLock({ $0 }) { pthread_join(running, nil) }
  }

  /// What is known of topic `name`, a name that Kafka takes; `waiting` also if what is known is older than `maxAge_ms`.
  /// A topic that is not there is made if the first who looks it up says how. Brokers that are away are waited for
  /// without end. Never blocks. [any]
  package func look(up name: String, _ needs: TopicNeeds = TopicNeeds(), maxAge_ms: Int64 = .max) -> Answer {
    let answer = asker.look(up: name, needs, maxAge_ms: maxAge_ms)
    guard case .waiting = answer, !start() else { return answer }
    return .refused(.outOfMemory("thread that looks topics up"))
  }

  /// Starts the thread if it does not run; false if it can't be started.
  private func start() -> Bool {
    thread.withLock { running in
      guard running == nil else { return true }
      var made = pthread_t()
      let own = Unmanaged.passRetained(asker)
      let code = pthread_create(
        &made, nil,
        { argument in
          guard let argument else { return nil }
          mill_kafka_name_thread("kafka-topics")
          Unmanaged<TopicAsker>.fromOpaque(argument).takeRetainedValue().run()
          return nil
        }, own.toOpaque())
      guard code == 0 else {
        own.release()
        return false
      }
      running = made
      return true
    }
  }
}

/// The directory's side of the thread.
private final class TopicAsker: Sendable {
  /// How long the thread waits for something to do, in milliseconds.
  private static let turn_ms = 100

  private let inquiry: TopicInquiry
  private let ledger = Mutex(TopicLedger())
  private let isStopping = Atomic<Bool>(false)
  private let wakeUp = DispatchSemaphore(value: 0)

  init(_ inquiry: TopicInquiry) { self.inquiry = inquiry }

  func look(up name: String, _ needs: TopicNeeds, maxAge_ms: Int64) -> TopicDirectory.Answer {
    let answer = ledger.withLock { $0.look(up: name, needs, maxAge_ms: maxAge_ms, now_ms: Patience.now_ms()) }
    if case .waiting = answer { wakeUp.signal() }
    return answer
  }

  /// Ends `run`, once the request under way is answered.
  func stop() {
    isStopping.store(true, ordering: .relaxed)
    wakeUp.signal()
  }

  func run() {
    while !isStopping.load(ordering: .relaxed) {
      let due = ledger.withLock { $0.due(now_ms: Patience.now_ms()) }
      for question in due where !isStopping.load(ordering: .relaxed) {
        let reply = inquiry.ask(question)
        ledger.withLock { $0.note(reply, of: question.name, now_ms: Patience.now_ms()) }
      }
      _ = wakeUp.wait(timeout: .now() + .milliseconds(Self.turn_ms))
      while wakeUp.wait(timeout: .now()) == .success {}  // one look answers all that asked
    }
  }
}
