import Columnar

/// An operator on one worker.
final class OperatorRuntime: NodeRuntime, OperatorOutput {
  private var instance: any DataflowOperator
  private var emitError: (any Error)?
  /// What must not be congested for timers to go on firing.
  var downstream: [any Congestible] = []

  init(index: NodeIndex, id: String, worker: Worker, epoch: UInt64, instance: any DataflowOperator) {
    self.instance = instance
    super.init(index: index, id: id, worker: worker, epoch: epoch)
  }

  var pressure: OperatorPressure { instance.pressure }

  func open(restoring snapshots: [(OperatorSnapshot, version: String)]) throws {
    try instance.open(output: self)
    for (snapshot, version) in snapshots { try instance.restore(snapshot, version: version) }
  }

  /// Rows leave while the operator runs; what goes wrong downstream surfaces when it returns.
  func emit(_ batch: RecordBatch, port: Int) {
    guard emitError == nil else { return }
    do {
      worker.metrics.rowsOut(node: index, count: batch.rowCount)
      try send(batch, port: port)
    } catch { emitError = error }
  }

  private func checkEmit() throws {
    guard let error = emitError else { return }
    emitError = nil
    throw error
  }

  override func process(_ batch: RecordBatch, port: Int) throws {
    worker.metrics.rowsIn(node: index, count: batch.rowCount)
    worker.metrics.acts()
    try instance.process(batch, port: port)
    try checkEmit()
  }

  override func advance(to watermark_us: Int64) throws -> Bool {
    worker.metrics.acts()
    let isDone = try instance.advance(to: watermark_us, mayGoOn: mayGoOn)
    try checkEmit()
    return isDone
  }

  func tick(now_us: Int64) throws {
    guard !isAdvancing else { return }
    let before = worker.spendTime(on: index)
    defer { worker.spendTime(on: before) }
    if try instance.tick(now_us: now_us, mayGoOn: mayGoOn) { worker.metrics.acts() }
    try checkEmit()
  }

  private func mayGoOn() -> Bool { !worker.isCongested(downstream) }

  /// Goes on with what waited for downstream, if there is room now. True if there was something to do.
  func goOn() throws -> Bool {
    guard isAdvancing, mayGoOn() else { return false }
    let before = worker.spendTime(on: index)
    defer { worker.spendTime(on: before) }
    try goOnAdvancing()
    return true
  }

  override func endEpoch(_ epoch: UInt64) throws {
    try instance.flush(epoch: epoch)
    try checkEmit()
    worker.snapshot.operators[index] = try instance.snapshot()
    if let successor = try replacement(of: instance) { instance = try checked(successor as? any DataflowOperator) }
  }

  override func close() { instance.close() }
}
