import CMillrace
import Glibc
import Synchronization

/// A schema in the form that plugins get. Immutable. [any]
package final class HostSchema: @unchecked Sendable {
  /// Kinds of schemas: MILL_SCHEMA_*.
  package enum Format: UInt32, Sendable {
    case avro = 0
    case protobuf = 1
    case json = 2
  }

  /// Another schema, by the name that this one uses for it.
  package typealias Reference = (name: String, schema: HostSchema)

  private static let numbers = Atomic<UInt64>(0)

  package let format: Format
  /// What plugins get; valid as long as this.
  package let raw: UnsafeMutablePointer<mill_schema>
  private let references: UnsafeMutablePointer<mill_schema_reference>
  private let referenced: [HostSchema]

  /// `name`: what people know it by. Gets a number of its own.
  package init(format: Format, name: String, text: String, references: [Reference] = []) {
    self.format = format
    referenced = references.map(\.schema)
    self.references = .allocate(capacity: max(1, references.count))
    for (index, reference) in references.enumerated() {
      (self.references + index).initialize(
        to: mill_schema_reference(name: strdup(reference.name), schema: UnsafePointer(reference.schema.raw)))
    }
    raw = .allocate(capacity: 1)
    raw.initialize(
      to: mill_schema(
        struct_size: UInt32(MemoryLayout<mill_schema>.size), format: format.rawValue,
        number: Self.numbers.wrappingAdd(1, ordering: .relaxed).newValue, name: strdup(name), text: strdup(text),
        text_size: Int64(text.utf8.prefix { $0 != 0 }.count), reference_count: Int64(references.count),
        references: UnsafePointer(self.references)))
  }

  deinit {
    for index in 0..<referenced.count { free(UnsafeMutableRawPointer(mutating: references[index].name)) }
    references.deallocate()
    free(UnsafeMutableRawPointer(mutating: raw.pointee.name))
    free(UnsafeMutableRawPointer(mutating: raw.pointee.text))
    raw.deallocate()
  }
}

/// The schema that a serde writes with.
package struct WrittenSchema: Sendable, Equatable {
  package var format: HostSchema.Format
  /// As a registry takes it.
  package var text: String
  /// Full name of the record or message; empty: it has none.
  package var recordName: String
  /// What Confluent's framing has between the schema's id and each payload.
  package var index: [UInt8]

  package init(format: HostSchema.Format, text: String, recordName: String = "", index: [UInt8] = []) {
    (self.format, self.text, self.recordName, self.index) = (format, text, recordName, index)
  }
}
