import CMillrace

/// A function over rows. The engine runs one instance per worker; every method but `init` and `bind` is called on
/// the worker's thread, never concurrently for one instance.
///
/// init → bind → open → restore* → (process | onWatermark | onTimers | flushBarrier, snapshot)* → close → deinit.
public protocol Operator: AnyObject {
  /// What the operator is.
  static var description: OperatorDescription { get }

  /// Makes an instance.
  init(config: Config) throws(PluginError)
  /// Finds the columns it needs in the inputs' schemas, and gives the fields of each output.
  func bind(_ inputs: [InputSchema]) throws(PluginError) -> [[OutputField]]
  /// Gets ready to run: look states and timers up here.
  func open(_ task: OperatorTask) throws(PluginError)
  /// Handles a batch.
  func process(_ input: Input, _ task: OperatorTask) throws(PluginError)
  /// Time has moved on to `watermark`; called after the timers up to it.
  func onWatermark(_ watermark: Int64, _ task: OperatorTask) throws(PluginError)
  /// A timer fired; called in order of time, those of one time in any order.
  func onTimer(_ timer: FiredTimer, _ task: OperatorTask) throws(PluginError)
  /// All timers of one call were handled: emit what they made.
  func afterTimers(_ task: OperatorTask) throws(PluginError)
  /// Epoch `epoch` ends here: emit what is held back, so that state holds all that is left.
  func flushBarrier(epoch: UInt64, _ task: OperatorTask) throws(PluginError)
  /// Private, unkeyed bytes for the checkpoint; nil for none.
  func snapshot(_ task: OperatorTask) throws(PluginError) -> [UInt8]?
  /// Private bytes that an instance of version `version` had written.
  func restore(_ bytes: UnsafeBufferPointer<UInt8>, version: String, _ task: OperatorTask) throws(PluginError)
  /// The end of running; the task is invalid afterwards.
  func close(_ task: OperatorTask)
}

extension Operator {
  public func onWatermark(_ watermark: Int64, _ task: OperatorTask) throws(PluginError) {}
  public func onTimer(_ timer: FiredTimer, _ task: OperatorTask) throws(PluginError) {}
  public func afterTimers(_ task: OperatorTask) throws(PluginError) {}
  public func flushBarrier(epoch: UInt64, _ task: OperatorTask) throws(PluginError) {}
  public func snapshot(_ task: OperatorTask) throws(PluginError) -> [UInt8]? { nil }
  public func restore(
    _ bytes: UnsafeBufferPointer<UInt8>, version: String, _ task: OperatorTask
  ) throws(PluginError) {}
  public func close(_ task: OperatorTask) {}
}

/// What an operator is: its name, ports, configuration and state.
public struct OperatorDescription: Sendable {
  var id: String
  var version: String
  var summary: String
  var configSchema: String?
  var inputs: [Port]
  var outputs: [Port]
  var states: [StateDescription]

  /// `id` is what pipelines call it: lower-case dotted words. `version` is a semantic version; the greatest wins.
  /// `configSchema` is the JSON Schema of its configuration, nil if it takes none.
  public init(
    id: String, version: String, summary: String, configSchema: String? = nil, inputs: [Port], outputs: [Port],
    states: [StateDescription] = []
  ) {
    self.id = id
    self.version = version
    self.summary = summary
    self.configSchema = configSchema
    self.inputs = inputs
    self.outputs = outputs
    self.states = states
  }
}

/// An input or output.
public struct Port: Sendable {
  var name: String
  var flags: UInt32

  /// A port; `keyed` inputs give slots, and need `key_by` in the pipeline.
  public init(_ name: String, keyed: Bool = false) {
    self.name = name
    self.flags = keyed ? 1 : 0
  }
}

/// A state that an operator keeps per key.
public struct StateDescription: Sendable {
  /// What a key holds.
  public enum Kind: UInt32, Sendable {
    /// One fixed-width record.
    case value = 1
    /// One run of bytes.
    case bytes = 2
    /// A list of byte runs.
    case list = 3
    /// A map from bytes to bytes.
    case map = 4
  }

  /// When state vanishes of itself, in milliseconds of processing time.
  public enum TimeToLive: Sendable {
    /// Counted from the last write.
    case onWrite(milliseconds: UInt64)
    /// Counted from the last read or write.
    case onAccess(milliseconds: UInt64)
  }

  var name: String
  var kind: Kind
  var item: StateSchema
  var mapKey: StateSchema?
  var schemaVersion: UInt32
  var timeToLive: TimeToLive?

  /// A record per key. `fields` are (name, Arrow format) of fixed width, in the order and of the widths of the
  /// struct that is read and written. Raise `schemaVersion` whenever fields or their meaning change.
  public static func value(
    _ name: String, fields: [(String, String)], schemaVersion: UInt32 = 1, timeToLive: TimeToLive? = nil
  ) -> StateDescription {
    StateDescription(
      name: name, kind: .value, item: StateSchema(format: "+s", fields: fields), mapKey: nil,
      schemaVersion: schemaVersion, timeToLive: timeToLive)
  }

  /// Bytes, a list or a map of items of Arrow format `item` (and keys of `mapKey`), e.g. "vz".
  public static func runs(
    _ name: String, _ kind: Kind, item: String = "vz", mapKey: String = "vz", schemaVersion: UInt32 = 1,
    timeToLive: TimeToLive? = nil
  ) -> StateDescription {
    StateDescription(
      name: name, kind: kind, item: StateSchema(format: item, fields: []),
      mapKey: kind == .map ? StateSchema(format: mapKey, fields: []) : nil, schemaVersion: schemaVersion,
      timeToLive: timeToLive)
  }
}
