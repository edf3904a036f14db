import CRdKafka
import Glibc

/// Takes a transactional id over, on a thread of its own: each of several may have to wait for an abort.
final class Fencing: @unchecked Sendable {
  /// How long one attempt may take, in milliseconds.
  private static let requestTimeout_ms: Int32 = 5000

  private let producer: KafkaProducer
  private let id: String
  private let patience_ms: Int64
  private let isWanted: @Sendable () -> Bool
  private var thread = pthread_t()
  private var hasThread = false
  private var failure: KafkaFailure?

  /// Fences all of `producers` within `patience_ms`, trying as long as `isWanted`. Throws the first failure once all are
  /// done.
  static func run(
    _ producers: [(id: String, producer: KafkaProducer)], patience_ms: Int64, isWanted: @escaping @Sendable () -> Bool
  ) throws {
    let all = producers.map { Fencing($0.producer, id: $0.id, patience_ms: patience_ms, isWanted: isWanted) }
    for one in all { one.start() }
    let failures = all.compactMap { $0.join() }
    if let failure = failures.first { throw failure }
  }

  private init(
    _ producer: KafkaProducer, id: String, patience_ms: Int64, isWanted: @escaping @Sendable () -> Bool
  ) {
    self.producer = producer
    self.id = id
    self.patience_ms = patience_ms
    self.isWanted = isWanted
  }

  private func start() {
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Fencing>.fromOpaque(argument).takeUnretainedValue().initialize()
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
    hasThread = code == 0
    if !hasThread { initialize() }
  }

  private func initialize() {
    do {
      try Patience.retry(for: patience_ms, isWanted: isWanted) {
        guard let error = rd_kafka_init_transactions(producer.handle, Self.requestTimeout_ms) else { return }
        throw KafkaFailure("taking over the transactional id \"\(id)\"", owned: error)
          .lacking([KafkaAccess(.write, .transactionalID(id))], producer.principal)
      }
    } catch { failure = error as? KafkaFailure }
  }

  private func join() -> KafkaFailure? {
    if hasThread { pthread_join(thread, nil) }
    return failure
  }
}
