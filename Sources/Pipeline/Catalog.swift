import Columnar

/// Kinds of things that plugins offer.
package enum PluginKind: String, Sendable {
  case `operator`
  case serde
  case source
  case sink
}

/// Parts of a Kafka message.
package enum MessagePart: String, Sendable {
  case key
  case value
}

/// The ports of an operator.
package struct OperatorPorts: Sendable, Equatable {
  /// An input.
  package struct Input: Sendable, Equatable {
    package var name: String
    /// Whether rows must come by key.
    package var keyed: Bool

    package init(name: String, keyed: Bool) {
      self.name = name
      self.keyed = keyed
    }
  }
  /// At least one.
  package var inputs: [Input]
  /// Names of the outputs; may be empty.
  package var outputs: [String]

  package init(inputs: [Input], outputs: [String]) {
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// What the plugins at hand offer. A file is checked against it; errors that its functions throw are shown to the
/// user at the place in the file that caused them, by their `description`. Called on one thread.
package protocol Catalog {
  /// Ids of all things of a kind, in any order.
  func ids(of kind: PluginKind) -> [String]
  /// JSON Schema of the config of `id`; nil: it takes none.
  func configSchema(of kind: PluginKind, _ id: String) -> String?
  /// Ports of an operator; nil if there is none of that id.
  func operatorPorts(_ id: String) -> OperatorPorts?
  /// Schemas of an operator's outputs for inputs of these schemas; throws if they don't suit it.
  func bindOperator(_ id: String, config: String, inputs: [Schema]) throws -> [Schema]
  /// Throws if the serde can't decode into `schema`.
  func bindDecode(_ serde: SerdeUse, part: MessagePart, schema: Schema) throws
  /// Throws if the serde can't encode `schema`.
  func bindEncode(_ serde: SerdeUse, part: MessagePart, schema: Schema) throws
  /// Whether a serde can be given a schema.
  func usesSchemas(serde id: String) -> Bool
  /// Whether a serde can be used with a schema registry.
  func knowsSchemas(serde id: String) -> Bool
  /// Schema of a source's rows.
  func sourceSchema(_ id: String, config: String) throws -> Schema
  /// Throws if the sink can't write rows of `schema`, as step `step` of `job`.
  func bindSink(_ id: String, config: String, job: String, step: String, schema: Schema) throws
}
