import CMillrace

/// What an instance may ask of the engine. Valid from `open` to `close`, in the instance's own callbacks.
public struct OperatorTask {
  @usableFromInline let raw: UnsafeMutablePointer<mill_task>
  /// The states that the operator declares; only in `open`.
  var declared: [StateDescription] = []

  init(raw: UnsafeMutablePointer<mill_task>, declared: [StateDescription] = []) {
    self.raw = raw
    self.declared = declared
  }

  /// Index of the worker that runs this instance, from 0.
  public var workerIndex: Int { Int(raw.pointee.worker_index) }
  /// How many workers, so how many instances of this step there are.
  public var workerCount: Int { Int(raw.pointee.worker_count) }
  /// The job's clock for processing time, microseconds since 1970 UTC.
  public var now: Int64 { raw.pointee.now_us(raw) }

  /// Hands the builder's rows to output port `output` and leaves it empty; nothing happens if it has none.
  public func emit(_ builder: BatchBuilder, output: Int = 0) throws(PluginError) {
    guard let port = UInt32(exactly: output) else { throw PluginError("there is no output port \(output)") }
    try check { mill_builder_emit(builder.raw, raw, port, $0) }
  }

  /// Sends row `row` of the batch in `process` to the dead letters with a cause.
  public func reject(_ row: Int, code: Int32, _ message: String) {
    raw.pointee.reject_row(raw, Int64(row), code, message)
  }

  func capability<Table>(_ id: String, as type: Table.Type) throws(PluginError) -> UnsafePointer<Table> {
    guard let table = raw.pointee.get_extension(raw, id) else {
      throw PluginError("the engine does not offer \(id) to this step; use one that has it")
    }
    return table.assumingMemoryBound(to: Table.self)
  }

  private func state(_ name: String) throws(PluginError) -> (UnsafePointer<mill_keyed_state>, OpaquePointer) {
    let table = try capability("mill.keyed_state/1", as: mill_keyed_state.self)
    var state: OpaquePointer?
    try check { table.pointee.state(raw, name, &state, $0) }
    guard let state else { throw PluginError("the engine gave no state \"\(name)\"") }
    return (table, state)
  }

  /// The declared state `name` of records. Look it up once, in `open`. Throws if it is not declared, or if `record` is
  /// not of the size that its fields come to.
  public func valueState<Record: BitwiseCopyable>(
    _ name: String, of record: Record.Type
  ) throws(PluginError) -> ValueState<Record> {
    guard let size = declared.first(where: { $0.name == name })?.item.recordSize else {
      throw PluginError("state \"\(name)\" is not a declared state of records: declare it, and look it up in open")
    }
    guard size == MemoryLayout<Record>.stride else {
      throw PluginError(
        "state \"\(name)\": its fields come to \(size) bytes, but \(record) has \(MemoryLayout<Record>.stride); make them agree"
      )
    }
    let (table, raw) = try state(name)
    return ValueState(table: table, raw: raw)
  }

  /// The declared state `name` of byte runs. Look it up once, in `open`.
  public func bytesState(_ name: String) throws(PluginError) -> BytesState {
    let (table, raw) = try state(name)
    return BytesState(table: table, raw: raw)
  }

  /// The declared state `name` of lists. Look it up once, in `open`.
  public func listState(_ name: String) throws(PluginError) -> ListState {
    let (table, raw) = try state(name)
    return ListState(table: table, raw: raw)
  }

  /// The declared state `name` of maps. Look it up once, in `open`.
  public func mapState(_ name: String) throws(PluginError) -> MapState {
    let (table, raw) = try state(name)
    return MapState(table: table, raw: raw)
  }

  /// Timers per key. Look them up once, in `open`.
  public func timers() throws(PluginError) -> Timers {
    Timers(task: raw, table: try capability("mill.timers/1", as: mill_timers.self))
  }
}

/// A timer that fired.
public struct FiredTimer {
  /// Stands for the key it was set for.
  public let slot: Slot
  /// Which clock it ran by.
  public let clock: TimerClock
  /// The time it was set to, microseconds since 1970 UTC.
  public let time: Int64
}

/// The clocks that timers run by.
public enum TimerClock: UInt32, Sendable {
  /// The operator's watermark.
  case eventTime = 0
  /// The job's clock.
  case processingTime = 1
}

/// Sets and cancels timers. A timer is named by key, clock and time: setting it twice is setting it once.
public struct Timers {
  let task: UnsafeMutablePointer<mill_task>
  let table: UnsafePointer<mill_timers>

  /// Sets a timer at `time` (microseconds since 1970 UTC). One that is due already fires at the next turn.
  public func set(_ slot: Slot, _ clock: TimerClock, at time: Int64) throws(PluginError) {
    try check { table.pointee.set(task, slot.raw, clock.rawValue, time, $0) }
  }

  /// Takes a timer back; an unknown one is ignored.
  public func cancel(_ slot: Slot, _ clock: TimerClock, at time: Int64) throws(PluginError) {
    try check { table.pointee.cancel(task, slot.raw, clock.rawValue, time, $0) }
  }
}
