import MillraceSDK

/// Knock-on delays: departures that are late because the same aircraft had arrived late. README.md in the directory
/// above defines every term; expected.py there computes the same without Millrace.
final class KnockOnDelay: Operator {
  static var description: OperatorDescription {
    OperatorDescription(
      id: "examples.knock_on_delay", version: operatorVersion,
      summary: "Finds departures that are late because the same aircraft had arrived late.",
      configSchema: """
        {"type":"object","additionalProperties":false,"properties":{"late_minutes":\
        {"type":"integer","minimum":0,"maximum":1440,"default":15}}}
        """,
      inputs: [Port("flights", keyed: true)], outputs: [Port("alerts")], states: [Aircraft.description])
  }

  private let lateMinutes: Int32
  private let alerts: BatchBuilder
  private var columns: FlightColumns?
  private var run: Run?

  /// What is there from `open` to `close`.
  private struct Run {
    let aircraft: ValueState<Aircraft>
    let timers: Timers
  }

  init(config: Config) throws(PluginError) {
    lateMinutes = Int32(try config.integer("late_minutes", in: 0...1440, default: 15))
    alerts = try BatchBuilder(alertFields)
  }

  func bind(_ inputs: [InputSchema]) throws(PluginError) -> [[OutputField]] {
    guard inputs.count == 1 else { throw PluginError("knock_on_delay has 1 input, not \(inputs.count)") }
    columns = try FlightColumns(inputs[0])
    return [alertFields]
  }

  func open(_ task: OperatorTask) throws(PluginError) {
    run = Run(aircraft: try task.valueState("aircraft", of: Aircraft.self), timers: try task.timers())
  }

  func process(_ input: Input, _ task: OperatorTask) throws(PluginError) {
    guard let run, let columns else { throw PluginError("knock_on_delay got rows before it was bound and opened") }
    let flights = Flights(input, columns)
    for row in 0..<input.count {
      if let reason = flights.fault(row) {
        task.reject(row, code: 1, reason)
      } else if input.kind(row) != .insert {
        task.reject(row, code: 2, "the row revises an earlier one: knock_on_delay takes inserts only")
      } else if !flights.departureDelay.isNull(row) {  // Otherwise it is cancelled: the aircraft did not move.
        try departed(flights, row, input.slot(row), run)
      }
    }
    try task.emit(alerts)
  }

  func onTimer(_ timer: FiredTimer, _ task: OperatorTask) throws(PluginError) {
    guard let run, let last = run.aircraft.read(timer.slot) else { return }
    if Aircraft.expiry(of: last.pointee.scheduled) == timer.time { run.aircraft.clear(timer.slot) }
  }

  func close(_ task: OperatorTask) { run = nil }

  /// One flight that took off.
  private func departed(_ flights: Flights, _ row: Int, _ slot: Slot, _ run: Run) throws(PluginError) {
    let scheduled = flights.scheduled[row].microseconds
    let last = run.aircraft.read(slot)
    try replaceTimer(run.timers, slot, last: last?.pointee.scheduled, next: scheduled)
    let hasLast = last != nil
    let now = run.aircraft.update(slot)
    let previousArrivalDelay = now.pointee.arrivalDelay
    let isKnockOn =
      hasLast && now.pointee.isFollowed(by: scheduled) && previousArrivalDelay > lateMinutes
      && flights.departureDelay[row] > lateMinutes
    if isKnockOn {
      if now.pointee.chainLength < Int32.max { now.pointee.chainLength += 1 }
    } else {
      now.pointee.begin(at: flights.origin[row])
    }
    now.pointee.scheduled = scheduled
    let isDiverted = flights.arrivalDelay.isNull(row)
    now.pointee.arrivalDelay = isDiverted ? 0 : flights.arrivalDelay[row]
    if isKnockOn { flights.putAlert(into: alerts, row, UnsafePointer(now), previousArrivalDelay: previousArrivalDelay) }
  }

  /// Makes the aircraft's timer the one of its new last flight.
  private func replaceTimer(_ timers: Timers, _ slot: Slot, last: Int64?, next: Int64) throws(PluginError) {
    let old = last.flatMap(Aircraft.expiry)
    let new = Aircraft.expiry(of: next)
    if old == new { return }
    if let old { try timers.cancel(slot, .eventTime, at: old) }
    if let new { try timers.set(slot, .eventTime, at: new) }
  }
}
