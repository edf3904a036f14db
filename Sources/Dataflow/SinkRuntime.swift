import Columnar

/// A sink step on one worker. Rows of an epoch that is not open yet, or that the sink has no room for, wait here.
final class SinkRuntime: NodeRuntime {
  /// How many rows may wait before entries upstream pause.
  static let waitingRowLimit = 32_768

  private struct Waiting {
    var batch: RecordBatch
    var first: Int
    var epoch: UInt64
    /// The sink of the rows' epoch: a later one may expect another schema.
    var sink: any DataflowSink
  }
  private var instance: any DataflowSink
  private var waiting: [Waiting] = []
  private var head = 0
  private var waitingRows = 0
  private var waitingBytes = 0

  init(index: NodeIndex, id: String, worker: Worker, epoch: UInt64, instance: any DataflowSink) {
    self.instance = instance
    super.init(index: index, id: id, worker: worker, epoch: epoch)
  }

  override var isCongested: Bool { waitingRows > Self.waitingRowLimit || waitingBytes > worker.limits.sink }

  override func process(_ batch: RecordBatch, port: Int) throws {
    worker.metrics.rowsIn(node: index, count: batch.rowCount)
    var written = 0
    if head == waiting.count && worker.control.gate.admits(epoch) {
      written = try instance.write(batch, first: 0, epoch: epoch)
    }
    guard written < batch.rowCount else { return }
    waiting.append(Waiting(batch: batch, first: written, epoch: epoch, sink: instance))
    waitingRows += batch.rowCount - written
    waitingBytes += batch.byteSize
    batch.charge(.exchange, to: worker.control.budget)
  }

  /// Writes what waits, as far as it may and there is room. True if anything moved.
  func flush() throws -> Bool {
    guard head < waiting.count, worker.control.gate.admits(waiting[head].epoch) else { return false }
    let before = worker.spendTime(on: index)
    defer { worker.spendTime(on: before) }
    var moved = false
    while head < waiting.count, worker.control.gate.admits(waiting[head].epoch) {
      let item = waiting[head]
      let written = try item.sink.write(item.batch, first: item.first, epoch: item.epoch)
      waitingRows -= written
      moved = moved || written > 0
      guard item.first + written == item.batch.rowCount else {
        waiting[head].first += written
        break
      }
      waitingBytes -= item.batch.byteSize
      head += 1
    }
    letGo()
    return moved
  }

  /// Lets go of batches that are written, also when the queue is never empty.
  private func letGo() {
    guard head == waiting.count || head >= 32 else { return }
    waiting.removeSubrange(0..<head)
    head = 0
  }

  /// Whether rows of an epoch up to `epoch` still wait.
  func holds(through epoch: UInt64) -> Bool { head < waiting.count && waiting[head].epoch <= epoch }

  override func endEpoch(_ epoch: UInt64) throws {
    if let successor = try replacement(of: instance) { instance = try checked(successor as? any DataflowSink) }
  }

  override func close() { instance.close() }
}
