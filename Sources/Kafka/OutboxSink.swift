import CMillrace
import CRdKafka
import Checkpointing
import Glibc
import Synchronization

/// Writes rows for one cluster into files, one for each epoch: they are sent once the epoch counts.
///
/// `produce` comes from any worker's thread; the rest from the control thread.
package final class OutboxSink: RowSink, @unchecked Sendable {
  /// While an earlier epoch waits to count and to be sent, the next takes so many bytes; then sinks pause.
  package static let waitingLimit_bytes: Int64 = 256 << 20

  /// An epoch's rows, as they lie in the file.
  package struct Content: Sendable, Equatable {
    package var rowCount: Int64
    package var size: Int64
    package var sha256: String
  }

  fileprivate struct Box {
    var epoch: UInt64
    var file: FileWriter
    var hash = SHA256Box()
    var topic: String?
    var rowCount: Int64 = 0
    var size: Int64 = 0
    var content: Content?
  }
  private struct State {
    var boxes: [Box] = []
    var encoder = OutboxEncoder()
    /// Whether an epoch that has got all its rows waits to be sent.
    var isBehind = false
  }

  package let topics: TopicDirectory
  private let largest_bytes: Int
  private let onFull: @Sendable (CheckpointError) -> Void
  private let create: @Sendable (UInt64) throws -> FileWriter
  private let lock = Mutex(())
  /// Behind `lock`.
  private var state = State()

  /// `topics`: of the cluster that the rows are for; `properties`: of its connection. `onFull`: hears why rows can't be
  /// written for now, which is tried again. `create`: makes the file of an epoch; it is called when the first row comes.
  /// Both are called from workers' threads.
  package init(
    topics: TopicDirectory, properties: KafkaProperties,
    onFull: @escaping @Sendable (CheckpointError) -> Void = { _ in },
    create: @escaping @Sendable (UInt64) throws -> FileWriter
  ) {
    self.topics = topics
    self.onFull = onFull
    self.create = create
    largest_bytes = properties["message.max.bytes"].flatMap { Int($0) } ?? 1_000_000
  }

  // MARK: - Rows

  package func produce(
    epoch: UInt64, topic: String, rows: TransactionalSink.Rows, range: Range<Int>
  ) throws -> TransactionalSink.Taken {
    let now_ms = Self.now_ms()
    return try add(epoch, topic, range) { row in
      let time_ms = rows.timestamp_ms(row)
      return OutboxEncoder.Row(
        partition: rows.partition(row), timestamp_ms: time_ms > 0 ? time_ms : now_ms,
        key: Self.bytes(rows.keys?[row], rows.keyData), value: Self.bytes(rows.values[row], rows.valueData))
    }
  }

  package func produce(
    epoch: UInt64, topic: String, partition: Int32, key: [UInt8]?, value: [UInt8]?,
    headers: [(name: String, value: [UInt8]?)], timestamp_ms: Int64?
  ) throws -> TransactionalSink.Taken {
    let time_ms = timestamp_ms.flatMap { $0 > 0 ? $0 : nil } ?? Self.now_ms()
    return try (key ?? []).withUnsafeBytes { keyBytes in
      try (value ?? []).withUnsafeBytes { valueBytes in
        let row = OutboxEncoder.Row(
          partition: partition, timestamp_ms: time_ms, key: key == nil ? nil : keyBytes,
          value: value == nil ? nil : valueBytes, headers: headers)
        return try add(epoch, topic, 0..<1) { _ in row }
      }
    }
  }

  private static func now_ms() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  private static func bytes(_ span: mill_span?, _ data: UnsafePointer<UInt8>?) -> UnsafeRawBufferPointer? {
    guard let span, span.length >= 0 else { return nil }
    guard span.length > 0, let data else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(start: data + Int(span.offset), count: Int(span.length))
  }

  /// Adds rows up to the first that is too large; all of them or none.
  private func add(
    _ epoch: UInt64, _ topic: String, _ range: Range<Int>, _ row: (Int) -> OutboxEncoder.Row
  ) throws -> TransactionalSink.Taken {
    do {
      return try lock.withLock { _ in try addLocked(epoch, topic, range, row) }
    } catch let error as CheckpointError {
      // A full disk: the sinks wait for room, as they do for a producer's queue.
      guard error.isRetriable else { throw error }
      onFull(error)
      return TransactionalSink.Taken(count: 0)
    }
  }

  /// As above. Behind `lock`.
  private func addLocked(
    _ epoch: UInt64, _ topic: String, _ range: Range<Int>, _ row: (Int) -> OutboxEncoder.Row
  ) throws -> TransactionalSink.Taken {
    let index = try box(epoch)
    guard !state.isBehind || state.boxes[index].size < Self.waitingLimit_bytes else {
      return TransactionalSink.Taken(count: 0)
    }
    let taken = encode(topic, range, isNew: state.boxes[index].topic != topic, row)
    guard taken.count > 0 else { return taken }
    try state.boxes[index].write(state.encoder.bytes)
    state.boxes[index].topic = topic
    state.boxes[index].rowCount += Int64(taken.count)
    return taken
  }

  private func encode(
    _ topic: String, _ range: Range<Int>, isNew: Bool, _ row: (Int) -> OutboxEncoder.Row
  ) -> TransactionalSink.Taken {
    state.encoder.removeAll()
    if isNew { state.encoder.add(topic: topic) }
    for number in range {
      let one = row(number)
      guard one.largestSize <= largest_bytes else {
        let refusal = KafkaFailure("a row for topic \"\(topic)\"", code: RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        return TransactionalSink.Taken(count: number - range.lowerBound, refusal: refusal)
      }
      state.encoder.add(one)
    }
    return TransactionalSink.Taken(count: range.count)
  }

  /// Where the epoch's file is in `state.boxes`; made if need be.
  private func box(_ epoch: UInt64) throws -> Int {
    if let index = state.boxes.firstIndex(where: { $0.epoch == epoch }) { return index }
    var box = Box(epoch: epoch, file: try create(epoch))
    try box.write(OutboxEncoder.magic)
    state.boxes.append(box)
    return state.boxes.count - 1
  }

  // MARK: - Epochs

  /// Makes the rows of an epoch durable, but for the directory's entry: no more come. Gives what the file has; nil if
  /// there is none. May be called again, also after it threw. Throws `CheckpointError`.
  package func finish(epoch: UInt64) throws -> Content? {
    let found = lock.withLock { _ in
      state.isBehind = true
      return state.boxes.first { $0.epoch == epoch }
    }
    guard var box = found else { return nil }
    // Rows of the next epoch need not wait for the disk.
    let content = try box.finish()
    lock.withLock { _ in
      if let index = state.boxes.firstIndex(where: { $0.epoch == epoch }) { state.boxes[index].content = content }
    }
    return content
  }

  /// The rows of an epoch have been sent.
  package func sent(epoch: UInt64) {
    lock.withLock { _ in
      state.isBehind = false
      state.boxes.removeAll { $0.epoch <= epoch }
    }
  }

  /// Bytes that are in files and not sent. [any]
  package var waiting_bytes: Int64 { lock.withLock { _ in state.boxes.reduce(0) { $0 + $1.size } } }
}

extension OutboxSink.Box {
  fileprivate mutating func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes {
      try file.write($0)
      hash.update($0)
    }
    size += Int64(bytes.count)
  }

  fileprivate mutating func finish() throws -> OutboxSink.Content {
    if let content { return content }
    try file.flush()
    do { try file.finish() } catch let error as CheckpointError {
      // After a sync that failed the system may have dropped the bytes, and they can't be written again.
      throw KafkaFailure(
        "outbox of epoch \(epoch)", name: "OUTBOX", "\(error)", .unknownOutcome,
        remedy: "The job starts again from the last epoch that counts; look after the disk")
    }
    let made = OutboxSink.Content(rowCount: rowCount, size: size, sha256: hash.finish())
    content = made
    return made
  }
}

extension OutboxEncoder.Row {
  /// What librdkafka may count for the row: no more than that.
  fileprivate var largestSize: Int {
    headers.reduce(48 + (key?.count ?? 0) + (value?.count ?? 0)) {
      $0 + 20 + $1.name.utf8.count + ($1.value?.count ?? 0)
    }
  }
}

/// A digest that can be a member of a copyable struct.
private final class SHA256Box {
  private var hash: SHA256? = SHA256()
  func update(_ bytes: UnsafeRawBufferPointer) { hash?.update(bytes) }
  func finish() -> String { hash.take()?.finish() ?? "" }
}
