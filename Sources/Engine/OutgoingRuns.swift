import Kafka

/// Rows of a batch on their way to one topic, and how far they are.
struct OutgoingRuns {
  private let order: PartitionRuns
  /// Of the topic.
  private let partitionCount: Int32
  /// How many rows are dealt with.
  private(set) var done: Int
  private var run = 0

  var isDone: Bool { done == order.rows.count }

  /// `done`: how many rows of the order were dealt with before.
  init(_ order: PartitionRuns, partitionCount: Int32, done: Int = 0) {
    self.order = order
    self.partitionCount = partitionCount
    self.done = done
  }

  /// Hands rows over until there is no room; gives those that can't be taken. Throws `KafkaFailure`.
  mutating func write(
    _ rows: TransactionalSink.Rows, to topic: String, epoch: UInt64, sink: TransactionalSink, buffer: ProduceBuffer
  ) throws -> [(row: Int, failure: KafkaFailure)] {
    var refused: [(row: Int, failure: KafkaFailure)] = []
    while run < order.runs.count {
      let (first, end) = (done, order.runs[run].end)
      if first < end {
        let taken = try order.rows.withUnsafeBufferPointer {
          try sink.produce(
            epoch: epoch, topic: topic, partition: order.runs[run].partition, partitionCount: partitionCount,
            rows: rows, numbers: UnsafeBufferPointer(rebasing: $0[first..<end]), buffer: buffer)
        }
        refused += taken.refusals.map { (Int(order.rows[first + $0.index]), $0.failure) }
        done += taken.count
        if done < end { break }
      }
      run += 1
    }
    return refused
  }
}
