import CMillrace
import Columnar
import Pipeline
import PluginHost

/// A version of something that plugins offer.
struct OfferedVersion: Hashable, Sendable {
  var kind: PluginKind
  var id: String
  var version: SemanticVersion
}

/// The plugins at hand, as the checker of a pipeline file sees them: of each id the greatest version that is not
/// excluded. [control]
struct PluginCatalog: Catalog {
  let registry: PluginRegistry
  /// Versions that can't take over from what runs, or from what wrote the checkpoint.
  var excluded: Set<OfferedVersion> = []

  func operatorType(_ id: String) -> OperatorType? {
    newest(registry.operators[id], .operator, id) { $0.descriptor.version }
  }
  func serdeType(_ id: String) -> SerdeType? { newest(registry.serdes[id], .serde, id) { $0.descriptor.version } }
  func sourceType(_ id: String) -> SourceType? { newest(registry.sources[id], .source, id) { $0.descriptor.version } }
  func sinkType(_ id: String) -> SinkType? { newest(registry.sinks[id], .sink, id) { $0.descriptor.version } }

  private func newest<Type>(
    _ offered: [Type]?, _ kind: PluginKind, _ id: String, _ version: (Type) -> SemanticVersion
  ) -> Type? {
    offered?.filter { !excluded.contains(OfferedVersion(kind: kind, id: id, version: version($0))) }
      .max { version($0) < version($1) }
  }

  // MARK: - Catalog

  func ids(of kind: PluginKind) -> [String] {
    switch kind {
    case .operator: Array(registry.operators.keys)
    case .serde: Array(registry.serdes.keys)
    case .source: Array(registry.sources.keys)
    case .sink: Array(registry.sinks.keys)
    }
  }

  func configSchema(of kind: PluginKind, _ id: String) -> String? {
    switch kind {
    case .operator: operatorType(id)?.descriptor.configSchema
    case .serde: serdeType(id)?.descriptor.configSchema
    case .source: sourceType(id)?.descriptor.configSchema
    case .sink: sinkType(id)?.descriptor.configSchema
    }
  }

  func operatorPorts(_ id: String) -> OperatorPorts? {
    guard let descriptor = operatorType(id)?.descriptor else { return nil }
    return OperatorPorts(
      inputs: descriptor.inputs.map { .init(name: $0.name, keyed: $0.isKeyed) },
      outputs: descriptor.outputs.map(\.name))
  }

  func bindOperator(_ id: String, config: String, inputs: [Schema]) throws -> [Schema] {
    try BoundOperator(type: found(operatorType(id), id), config: config, inputs: inputs).outputs
  }

  func bindDecode(_ serde: SerdeUse, part: MessagePart, schema: Schema) throws {
    _ = try SerdeDecoder(
      type: found(serdeType(serde.id), serde.id), config: serde.options, part: part.code, schema: schema,
      given: serde.schema?.forPlugin)
  }

  func bindEncode(_ serde: SerdeUse, part: MessagePart, schema: Schema) throws {
    _ = try SerdeEncoder(
      type: found(serdeType(serde.id), serde.id), config: serde.options, part: part.code, schema: schema,
      given: serde.schema?.forPlugin)
  }

  func usesSchemas(serde id: String) -> Bool { serdeType(id)?.usesSchemas ?? false }

  func knowsSchemas(serde id: String) -> Bool { serdeType(id)?.knowsSchemas ?? false }

  func sourceSchema(_ id: String, config: String) throws -> Schema {
    try PluginSplit(type: found(sourceType(id), id), config: config, index: 0, count: 1).schema
  }

  func bindSink(_ id: String, config: String, job: String, step: String, schema: Schema) throws {
    _ = try PluginHost.PluginSink(
      type: found(sinkType(id), id), config: config, job: job, step: step, workers: 1, schema: schema)
  }

  private func found<Type>(_ type: Type?, _ id: String) throws -> Type {
    guard let type else {
      throw JobError(.usage, "no-such-plugin", "no version of \"\(id)\" that can be used is at hand")
    }
    return type
  }
}

extension MessagePart {
  /// MILL_PART_*.
  var code: UInt32 { self == .key ? UInt32(MILL_PART_KEY) : UInt32(MILL_PART_VALUE) }
}

extension GivenSchema {
  /// The same for a plugin.
  var forPlugin: HostSchema {
    let kind: HostSchema.Format =
      switch format {
      case .avro: .avro
      case .protobuf: .protobuf
      case .json: .json
      }
    let imported = references.map {
      (name: $0.name, schema: HostSchema(format: kind, name: "\($0.name) in file \(file)", text: $0.text))
    }
    return HostSchema(format: kind, name: "file \(file)", text: text, references: imported)
  }
}
