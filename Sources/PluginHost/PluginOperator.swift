import CMillrace
import Columnar
import Dataflow
import Glibc
import State

/// An operator's instance before it runs: created and bound. [control]
package final class BoundOperator {
  package let type: OperatorType
  package let inputs: [Schema]
  /// The outputs' schemas, with the layouts that the instance will emit them in.
  fileprivate let ports: [ProducerSchema]
  package var outputs: [Schema] { ports.map(\.schema) }
  let instance: UnsafeMutableRawPointer
  fileprivate var isOwned = true

  /// Creates an instance and binds it to its inputs' schemas. Throws `PluginError`.
  package init(type: OperatorType, config: String, inputs: [Schema]) throws {
    let id = type.descriptor.id
    var made: UnsafeMutableRawPointer?
    try ControlCalls.call(id, "create") { error in
      config.withCString { type.vtable.pointee.create(Host.pointer, $0, &made, error) }
    }
    guard let made else { throw PluginError("plugin-call-failed", id, "create gave no instance") }
    self.type = type
    self.inputs = inputs
    instance = made
    do { ports = try Self.bind(type, made, inputs) } catch {
      ControlCalls.run { type.vtable.pointee.destroy(made) }
      throw error
    }
  }

  deinit { if isOwned { ControlCalls.run { type.vtable.pointee.destroy(instance) } } }

  private static func bind(
    _ type: OperatorType, _ instance: UnsafeMutableRawPointer, _ inputs: [Schema]
  ) throws -> [ProducerSchema] {
    let count = type.descriptor.outputs.count
    let memory = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: max(1, count))
    memory.initialize(repeating: ArrowSchema(), count: count)
    defer {
      for index in 0..<count { if let release = memory[index].release { release(memory + index) } }
      memory.deallocate()
    }
    try withExported(inputs) { schemas in
      try ControlCalls.call(type.descriptor.id, "bind") {
        type.vtable.pointee.bind(instance, schemas, UInt32(inputs.count), memory, UInt32(count), $0)
      }
    }
    return try (0..<count).map { index in
      do { return try ProducerSchema(importing: memory + index) } catch {
        throw PluginError("bad-schema", type.descriptor.id, "bind gave a bad schema for output \(index): \(error)")
      }
    }
  }

  /// Hands the instance over to whoever runs it.
  fileprivate func give() -> UnsafeMutableRawPointer {
    isOwned = false
    return instance
  }
}

/// Why a row that an operator or a sink turned down goes to the dead letters.
package struct RejectedRow {
  /// The input that it came by.
  package var port: Int
  package var batch: RecordBatch
  package var row: Int
  package var code: Int32
  package var message: String
}

/// A running operator of a plugin. One thread at a time.
package final class PluginOperator: TaskContext, DataflowOperator {
  private static let timerChunk = 1024

  package let type: OperatorType
  package var outputs: [Schema] { ports.map(\.schema) }
  private let ports: [ProducerSchema]
  private let instance: UnsafeMutableRawPointer
  private let inputs: [Schema]
  private let encoders: [KeyEncoder?]
  private let task: UnsafeMutablePointer<mill_task>
  private let onReject: (RejectedRow, _ epoch: UInt64) throws -> Void
  private weak var output: (any OperatorOutput)?
  private var slots: UnsafeMutablePointer<UInt32>
  private var slotCapacity = 4096
  private var timers: [mill_timer] = []
  /// How often `on_timers` was called.
  private var firings = 0
  private var watermark_us = Int64.min
  /// The last watermark while not all that it makes due has fired: the event time before it, and whether all up to that
  /// has, so that what is set from now on is held.
  private var lastFiring: (after_us: Int64, isHolding: Bool)?
  private var isOpen = false
  private var current: (batch: RecordBatch, port: Int)?
  private var failure: (any Error)?

  /// Takes a bound instance over.
  /// - Parameters:
  ///   - keyColumns: the key's columns of each input; nil for an input that is not keyed.
  ///   - keyedState: the state to run on; nil if no input is keyed.
  ///   - onReject: what becomes of rows that the operator rejects.
  package init(
    _ bound: BoundOperator, keyColumns: [[Int]?], keyedState: KeyedState?, worker: Int, workers: Int,
    onReject: @escaping (RejectedRow, _ epoch: UInt64) throws -> Void
  ) throws {
    encoders = try zip(bound.inputs, keyColumns).map { schema, columns in
      try columns.map { try KeyEncoder(schema: schema, keyColumns: $0) }
    }
    type = bound.type
    ports = bound.ports
    inputs = bound.inputs
    self.onReject = onReject
    slots = .allocate(capacity: slotCapacity)
    task = .allocate(capacity: 1)
    instance = bound.give()
    super.init(keyedState: keyedState)
    task.initialize(to: makeTask(worker: worker, workers: workers))
    timers.reserveCapacity(Self.timerChunk)
  }

  deinit {
    ControlCalls.run { type.vtable.pointee.destroy(instance) }
    task.deallocate()
    slots.deallocate()
  }

  private func makeTask(worker: Int, workers: Int) -> mill_task {
    mill_task(
      struct_size: UInt32(MemoryLayout<mill_task>.size), worker_index: UInt32(worker), worker_count: UInt32(workers),
      reserved: 0, context: Unmanaged<TaskContext>.passUnretained(self).toOpaque(),
      get_extension: { task, id in
        guard let id, let task, let context = TaskContext.of(task), context.keyedState != nil else { return nil }
        if strcmp(id, MILL_KEYED_STATE) == 0 { return UnsafeRawPointer(StateExtensions.keyedState) }
        if strcmp(id, MILL_TIMERS) == 0 { return UnsafeRawPointer(StateExtensions.timers) }
        return nil
      },
      emit: { task, port, batch, error in
        guard let task, let batch, let own = TaskContext.of(task) as? PluginOperator else { return Int32(MILL_FAILED) }
        return own.emit(port: Int(port), batch, error)
      },
      reject_row: { task, row, code, message in
        guard let task, let own = TaskContext.of(task) as? PluginOperator else { return }
        own.reject(row: Int(clamping: row), code, message.map { String(cString: $0) } ?? "rejected")
      },
      now_us: { _ in Clock.realtime_us() })
  }

  private var id: String { type.descriptor.id }
  private var table: mill_operator_vtable { type.vtable.pointee }

  // MARK: - Calls from the plugin

  private func emit(
    port: Int, _ batch: UnsafeMutablePointer<mill_batch>, _ report: UnsafeMutablePointer<mill_error>?
  ) -> Int32 {
    let owned = RecordBatch(moving: batch)
    do {
      guard ports.indices.contains(port) else {
        throw PluginError("bad-batch", id, "emit: there is no output \(port), there are \(ports.count)")
      }
      let admitted = try admitting(id, "emit to output \(port)") { try owned.admitted(as: ports[port]) }
      if admitted.rowCount > 0 { output?.emit(admitted, port: port) }
      return Int32(MILL_OK)
    } catch {
      // The rows are lost: the callback has failed, whatever the plugin makes of it.
      failure = failure ?? error
      fill(report, (error as? PluginError)?.message ?? "\(error)")
      return Int32(MILL_FAILED)
    }
  }

  private func reject(row: Int, _ code: Int32, _ message: String) {
    guard let (batch, port) = current, row >= 0, row < batch.rowCount else { return }
    do {
      let rejected = RejectedRow(port: port, batch: batch, row: row, code: code, message: message)
      try onReject(rejected, output?.epoch ?? 0)
    } catch { failure = failure ?? error }
  }

  // MARK: - DataflowOperator

  package func open(output: any OperatorOutput) throws {
    self.output = output
    try call(id, "open") { table.open(instance, task, $0) }
    isOpen = true
  }

  package func restore(_ snapshot: OperatorSnapshot, version: String) throws {
    if let runs = snapshot.keyed as? KeyedRuns {
      guard let keyedState else { throw PluginError("state", id, "the checkpoint has keyed state, the operator none") }
      try runs.restore(into: keyedState)
    }
    try restoreOwn(snapshot.own, version: version)
  }

  private func restoreOwn(_ bytes: [UInt8], version: String) throws {
    guard !bytes.isEmpty else { return }
    guard let restore = table.restore else {
      throw PluginError("state", id, "the checkpoint has private bytes, but this version has no restore")
    }
    try bytes.withUnsafeBufferPointer { buffer in
      try version.withCString { version in
        var reader = mill_snapshot_reader(
          struct_size: UInt32(MemoryLayout<mill_snapshot_reader>.size), reserved: 0, bytes: buffer.baseAddress,
          size: UInt64(buffer.count), version: version)
        try call(id, "restore") { restore(instance, task, &reader, $0) }
      }
    }
  }

  package func process(_ batch: RecordBatch, port: Int) throws {
    var next = 0
    while next < batch.rowCount {
      let end = encoders[port] == nil ? batch.rowCount : min(batch.rowCount, next + min(keysAtOnce, batch.rowCount))
      try process(rows: next..<end, of: batch, port: port)
      next = end
    }
  }

  private var keysAtOnce: Int { keyedState?.keysAtOnce ?? .max }

  private func process(rows: Range<Int>, of whole: RecordBatch, port: Int) throws {
    let batch = rows.count == whole.rowCount ? whole : take(rows, of: whole, port: port)
    var input = mill_input(
      struct_size: UInt32(MemoryLayout<mill_input>.size), port: UInt32(port), batch: UnsafePointer(batch.raw),
      slots: nil, watermark_us: watermark_us)
    if let encoder = encoders[port], let keyedState {
      reserve(batch.rowCount)
      try keyedState.resolve(encoder.encode(batch), into: slots)
      input.slots = UnsafePointer(slots)
    }
    current = (batch, port)
    defer { current = nil }
    try callback("process") { table.process(instance, task, &input, $0) }
  }

  private func take(_ rows: Range<Int>, of batch: RecordBatch, port: Int) -> RecordBatch {
    let indices = rows.map { UInt32($0) }
    return indices.withUnsafeBufferPointer { Columnar.take(batch, schema: inputs[port], indices: $0) }
  }

  private func reserve(_ count: Int) {
    guard count > slotCapacity else { return }
    slots.deallocate()
    slotCapacity = count
    slots = .allocate(capacity: count)
  }

  /// Calls the plugin. What went wrong on the host's side meanwhile, an emit or a dead letter, counts before what the
  /// plugin says, and even if it says nothing.
  private func callback(_ what: String, _ body: (UnsafeMutablePointer<mill_error>) -> Int32) throws {
    defer { failure = nil }
    do { try call(id, what, body) } catch { throw failure ?? error }
    if let failure { throw failure }
    try keyedState?.endCallback()
  }

  package func advance(to watermark_us: Int64, mayGoOn: () -> Bool) throws -> Bool {
    if watermark_us < .max {
      self.watermark_us = watermark_us
      guard try fireTimers(UInt32(MILL_TIME_EVENT), upTo: watermark_us, mayGoOn) else { return false }
    } else if self.watermark_us < .max || lastFiring != nil {
      guard try fireLastTimers(mayGoOn) else { return false }
    }
    guard let hear = table.on_watermark else { return true }
    try callback("on_watermark") { hear(instance, task, watermark_us, $0) }
    return true
  }

  package func tick(now_us: Int64, mayGoOn: () -> Bool) throws -> Bool {
    let before = firings
    _ = try fireTimers(UInt32(MILL_TIME_PROCESSING), upTo: now_us, mayGoOn)
    try keyedState?.expire(budget: 256)
    return firings != before
  }

  /// No rows will come: fires all event timers that are set, but not what is set meanwhile for a time after the last
  /// watermark: an operator that sets a timer again whenever it fires would never end.
  private func fireLastTimers(_ mayGoOn: () -> Bool) throws -> Bool {
    let last_us = lastFiring?.after_us ?? watermark_us
    watermark_us = .max
    if lastFiring?.isHolding != true {
      lastFiring = (last_us, isHolding: false)
      guard try fireTimers(UInt32(MILL_TIME_EVENT), upTo: last_us, mayGoOn) else { return false }
      keyedState?.holdTimers()
      lastFiring = (last_us, isHolding: true)
    }
    guard try fireTimers(UInt32(MILL_TIME_EVENT), upTo: .max, mayGoOn) else { return false }
    keyedState?.releaseTimers()
    lastFiring = nil
    return true
  }

  /// False if `mayGoOn` said no before all that are due had fired.
  private func fireTimers(_ kind: UInt32, upTo time_us: Int64, _ mayGoOn: () -> Bool) throws -> Bool {
    guard let keyedState, let fire = table.on_timers else { return true }
    while true {
      try keyedState.popTimers(kind: kind, upTo: time_us, limit: min(Self.timerChunk, keysAtOnce), into: &timers)
      if timers.isEmpty { return true }
      firings &+= 1
      try timers.withUnsafeBufferPointer { due in
        try callback("on_timers") { fire(instance, task, due.baseAddress, UInt64(due.count), $0) }
      }
      if !mayGoOn() { return false }
    }
  }

  package var pressure: OperatorPressure {
    guard let keyedState else { return .none }
    return keyedState.isFull ? .full : keyedState.wantsEpoch ? .wantsEpoch : .none
  }

  package func flush(epoch: UInt64) throws {
    guard let flush = table.flush_barrier else { return }
    try callback("flush_barrier") { flush(instance, task, epoch, $0) }
  }

  package func snapshot() throws -> OperatorSnapshot {
    OperatorSnapshot(keyed: keyedState?.takeChanges(), own: try ownSnapshot())
  }

  private final class Collector { var bytes: [UInt8] = [] }

  private func ownSnapshot() throws -> [UInt8] {
    guard let snapshot = table.snapshot else { return [] }
    let collector = Collector()
    var writer = mill_snapshot_writer(
      struct_size: UInt32(MemoryLayout<mill_snapshot_writer>.size), reserved: 0,
      context: Unmanaged.passUnretained(collector).toOpaque(),
      write: { writer, bytes, size, error in
        guard let context = writer?.pointee.context, bytes != nil || size == 0 else { return Int32(MILL_FAILED) }
        let collector = Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue()
        guard size <= 1 << 30, collector.bytes.count + Int(size) <= 1 << 30 else {
          fill(error, "a snapshot's private bytes may be 1 GiB at most; keep what is large in keyed state")
          return Int32(MILL_FAILED)
        }
        collector.bytes.append(contentsOf: UnsafeBufferPointer(start: bytes, count: Int(size)))
        return Int32(MILL_OK)
      })
    try call(id, "snapshot") { snapshot(instance, task, &writer, $0) }
    return collector.bytes
  }

  package func close() {
    guard isOpen else { return }
    isOpen = false
    table.close(instance, task)
  }

  // MARK: - Swap

  /// Why `successor` can't take over from an operator of `current`; nil if it can.
  package static func difference(of successor: OperatorDescriptor, from current: OperatorDescriptor) -> String? {
    if successor.inputs != current.inputs { return "its inputs differ" }
    if successor.outputs.map(\.name) != current.outputs.map(\.name) { return "its outputs differ" }
    if successor.states.count != current.states.count {
      return "it has \(successor.states.count) states, not \(current.states.count)"
    }
    for (new, old) in zip(successor.states, current.states) {
      if new.name != old.name { return "state \"\(old.name)\" became \"\(new.name)\"" }
      if let difference = new.difference(from: old) { return difference }
    }
    return nil
  }

  /// Goes on in place of `predecessor`, at a barrier: with its keyed state and timers, and its private bytes. If it
  /// throws, `predecessor` is as it was.
  package func takeOver(from predecessor: PluginOperator) throws {
    guard let output = predecessor.output else { throw PluginError("swap", id, "the running version is not open") }
    watermark_us = predecessor.watermark_us
    try open(output: output)
    do {
      try restoreOwn(try predecessor.ownSnapshot(), version: predecessor.type.descriptor.version.description)
    } catch {
      close()
      throw error
    }
    predecessor.close()
  }
}
