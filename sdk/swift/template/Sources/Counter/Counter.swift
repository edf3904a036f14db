import MillraceSDK

/// State: a record per key. The struct and `fields` below say the same; raise `schemaVersion` when they change.
struct CounterRecord: BitwiseCopyable {
  var count: Int64
}

private let outputFields: [OutputField] = [.utf8("name"), .int64("count")]

/// Counts the rows of each key. Input "rows" must have a column `name` of text and be keyed by it; output "counts"
/// has a row (name, count) for every input row.
final class Counter: Operator {
  static var description: OperatorDescription {
    OperatorDescription(
      id: "example.counter", version: "1.0.0", summary: "Counts the rows of each key.",
      inputs: [Port("rows", keyed: true)], outputs: [Port("counts")],
      states: [.value("counter", fields: [("count", "l")])])
  }

  private let output: BatchBuilder
  private var name: ColumnRef<Text>?
  private var state: ValueState<CounterRecord>?

  init(config: Config) throws(PluginError) {
    output = try BatchBuilder(outputFields)
  }

  func bind(_ inputs: [InputSchema]) throws(PluginError) -> [[OutputField]] {
    guard inputs.count == 1 else { throw PluginError("counter has 1 input, not \(inputs.count)") }
    name = try inputs[0].column("name")
    return [outputFields]
  }

  func open(_ task: OperatorTask) throws(PluginError) {
    state = try task.valueState("counter", of: CounterRecord.self)
  }

  func process(_ input: Input, _ task: OperatorTask) throws(PluginError) {
    guard let state, let name else { throw PluginError("counter got rows before it was bound and opened") }
    let names = input.column(name)
    for row in 0..<input.count {
      if names.isNull(row) {
        task.reject(row, code: 1, "name is null: give the row a name")
        continue
      }
      let record = state.update(input.slot(row))
      record.pointee.count &+= 1
      output.addRow(eventTime: input.eventTime(row) ?? Timestamp.none)
      output.put(0, names[row])
      output.put(1, record.pointee.count)
    }
    try task.emit(output)
  }
}

private let plugin = Plugin(
  name: "counter", version: "1.0.0",
  operators: [OperatorType(Counter.self) { createInstance(Counter.self, $0, $1, $2, $3) }])

/// The one exported symbol.
@_cdecl("mill_plugin_v1")
public func entry() -> PluginEntry { plugin.entry }
