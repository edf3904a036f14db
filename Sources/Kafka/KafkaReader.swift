import CMillrace
import CRdKafka

/// Messages as librdkafka hands them over.
typealias MessageBuffer = UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>

/// Reads the partitions of one worker. One thread at a time; keeps its consumer alive.
package final class KafkaReader {
  /// A partition to read.
  package struct Assignment: Sendable {
    package var place: TopicPartition
    /// The first offset to read.
    package var offset: Int64
    /// The offset to end before; nil: never ends.
    package var end: Int64?

    package init(place: TopicPartition, offset: Int64, end: Int64?) {
      self.place = place
      self.offset = offset
      self.end = end
    }
  }

  struct Partition {
    let place: TopicPartition
    let name: TopicName
    var position: Int64
    let end: Int64?
    var isTaken = false
    var ended = false
    /// The offset that the partition did not have, until it is known where it goes on.
    var missing: Int64?
    /// The messages of this poll: a chain through `next`, -1 for none.
    var first: Int32 = -1
    var last: Int32 = -1
    var count = 0
    /// Whether the rest of this poll's messages is not wanted.
    var isCutShort = false
  }

  /// Messages of one poll at most.
  package static let maxRows = 4096
  /// Bytes of keys and values in one batch at most, unless one message alone has more.
  package static let batchLimit_bytes = 1 << 20

  private let consumer: KafkaConsumer
  private let onOutOfRange: OutOfRangePolicy
  private let onReset: (OffsetReset) -> Void
  /// How many partitions have a `missing`.
  private var missingCount = 0
  private let queue: OpaquePointer
  private let pool: RawBatchPool
  private var fullness: QueueFullness
  private lazy var waker = FetchWaker(consumer: consumer)
  private let headerReads: [HeaderRead]
  /// While `onBatch` of `poll` runs: of the headers of its batch what `init` was told to read, in that order.
  package private(set) var headers: [HeaderValues] = []
  /// The batch that is being handed over: its first message, and the row whose headers were asked for last.
  private var handedOver: (first: Int32, row: Int, number: Int32) = (-1, 0, -1)
  private var pace = ReadingPace(maxRows: maxRows, target_bytes: batchLimit_bytes)
  private let messages: MessageBuffer
  private let next: UnsafeMutablePointer<Int32>
  private var topics: [String: OpaquePointer] = [:]
  private var partitions: [Partition]
  private var indexes: [TopicPartition: Int] = [:]
  /// Assignments that messages of this poll belong to.
  private var touched: [Int] = []
  private var newlyEnded: [Int] = []
  /// Messages come in runs of one partition: where the last one belonged.
  private var lastTopic: OpaquePointer?
  private var lastPartition: Int32 = -1
  private var lastIndex: Int?

  /// Starts fetching. `headers`: what is read of them. `onReset` is told during `poll` what `onOutOfRange` has led
  /// to, before the rows from there on. Throws `KafkaFailure`, also for a partition that another reader of `consumer` reads.
  package init(
    consumer: KafkaConsumer, assignments: [Assignment], headers: [HeaderRead] = [],
    onOutOfRange: OutOfRangePolicy = .fail,
    onReset: @escaping (OffsetReset) -> Void = { _ in }
  ) throws {
    self.consumer = consumer
    headerReads = headers
    self.onOutOfRange = onOutOfRange
    self.onReset = onReset
    guard let queue = rd_kafka_queue_new(consumer.handle) else { throw KafkaFailure.outOfMemory("reader") }
    self.queue = queue
    pool = RawBatchPool(limit_bytes: consumer.memory.pool_bytes)
    fullness = QueueFullness(consumer.memory)
    messages = .allocate(capacity: Self.maxRows)
    messages.initialize(repeating: nil, count: Self.maxRows)
    next = .allocate(capacity: Self.maxRows)
    next.initialize(repeating: -1, count: Self.maxRows)
    partitions = []
    for assignment in assignments { try add(assignment) }
  }

  deinit {
    for index in partitions.indices { stop(index) }
    rd_kafka_queue_destroy(queue)
    for topic in topics.values { rd_kafka_topic_destroy(topic) }
    messages.deallocate()
    next.deallocate()
  }

  /// Reads one more partition, with the next index. Throws `KafkaFailure`.
  package func add(_ assignment: Assignment) throws {
    let topic = assignment.place.topic
    let name = partitions.first { $0.place.topic == topic }?.name ?? TopicName(topic)
    indexes[assignment.place] = partitions.count
    partitions.append(
      Partition(place: assignment.place, name: name, position: assignment.offset, end: assignment.end))
    try start(partitions.count - 1)
  }

  private func start(_ index: Int) throws {
    let partition = partitions[index]
    if let end = partition.end, partition.position >= end {
      partitions[index].ended = true
      newlyEnded.append(index)
      return
    }
    try fetch(index, from: partition.position)
  }

  /// `offset`: one of the partition's, or one of librdkafka's logical ones.
  private func fetch(_ index: Int, from offset: Int64) throws {
    let partition = partitions[index]
    let what = "reading \(partition.place)"
    guard consumer.take(partition.place) else {
      throw KafkaFailure(
        what, name: "CONFLICT", "another reader of this consumer reads the partition", .fatal,
        remedy: "Each step that reads a topic needs a consumer of its own")
    }
    partitions[index].isTaken = true
    let topic = try handle(of: partition.place.topic)
    guard rd_kafka_consume_start_queue(topic, partition.place.partition, offset, queue) == 0 else {
      consumer.giveBack(partition.place)
      partitions[index].isTaken = false
      throw KafkaFailure(what, code: rd_kafka_last_error())
    }
  }

  private func handle(of topic: String) throws -> OpaquePointer {
    if let known = topics[topic] { return known }
    guard let made = rd_kafka_topic_new(consumer.handle, topic, nil) else {
      throw KafkaFailure("topic \"\(topic)\"", code: rd_kafka_last_error())
    }
    topics[topic] = made
    return made
  }

  private func stop(_ index: Int) {
    guard partitions[index].isTaken else { return }
    partitions[index].isTaken = false
    let place = partitions[index].place
    if let topic = topics[place.topic] { rd_kafka_consume_stop(topic, place.partition) }
    consumer.giveBack(place)
  }

  /// Fetches nothing of assignment `index` until `resume`. What is fetched ahead of it is dropped, and fetched again then:
  /// it would stand in the way of the others in the queue. Nothing to do for one that has ended.
  package func pause(_ index: Int) { stop(index) }

  /// Goes on with assignment `index` at its position. Throws `KafkaFailure`.
  package func resume(_ index: Int) throws {
    guard !partitions[index].isTaken, !partitions[index].ended else { return }
    try fetch(index, from: partitions[index].position)
  }

  /// To be called by `onBatch`, for its assignment: what is from `offset` on, one of the batch's, is not wanted yet. It is
  /// paused there, and handed over again after `resume`.
  package func pause(_ index: Int, from offset: Int64) {
    partitions[index].position = offset
    if partitions[index].ended {
      partitions[index].ended = false
      newlyEnded.removeAll { $0 == index }
    }
    partitions[index].isCutShort = true
    stop(index)
  }

  /// How many assignments there are; their indices are those of the array at `init`, then those of `add` follow.
  package var count: Int { partitions.count }

  /// The offset after the last message handed over of assignment `index`, or after markers and gaps known to follow.
  package func position(_ index: Int) -> Int64 { partitions[index].position }

  /// Takes what has been fetched, at most `maxRows` messages, fewer if they are large (about `batchLimit_bytes` in all, as
  /// far as those before let guess), and hands it over partition by partition, in offset
  /// order: `onBatch` gets the assignment's index and a batch that is valid during the call unless retained; `onEnd`
  /// the index of an assignment that has reached its end, after its last batch. `timeout_ms` 0 does not wait; with more
  /// it waits until so many have come or the time is over. False if nothing came. Throws `KafkaFailure` (a partition
  /// can't be read any more) and what `onBatch` throws; the reader is of no use after that.
  package func poll(
    maxRows: Int = KafkaReader.maxRows, timeout_ms: Int32,
    onBatch: (Int, UnsafePointer<mill_raw_batch>) throws -> Void, onEnd: (Int) -> Void
  ) throws -> Bool {
    let atStart = newlyEnded
    newlyEnded.removeAll(keepingCapacity: true)
    for index in atStart { onEnd(index) }
    let queued = rd_kafka_queue_length(queue)
    let count = rd_kafka_consume_batch_queue(queue, timeout_ms, messages, min(max(1, maxRows), pace.rows))
    let hasRoomAgain = fullness.hasRoomAgain(before: queued, taken: count, average_bytes: pace.average_bytes)
    if hasRoomAgain && !KafkaProperties.hasQueueBackoff {
      waker.wake(fetchingOf: partitions.filter(\.isTaken).map(\.place))
    }
    guard count > 0 else { return !atStart.isEmpty }
    defer { destroyMessages(count) }
    var failure: KafkaFailure?
    for number in 0..<count {
      guard let message = messages[number], let index = index(of: message), partitions[index].isTaken else { continue }
      if missingCount > 0, let problem = settle(message, index) {
        failure = failure ?? problem
      } else if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
        accept(message, Int32(truncatingIfNeeded: number), index)
      } else if let problem = handleEvent(message, index) {
        failure = failure ?? problem
      }
    }
    for index in touched { try handOver(index, onBatch) }
    touched.removeAll(keepingCapacity: true)
    for index in newlyEnded { onEnd(index) }
    newlyEnded.removeAll(keepingCapacity: true)
    if let failure { throw failure }
    return true
  }

  private func destroyMessages(_ count: Int) {
    for number in 0..<count {
      guard let message = messages[number] else { continue }
      rd_kafka_message_destroy(message)
      messages[number] = nil
    }
  }

  @inline(__always)
  private func index(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> Int? {
    if message.pointee.rkt == lastTopic && message.pointee.partition == lastPartition { return lastIndex }
    guard let topic = message.pointee.rkt, let name = rd_kafka_topic_name(topic) else { return nil }
    lastTopic = topic
    lastPartition = message.pointee.partition
    lastIndex = indexes[TopicPartition(topic: String(cString: name), partition: lastPartition)]
    return lastIndex
  }

  @inline(__always)
  private func accept(_ message: UnsafeMutablePointer<rd_kafka_message_t>, _ number: Int32, _ index: Int) {
    let offset = message.pointee.offset
    if let end = partitions[index].end, offset >= end { return advance(index, to: offset) }
    next[Int(number)] = -1
    if partitions[index].count == 0 {
      touched.append(index)
      partitions[index].first = number
    } else {
      next[Int(partitions[index].last)] = number
    }
    partitions[index].last = number
    partitions[index].count += 1
    advance(index, to: offset + 1)
  }

  @inline(__always)
  private func advance(_ index: Int, to position: Int64) {
    if position > partitions[index].position { partitions[index].position = position }
    guard let end = partitions[index].end, partitions[index].position >= end, !partitions[index].ended else { return }
    partitions[index].ended = true
    newlyEnded.append(index)
    stop(index)
  }

  /// What comes beside messages; an error if the partition can't be read on.
  private func handleEvent(_ message: UnsafeMutablePointer<rd_kafka_message_t>, _ index: Int) -> KafkaFailure? {
    let code = message.pointee.err
    let what = "reading \(partitions[index].place)"
    if code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
      // Markers of transactions and compacted records are not handed over, but the end behind them is here.
      advance(index, to: message.pointee.offset)
      return nil
    }
    if code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE {
      return goOnElsewhere(index)
    }
    if KafkaCode.isUnknownTopic(code) || KafkaCode.kind(code) != .retriable {
      let detail = rd_kafka_message_errstr(message).map { String(cString: $0) }
      let remedy = KafkaCode.isUnknownTopic(code) ? KafkaFailure.goneRemedy : nil
      return KafkaFailure(what, code: code, message: detail, remedy: remedy)
        .lacking([KafkaAccess(.read, .topic(partitions[index].place.topic))], consumer.principal)
    }
    return nil  // librdkafka gets over it by itself, and logs it
  }

  /// The partition does not have the next offset; an error if that is none to get over.
  private func goOnElsewhere(_ index: Int) -> KafkaFailure? {
    let (place, position) = (partitions[index].place, partitions[index].position)
    guard let offset = onOutOfRange.logicalOffset else { return .outOfRange(place, position) }
    if partitions[index].missing == nil { missingCount += 1 }
    partitions[index].missing = position
    stop(index)
    do { try fetch(index, from: offset) } catch { return error as? KafkaFailure }
    return nil
  }

  /// Takes note of where a partition goes on that did not have an offset; an error if that is before it.
  private func settle(_ message: UnsafeMutablePointer<rd_kafka_message_t>, _ index: Int) -> KafkaFailure? {
    let code = message.pointee.err
    guard let missing = partitions[index].missing,
      code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__PARTITION_EOF
    else { return nil }
    partitions[index].missing = nil
    missingCount -= 1
    let found = message.pointee.offset
    guard found >= missing else { return .madeAnew(partitions[index].place, from: missing, found: found) }
    onReset(OffsetReset(place: partitions[index].place, from: missing, to: found))
    return nil
  }

  /// All headers of message `row` of the batch that is being handed over; to be asked for while `onBatch` of `poll` runs, by its
  /// thread, cheapest in ascending order. Empty if it has none. For the few messages that are bad: of all, two headers cost
  /// about a microsecond a message.
  package func allHeaders(_ row: Int) -> [HeaderList.Header] {
    if row < handedOver.row { (handedOver.row, handedOver.number) = (0, handedOver.first) }
    while handedOver.row < row, handedOver.number >= 0 {
      handedOver.number = next[Int(handedOver.number)]
      handedOver.row += 1
    }
    return handedOver.number < 0 ? [] : messages[Int(handedOver.number)].map { HeaderList.headers(of: $0) } ?? []
  }

  private func handOver(_ index: Int, _ onBatch: (Int, UnsafePointer<mill_raw_batch>) throws -> Void) throws {
    var number = partitions[index].first
    partitions[index].count = 0
    partitions[index].isCutShort = false
    while number >= 0 && !partitions[index].isCutShort {
      let (count, size) = measure(from: number)
      pace.saw(rows: count, bytes: size)
      let batch = try RawBatch(
        topic: partitions[index].name, partition: partitions[index].place.partition, count: count, size: size,
        pool: pool)
      headers = headerReads.map { .read($0, messages, first: number, next: next, count: count) }
      handedOver = (number, 0, number)
      number = batch.fill(messages, first: number, next: next)
      try withExtendedLifetime(batch) { try onBatch(index, UnsafePointer(batch.raw)) }
    }
  }

  /// How many messages from `first` on fit in one batch, the headers that are read included, and the bytes of their keys
  /// and values.
  private func measure(from first: Int32) -> (count: Int, size: Int) {
    var (number, count, size, headers_bytes) = (first, 0, 0, 0)
    while number >= 0, let message = messages[Int(number)] {
      let more = size + message.pointee.len + message.pointee.key_len
      if !headerReads.isEmpty { headers_bytes += HeaderValues.size_bytes(headerReads, message) }
      if count > 0 && more + headers_bytes > Self.batchLimit_bytes { break }
      size = more
      count += 1
      number = next[Int(number)]
    }
    return (count, size)
  }
}
