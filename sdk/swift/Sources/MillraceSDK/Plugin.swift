import CMillrace

/// What the entry function returns.
public typealias PluginEntry = UnsafePointer<mill_plugin>

/// An operator that a plugin offers.
public struct OperatorType {
  let description: OperatorDescription
  let create: CreateFunction

  /// `create` names the type again, because C function pointers can't be generic:
  /// `OperatorType(Counter.self) { createInstance(Counter.self, $0, $1, $2, $3) }`.
  public init<Instance: Operator>(_ type: Instance.Type, create: @escaping CreateFunction) {
    description = Instance.description
    self.create = create
  }
}

/// A plugin: make one in a global constant and return its `entry` from the function that is exported as
/// `mill_plugin_v1`. It lives as long as the process.
public struct Plugin: @unchecked Sendable {
  /// What `mill_plugin_v1` returns.
  public let entry: PluginEntry

  /// `version` is the package's, a semantic version. A library holds one plugin.
  public init(name: String, version: String, operators: [OperatorType]) {
    let types = operators.map { UnsafePointer(forever(operatorType($0))) as UnsafePointer<mill_operator_type>? }
    var table = mill_operators()
    table.struct_size = UInt32(MemoryLayout<mill_operators>.size)
    table.count = UInt32(types.count)
    table.types = UnsafePointer(forever(types))
    offeredOperators = UnsafePointer(forever(table))

    var plugin = mill_plugin()
    plugin.struct_size = UInt32(MemoryLayout<mill_plugin>.size)
    plugin.abi_minor = UInt32(MILL_ABI_MINOR)
    plugin.name = cString(name)
    plugin.version = cString(version)
    plugin.get_extension = { id in
      guard let id, String(cString: id) == "mill.operators/1" else { return nil }
      return UnsafeRawPointer(offeredOperators)
    }
    entry = UnsafePointer(forever(plugin))
  }
}

/// The operators of the plugin that this copy of the SDK is linked into. Written once, before the entry function
/// returns; constant afterwards.
nonisolated(unsafe) private var offeredOperators: UnsafePointer<mill_operators>?

/// A copy that is never freed: descriptors live as long as the process.
private func forever<Value>(_ value: Value) -> UnsafeMutablePointer<Value> {
  let copy = UnsafeMutablePointer<Value>.allocate(capacity: 1)
  copy.initialize(to: value)
  return copy
}

private func forever<Value>(_ values: [Value]) -> UnsafeMutablePointer<Value> {
  let copy = UnsafeMutablePointer<Value>.allocate(capacity: max(1, values.count))
  for (index, value) in values.enumerated() { (copy + index).initialize(to: value) }
  return copy
}

private func operatorType(_ type: OperatorType) -> mill_operator_type {
  let source = type.description
  var descriptor = mill_operator_descriptor()
  descriptor.struct_size = UInt32(MemoryLayout<mill_operator_descriptor>.size)
  descriptor.id = cString(source.id)
  descriptor.version = cString(source.version)
  descriptor.summary = cString(source.summary)
  descriptor.config_schema = source.configSchema.map(cString)
  descriptor.inputs = UnsafePointer(forever(source.inputs.map(port)))
  descriptor.input_count = UInt32(source.inputs.count)
  descriptor.outputs = UnsafePointer(forever(source.outputs.map(port)))
  descriptor.output_count = UInt32(source.outputs.count)
  let states = source.states.map { UnsafePointer(forever(state($0))) as UnsafePointer<mill_state_descriptor>? }
  descriptor.states = UnsafePointer(forever(states))
  descriptor.state_count = UInt32(states.count)
  return mill_operator_type(
    struct_size: UInt32(MemoryLayout<mill_operator_type>.size), reserved: 0,
    descriptor: UnsafePointer(forever(descriptor)), vtable: UnsafePointer(forever(makeVtable(type.create))))
}

private func port(_ source: Port) -> mill_port {
  mill_port(struct_size: UInt32(MemoryLayout<mill_port>.size), flags: source.flags, name: cString(source.name))
}

private func state(_ source: StateDescription) -> mill_state_descriptor {
  var descriptor = mill_state_descriptor()
  descriptor.struct_size = UInt32(MemoryLayout<mill_state_descriptor>.size)
  descriptor.kind = source.kind.rawValue
  descriptor.name = cString(source.name)
  descriptor.schema = UnsafePointer(forever(schema(source.item, name: "")))
  descriptor.map_key_schema = source.mapKey.map { UnsafePointer(forever(schema($0, name: ""))) }
  descriptor.schema_version = source.schemaVersion
  switch source.timeToLive {
  case .onWrite(let milliseconds): descriptor.ttl_ms = milliseconds
  case .onAccess(let milliseconds):
    descriptor.ttl_mode = 1
    descriptor.ttl_ms = milliseconds
  case nil: break
  }
  return descriptor
}

/// A static schema: never released.
private func schema(_ source: StateSchema, name: String) -> ArrowSchema {
  let children = source.fields.map { field in
    forever(schema(StateSchema(format: field.1, fields: []), name: field.0)) as UnsafeMutablePointer<ArrowSchema>?
  }
  var result = ArrowSchema()
  result.format = cString(source.format)
  result.name = cString(name)
  result.n_children = Int64(children.count)
  result.children = children.isEmpty ? nil : forever(children)
  return result
}
