import Dispatch
import Synchronization

/// Knows when a reader's queue, which was full, has room again.
struct QueueFullness {
  private let limit_messages, limit_bytes: Int
  private var wasFull = false

  init(_ memory: KafkaMemory) {
    limit_messages = memory.queued_messages
    limit_bytes = memory.queued_kbytes << 10
  }

  /// To be told of each look into the queue: how many messages were there, and how many of them were taken. True, once
  /// each time, when half of the queue is empty after it was full, or nearly so.
  mutating func hasRoomAgain(before: Int, taken: Int, average_bytes: Int) -> Bool {
    if share(before, average_bytes) >= 0.75 { wasFull = true }
    guard wasFull, share(before - max(0, taken), average_bytes) < 0.5 else { return false }
    wasFull = false
    return true
  }

  private func share(_ messages: Int, _ average_bytes: Int) -> Double {
    max(Double(messages) / Double(limit_messages), Double(messages * average_bytes) / Double(limit_bytes))
  }
}

/// Makes librdkafka look whether a queue has room again: 2.0 does it whenever there is something to send to the broker, and
/// otherwise once a second, which is what reading would wait for. So something is sent.
final class FetchWaker: Sendable {
  private enum State { case idle, asking, toAskAgain }
  /// How long the brokers may take to answer, in milliseconds.
  private static let requestTimeout_ms: Int32 = 1000

  private let consumer: KafkaConsumer
  private let state = Mutex(State.idle)
  private let queue = DispatchQueue(label: "kafka-fetch-waker")

  init(consumer: KafkaConsumer) { self.consumer = consumer }

  /// Sends a request to the brokers of `places`; one at a time. Never blocks.
  func wake(fetchingOf places: [TopicPartition]) {
    let wasIdle = state.withLock { state in
      defer { state = state == .idle ? .asking : .toAskAgain }
      return state == .idle
    }
    if wasIdle { queue.async { self.ask(places) } }
  }

  private func ask(_ places: [TopicPartition]) {
    repeat {
      _ = consumer.endsNow(of: places, timeout_ms: Self.requestTimeout_ms)
    } while state.withLock { state in
      state = state == .toAskAgain ? .asking : .idle
      return state == .asking
    }
  }
}
