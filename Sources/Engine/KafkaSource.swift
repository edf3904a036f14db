import CMillrace
import Columnar
import Dataflow
import Kafka
import PluginHost
import Synchronization

/// How far the partitions of one source step are read, for whoever wants to know the lag. [any]
final class ReadPositions: Sendable {
  private final class Position: Sendable {
    let next: Atomic<Int64>
    init(_ next: Int64) { self.next = Atomic(next) }
  }
  private let positions: Mutex<[TopicPartition: Position]>

  init(_ start: [(place: TopicPartition, offset: Int64)]) {
    positions = Mutex(Dictionary(start.map { ($0.place, Position($0.offset)) }) { first, _ in first })
  }

  /// One more partition, to be read from `next` on.
  func add(_ place: TopicPartition, _ next: Int64) { positions.withLock { $0[place] = Position(next) } }

  func set(_ place: TopicPartition, _ next: Int64) {
    positions.withLock { $0[place] }?.next.store(next, ordering: .relaxed)
  }

  /// Of each partition the next offset.
  var offsets: [PartitionOffset] {
    positions.withLock { $0 }.map { place, position in
      PartitionOffset(
        topic: place.topic, partition: place.partition, offset: position.next.load(ordering: .relaxed))
    }
  }

  /// Messages that `consumer` knows of and that are not read yet; nil while it knows of no end.
  func lag(_ consumer: KafkaConsumer) -> Int64? {
    var sum: Int64 = 0
    for (place, position) in positions.withLock({ $0 }) {
      guard let end = consumer.cachedHighWatermark(place) else { return nil }
      sum += max(0, end - position.next.load(ordering: .relaxed))
    }
    return sum
  }
}

/// The partitions of a topic source step that one worker reads.
final class KafkaSource: DataflowSource {
  private(set) var splits: [SplitPosition]
  private let reader: KafkaReader
  private var places: [TopicPartition]
  private let arrivals: PartitionArrivals
  private let positions: ReadPositions
  private let ends: EndProbe
  private let budget: MemoryBudget
  /// What is counted for this source: what may be fetched ahead, since librdkafka does not tell what is.
  private var charged_bytes = 0
  private let readerLimit_bytes: Int
  /// Splits that wait for a schema, those of them that can't be read on, and those that are held back from outside.
  private var waits = SchemaWaits()
  private var stopped: Set<Int> = []
  private let stops: SchemaStops
  private var paused: Set<Int> = []
  /// Messages that are not handed over as a whole. While there are any, nothing else is read.
  private var lines = LineQueue()
  /// Replaced when a serde's newer version takes over.
  var decoders: TopicDecoders

  /// `watermarks_us`: of each assignment, from the checkpoint; Int64.min for none. `arrivals`: partitions that come later.
  /// Starts fetching. What may be fetched ahead counts against `budget` until the source goes.
  init(
    consumer: KafkaConsumer, assignments: [KafkaReader.Assignment], watermarks_us: [Int64],
    decoders: TopicDecoders, positions: ReadPositions, arrivals: PartitionArrivals, headers: [HeaderRead],
    onOutOfRange: OutOfRangePolicy, resets: OffsetResets, stops: SchemaStops,
    budget: MemoryBudget = HostMemory.current
  ) throws {
    self.stops = stops
    reader = try KafkaReader(
      consumer: consumer, assignments: assignments, headers: headers, onOutOfRange: onOutOfRange,
      onReset: resets.note)
    places = assignments.map(\.place)
    splits = zip(assignments, watermarks_us).map {
      SplitPosition(split: $0.place.description, next: $0.offset, watermark_us: $1)
    }
    self.decoders = decoders
    self.positions = positions
    self.arrivals = arrivals
    ends = EndProbe(consumer: consumer)
    self.budget = budget
    readerLimit_bytes = consumer.memory.reader_bytes
    chargeIfReading()
  }

  deinit { budget.release(.batches, charged_bytes) }

  func poll(max_rows: Int, output: any SourceOutput) throws -> Bool {
    if !waits.isEmpty {
      for index in waits.over(now_us: Clock.monotonic_us()) where !paused.contains(index) { try reader.resume(index) }
    }
    let hasRead = try lines.isEmpty && read(max_rows, output)
    guard !lines.isEmpty else { return hasRead }
    try handOverLines(max_rows, output)
    return true
  }

  private func read(_ max_rows: Int, _ output: any SourceOutput) throws -> Bool {
    try reader.poll(
      maxRows: max_rows, timeout_ms: 0,
      onBatch: { index, raw in
        guard let decoder = decoders[places[index].topic] else { return }
        if decoder.readsLines { return add(raw, split: index, decoder) }
        let decoded = try decoder.decode(
          raw, headers: reader.headers, allHeaders: reader.allHeaders, epoch: output.epoch)
        if let batch = decoded.batch { output.emit(batch, split: index) }
        note(decoded.wait, of: index)
        positions.set(places[index], reader.position(index))
      }, onEnd: { if lines.isEmpty { output.ended(split: $0) } else { lines.end($0) } })
  }

  /// The messages will be gone when their lines are decoded.
  private func add(_ raw: UnsafePointer<mill_raw_batch>, split: Int, _ decoder: TopicDecoder) {
    let allHeaders = decoder.makesLetters ? (0..<Int(raw.pointee.length)).map(reader.allHeaders) : []
    lines.add(raw, split: split, headers: reader.headers, allHeaders: allHeaders)
  }

  private func handOverLines(_ max_rows: Int, _ output: any SourceOutput) throws {
    if let piece = lines.next(atMost: max_rows), let decoder = decoders[places[piece.split].topic],
      let batch = try decoder.decode(
        piece.lines, headers: piece.headers, allHeaders: { piece.allHeaders.isEmpty ? [] : piece.allHeaders[$0] },
        epoch: output.epoch)
    {
      output.emit(batch, split: piece.split)
    }
    guard lines.isEmpty else { return }
    let done = lines.takeDone()
    for index in done.read { positions.set(places[index], reader.position(index)) }
    for split in done.ended { output.ended(split: split) }
  }

  var holdsRows: Bool { !lines.isEmpty }

  private func note(_ wait: TopicDecoder.Wait?, of index: Int) {
    if let wait {
      reader.pause(index, from: wait.offset)
      waits.begin(index, now_us: Clock.monotonic_us(), isOver: wait.isOver)
    }
    let place = places[index]
    if let wait, let cause = wait.cause {
      stopped.insert(index)
      stops.stands(at: PartitionOffset(topic: place.topic, partition: place.partition, offset: wait.offset), cause)
    } else if stopped.remove(index) != nil {
      stops.goesOn(place)
    }
  }

  private func chargeIfReading() {
    guard charged_bytes == 0, !places.isEmpty else { return }
    charged_bytes = readerLimit_bytes
    budget.charge(.batches, charged_bytes)
  }

  func takeNewSplits() throws -> [SplitPosition] {
    let new = arrivals.take()
    guard !new.isEmpty else { return [] }
    for assignment in new { try reader.add(assignment) }
    places += new.map(\.place)
    chargeIfReading()
    let positions = new.map { SplitPosition(split: $0.place.description, next: $0.offset, watermark_us: .min) }
    splits += positions
    return positions
  }

  func position(split: Int) -> Int64 { reader.position(split) }

  func isKnownEmpty(split: Int) -> Bool { ends.isAtEnd(places[split], position: reader.position(split)) }

  func setPaused(split: Int, _ isPaused: Bool) throws {
    if isPaused {
      paused.insert(split)
      reader.pause(split)
    } else {
      paused.remove(split)
      if !waits.contains(split) { try reader.resume(split) }
    }
  }

  func close() { for index in stopped { stops.goesOn(places[index]) } }
}
