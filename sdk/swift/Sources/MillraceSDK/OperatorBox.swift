import CMillrace

/// An instance, as the C functions see it: they can't know its type.
class AnyOperatorBox {
  func bind(_ inputs: [InputSchema]) throws(PluginError) -> [[OutputField]] { [] }
  func open(_ task: OperatorTask) throws(PluginError) {}
  func process(_ input: Input, _ task: OperatorTask) throws(PluginError) {}
  func onWatermark(_ watermark: Int64, _ task: OperatorTask) throws(PluginError) {}
  func onTimers(_ timers: UnsafeBufferPointer<mill_timer>, _ task: OperatorTask) throws(PluginError) {}
  func flushBarrier(_ epoch: UInt64, _ task: OperatorTask) throws(PluginError) {}
  func snapshot(_ task: OperatorTask) throws(PluginError) -> [UInt8]? { nil }
  func restore(_ bytes: UnsafeBufferPointer<UInt8>, _ version: String, _ task: OperatorTask) throws(PluginError) {}
  func close(_ task: OperatorTask) {}
}

/// The same, knowing the type.
final class OperatorBox<Instance: Operator>: AnyOperatorBox {
  private let instance: Instance

  init(_ instance: Instance) { self.instance = instance }

  override func bind(_ inputs: [InputSchema]) throws(PluginError) -> [[OutputField]] { try instance.bind(inputs) }
  override func open(_ task: OperatorTask) throws(PluginError) {
    try instance.open(OperatorTask(raw: task.raw, declared: Instance.description.states))
  }
  override func process(_ input: Input, _ task: OperatorTask) throws(PluginError) {
    try instance.process(input, task)
  }
  override func onWatermark(_ watermark: Int64, _ task: OperatorTask) throws(PluginError) {
    try instance.onWatermark(watermark, task)
  }
  override func onTimers(_ timers: UnsafeBufferPointer<mill_timer>, _ task: OperatorTask) throws(PluginError) {
    for timer in timers {
      let clock = TimerClock(rawValue: timer.kind) ?? .eventTime
      try instance.onTimer(FiredTimer(slot: Slot(raw: timer.slot), clock: clock, time: timer.time_us), task)
    }
    try instance.afterTimers(task)
  }
  override func flushBarrier(_ epoch: UInt64, _ task: OperatorTask) throws(PluginError) {
    try instance.flushBarrier(epoch: epoch, task)
  }
  override func snapshot(_ task: OperatorTask) throws(PluginError) -> [UInt8]? { try instance.snapshot(task) }
  override func restore(
    _ bytes: UnsafeBufferPointer<UInt8>, _ version: String, _ task: OperatorTask
  ) throws(PluginError) {
    try instance.restore(bytes, version: version, task)
  }
  override func close(_ task: OperatorTask) { instance.close(task) }
}

/// The instance behind a C `self`.
func box(_ raw: UnsafeMutableRawPointer?) throws(PluginError) -> AnyOperatorBox {
  guard let raw else { throw PluginError("the engine called an operator without its instance") }
  return Unmanaged<AnyOperatorBox>.fromOpaque(raw).takeUnretainedValue()
}

/// The task behind a C `task`.
func wrap(_ raw: UnsafeMutablePointer<mill_task>?) throws(PluginError) -> OperatorTask {
  guard let raw else { throw PluginError("the engine called an operator without its task") }
  return OperatorTask(raw: raw)
}
