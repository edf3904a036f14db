import CMillrace
import Columnar

/// An operator that can be instantiated.
package struct OperatorType: @unchecked Sendable {
  package let descriptor: OperatorDescriptor
  let vtable: UnsafePointer<mill_operator_vtable>
  /// Digest of its plugin's file.
  package let sha256: String
  package let path: String
}

/// A serde that can be instantiated.
package struct SerdeType: @unchecked Sendable {
  /// Bytes of the vtable of a serde that knows no schemas: one of before ABI 1.2.
  static let leastVtableSize = MemoryLayout<mill_serde_vtable>.offset(of: \.use_schema) ?? 0

  package let descriptor: SimpleDescriptor
  let vtable: UnsafePointer<mill_serde_vtable>
  /// Digest of its plugin's file.
  package let sha256: String
  package let path: String

  /// Whether it can be given a schema.
  package var usesSchemas: Bool { useSchema != nil }

  /// Whether it can be used with a schema registry.
  package var knowsSchemas: Bool { writtenSchema != nil && setLead != nil }

  typealias UseSchema =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<mill_schema>?, UnsafeMutablePointer<mill_error>?
    ) -> Int32
  typealias GiveWrittenSchema =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutablePointer<mill_written_schema>?, UnsafeMutablePointer<mill_error>?
    ) -> Int32
  typealias SetLead =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, Int64, UnsafeMutablePointer<mill_error>?
    ) -> Int32

  /// Nil if it has none; those of before ABI 1.2 end before them.
  var useSchema: UseSchema? { isOfNow ? vtable.pointee.use_schema : nil }
  var writtenSchema: GiveWrittenSchema? { isOfNow ? vtable.pointee.written_schema : nil }
  var setLead: SetLead? { isOfNow ? vtable.pointee.set_lead : nil }
  private var isOfNow: Bool { Int(vtable.pointee.struct_size) >= MemoryLayout<mill_serde_vtable>.size }

  var knowsNoSchemas: PluginError {
    PluginError("no-schemas", descriptor.id, "the serde knows no schemas: leave `schema` and `registry` out")
  }
}

/// A source that can be instantiated.
package struct SourceType: @unchecked Sendable {
  package let descriptor: SimpleDescriptor
  let vtable: UnsafePointer<mill_source_vtable>
  /// Digest of its plugin's file.
  package let sha256: String
  package let path: String
}

/// A sink that can be instantiated.
package struct SinkType: @unchecked Sendable {
  package let descriptor: SimpleDescriptor
  let vtable: UnsafePointer<mill_sink_vtable>
  /// Digest of its plugin's file.
  package let sha256: String
  package let path: String
}

/// Calls `body` with schemas in C form, which are released afterwards.
func withExported<Result>(
  _ schemas: [Schema], _ body: (UnsafePointer<UnsafePointer<ArrowSchema>?>) throws -> Result
) rethrows -> Result {
  let memory = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: max(1, schemas.count))
  let pointers = UnsafeMutablePointer<UnsafePointer<ArrowSchema>?>.allocate(capacity: max(1, schemas.count))
  for (index, schema) in schemas.enumerated() {
    schema.export(to: memory + index)
    pointers[index] = UnsafePointer(memory + index)
  }
  defer {
    for index in schemas.indices { if let release = memory[index].release { release(memory + index) } }
    memory.deallocate()
    pointers.deallocate()
  }
  return try body(UnsafePointer(pointers))
}
