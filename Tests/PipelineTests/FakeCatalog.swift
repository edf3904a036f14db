import Columnar
import Pipeline

/// What a bind refuses, as a plugin would say it.
struct FakeBindError: Error, CustomStringConvertible {
  var description: String
}

/// A catalog of a few operators, serdes, a source and a sink that exist in these tests only.
struct FakeCatalog: Catalog {
  private static let filterSchema = """
    {"type": "object", "additionalProperties": false, "required": ["expression"], "properties": {
      "expression": {"type": "string"}, "mode": {"enum": ["keep", "drop"], "default": "keep"},
      "ratio": {"type": "number", "minimum": 0, "maximum": 1}, "columns": {"type": "array", "items": {"type": "string"}},
      "limits": {"type": "object", "additionalProperties": false, "properties": {"rows": {"type": "integer"}}}}}
    """
  private static let delaySchema = """
    {"type": "object", "additionalProperties": false, "properties":
      {"late_minutes": {"type": "integer", "minimum": 0, "maximum": 1440, "default": 15}}}
    """
  private static let ports: [String: OperatorPorts] = [
    "examples.knock_on_delay": .init(inputs: [.init(name: "flights", keyed: true)], outputs: ["alerts"]),
    "relational.filter": .init(inputs: [.init(name: "rows", keyed: false)], outputs: ["rows"]),
    "relational.join": .init(
      inputs: [.init(name: "left", keyed: true), .init(name: "right", keyed: true)], outputs: ["joined", "late"]),
    "noop.pass": .init(inputs: [.init(name: "rows", keyed: false)], outputs: ["rows"]),
    "broken.schema": .init(inputs: [.init(name: "rows", keyed: false)], outputs: ["rows"]),
  ]
  private static let schemas: [String: String] = [
    "examples.knock_on_delay": delaySchema, "relational.filter": filterSchema, "broken.schema": "{\"type\": ",
    "json": """
    {"type": "object", "additionalProperties": false, "properties":
      {"date_format": {"enum": ["iso", "epoch_ms"], "default": "iso"}}}
    """,
    "nexmark": """
    {"type": "object", "additionalProperties": false, "required": ["events"], "properties":
      {"events": {"type": "integer", "minimum": 1}}}
    """,
    "files": """
    {"type": "object", "additionalProperties": false, "required": ["path"], "properties":
      {"path": {"type": "string"}, "codec": {"enum": ["null", "deflate"], "default": "deflate"}}}
    """,
  ]

  func ids(of kind: PluginKind) -> [String] {
    switch kind {
    case .operator: Array(Self.ports.keys)
    case .serde: ["json", "utf8"]
    case .source: ["nexmark"]
    case .sink: ["files"]
    }
  }

  func configSchema(of kind: PluginKind, _ id: String) -> String? { Self.schemas[id] }

  func operatorPorts(_ id: String) -> OperatorPorts? { Self.ports[id] }

  func bindOperator(_ id: String, config: String, inputs: [Schema]) throws -> [Schema] {
    switch id {
    case "examples.knock_on_delay":
      guard let index = inputs[0].index(of: "arrival_delay"), inputs[0].fields[index].type == .int32 else {
        throw FakeBindError(description: "expected a field \"arrival_delay\" of type int32")
      }
      let time = inputs[0].fields.first { $0.name == "time" }
      return [
        Schema([
          Field("tailnum", .utf8), Field("time", time?.type ?? .date32), Field("knock_on_minutes", .int32),
        ])
      ]
    case "relational.join": return [Schema([Field("tailnum", .utf8)]), inputs[0]]
    default: return inputs
    }
  }

  func bindDecode(_ serde: SerdeUse, part: MessagePart, schema: Schema) throws {
    if serde.id == "utf8", schema.fields.map(\.type) != [.utf8] {
      throw FakeBindError(description: "expected one field of type utf8")
    }
  }

  func bindEncode(_ serde: SerdeUse, part: MessagePart, schema: Schema) throws {
    try bindDecode(serde, part: part, schema: schema)
  }

  func usesSchemas(serde id: String) -> Bool { id == "json" }
  func knowsSchemas(serde id: String) -> Bool { id == "json" }

  func bindSink(_ id: String, config: String, job: String, step: String, schema: Schema) throws {
    guard schema.index(of: "unwritable") == nil else {
      throw FakeBindError(description: "field \"unwritable\" has no form in files of step \"\(step)\"")
    }
  }

  func sourceSchema(_ id: String, config: String) throws -> Schema {
    Schema([Field("price", .int64), Field("date_time", .timestamp(.millisecond, zone: nil))])
  }
}
