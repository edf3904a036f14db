import Columnar

/// A source step on one worker.
final class SourceRuntime: NodeRuntime, SourceOutput {
  private var instance: any DataflowSource
  private var watermarks: SplitWatermarks
  private var names: [String]
  private var splits: [SplitMetrics]
  private let alignment: EventTimeAlignment?
  private var drift: DriftControl?
  private var lastAligned_us: Int64
  private var emitError: (any Error)?
  private var endTold = false
  /// What must not be congested for this source to go on.
  var downstream: [any Congestible] = []

  init(
    index: NodeIndex, id: String, worker: Worker, epoch: UInt64, policy: WatermarkPolicy,
    alignment: EventTimeAlignment? = nil, instance: any DataflowSource
  ) {
    self.instance = instance
    self.alignment = alignment
    drift = alignment.map { DriftControl(limit_us: $0.limit_us) }
    lastAligned_us = worker.now_us
    watermarks = SplitWatermarks(policy: policy)
    names = instance.splits.map(\.split)
    splits = instance.splits.map(SplitMetrics.init)
    super.init(index: index, id: id, worker: worker, epoch: epoch)
    for (split, position) in instance.splits.enumerated() {
      watermarks.add(split: split, watermark_us: position.watermark_us)
    }
    isEnded = watermarks.allEnded
    worker.metrics.setSplits(node: index, splits)
  }

  /// Whether all splits have ended.
  private(set) var isEnded = false
  var holdsRows: Bool { instance.holdsRows }
  override var watermark_us: Int64 { endTold ? .max : watermarks.current_us }

  /// Something downstream has no room: this turn goes by without reading.
  func pause() { watermarks.pause() }

  /// Reads some rows and moves event time. True if anything happened.
  func turn(max_rows: Int, now_us: Int64) throws -> Bool {
    try naming {
      try grow()
      try align(now_us: now_us)
      let read = isEnded ? false : try instance.poll(max_rows: max_rows, output: self)
      if let error = emitError { throw error }
      if let message = watermarks.poll(now_us: now_us, isKnownEmpty: instance.isKnownEmpty) { try broadcast(message) }
      try tellEnd()
      return read
    }
  }

  /// Takes in splits that have come to the source.
  private func grow() throws {
    let new = try instance.takeNewSplits()
    guard !new.isEmpty else { return }
    for position in new {
      watermarks.add(split: names.count, watermark_us: position.watermark_us)
      names.append(position.split)
      splits.append(SplitMetrics(position))
    }
    isEnded = false
    worker.metrics.setSplits(node: index, splits)
  }

  /// Pauses the splits that are too far ahead of the slowest on any worker, and goes on with those that are not any more.
  private func align(now_us: Int64) throws {
    guard let alignment else { return }
    alignment.tell(worker: worker.index, watermarks.slowest_us)
    let slowest_us = alignment.slowest_us
    for split in drift?.paused ?? [] { splits[split].waited(now_us - lastAligned_us) }
    lastAligned_us = now_us
    for split in names.indices where watermarks.isActive(split) {
      guard
        let isPaused = drift?.look(
          at: split, watermark_us: watermarks.watermark(of: split), slowest_us: slowest_us)
      else { continue }
      try instance.setPaused(split: split, isPaused)
      watermarks.setPaused(split: split, isPaused)
    }
  }

  private func tellEnd() throws {
    guard isEnded && !endTold && worker.endsWithSources else { return }
    endTold = true
    try broadcast(.watermark(.max))
  }

  func emit(_ batch: RecordBatch, split: Int) {
    guard emitError == nil else { return }
    worker.metrics.rowsOut(node: index, count: batch.rowCount)
    worker.metrics.acts()
    if splits.indices.contains(split) { splits[split].read(rows: batch.rowCount) }
    watermarks.saw(split: split, greatest_us: greatest(batch))
    do { try send(batch, port: 0) } catch { emitError = error }
  }

  func ended(split: Int) {
    watermarks.ended(split: split)
    isEnded = watermarks.allEnded
  }

  /// Lets others see how far the splits are.
  func publish() {
    for (split, metrics) in splits.enumerated() {
      let next = instance.position(split: split)
      if next != metrics.next { worker.metrics.acts() }  // bad rows, markers of transactions, …
      metrics.publish(
        next: next, watermark_us: watermarks.watermark(of: split),
        watermarks.condition(of: split))
    }
  }

  private func greatest(_ batch: RecordBatch) -> Int64 {
    guard let times = batch.eventTimes else { return .min }
    var result = Int64.min
    for row in 0..<batch.rowCount { result = max(result, times[row]) }
    return result
  }

  /// Ends an epoch here: rows read from now on belong to the next.
  func inject(epoch: UInt64) throws {
    worker.snapshot.sources[index] = names.indices.map {
      SplitPosition(
        split: names[$0], next: instance.position(split: $0), watermark_us: watermarks.watermark(of: $0))
    }
    if let successor = try replacement(of: instance) {
      let own = instance
      instance = try checked(successor as? any DataflowSource)
      // What takes a source's place has no paused splits; what stays and changes inside keeps them.
      if instance !== own { for split in drift?.paused ?? [] { try instance.setPaused(split: split, true) } }
    }
    try replacePartitioners()
    startEpoch(epoch + 1)
    try broadcast(.barrier(epoch: epoch))
    worker.nodePassed(self)
  }

  override func close() { instance.close() }
}
