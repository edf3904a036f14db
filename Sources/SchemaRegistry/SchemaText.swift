/// A schema as a registry keeps it, with all that it refers to.
package struct SchemaText: Sendable, Equatable, Codable {
  /// Kinds of schemas, by the registry's names.
  package enum Format: String, Sendable, Codable {
    case avro = "AVRO"
    case protobuf = "PROTOBUF"
    case json = "JSON"
  }

  /// Another schema, by the name that this one uses for it.
  package struct Reference: Sendable, Equatable, Codable {
    /// An Avro full name, the path of a Protobuf import, the `$ref` of a JSON Schema.
    package var name: String
    package var schema: SchemaText

    package init(name: String, schema: SchemaText) { (self.name, self.schema) = (name, schema) }
  }

  package var format: Format
  /// As the registry has it: of Protobuf either a .proto file's text or a FileDescriptorProto in base64.
  package var text: String
  /// Those that it names itself; they have theirs.
  package var references: [Reference]

  package init(format: Format, text: String, references: [Reference] = []) {
    (self.format, self.text, self.references) = (format, text, references)
  }
}
