import CMillrace
import Columnar

/// A serde instance. One thread at a time.
private final class SerdeInstance {
  let type: SerdeType
  let pointer: UnsafeMutableRawPointer
  let reports = RowReports()

  init(type: SerdeType, config: String, part: UInt32) throws {
    var made: UnsafeMutableRawPointer?
    try ControlCalls.call(type.descriptor.id, "create") { error in
      config.withCString { type.vtable.pointee.create(Host.pointer, $0, part, &made, error) }
    }
    guard let made else { throw PluginError("plugin-call-failed", type.descriptor.id, "create gave no instance") }
    self.type = type
    pointer = made
  }

  deinit { ControlCalls.run { type.vtable.pointee.destroy(pointer) } }

  var id: String { type.descriptor.id }

  /// Gives the schema to work by, before the columns.
  func use(_ schema: HostSchema?) throws {
    guard let schema else { return }
    guard let function = type.useSchema else { throw type.knowsNoSchemas }
    try withExtendedLifetime(schema) {
      try ControlCalls.call(id, "use_schema") { function(pointer, UnsafePointer(schema.raw), $0) }
    }
  }
}

/// Decodes a topic's keys or values into columns. One thread at a time.
package final class SerdeDecoder {
  package let schema: Schema
  private let instance: SerdeInstance

  /// `part`: MILL_PART_*. `given`: what messages are resolved into. Throws `PluginError` if the serde can't produce `schema`, or
  /// makes nothing of `given`.
  package init(type: SerdeType, config: String, part: UInt32, schema: Schema, given: HostSchema? = nil) throws {
    instance = try SerdeInstance(type: type, config: config, part: part)
    try instance.use(given)
    self.schema = schema
    let own = instance
    try withExported([schema]) { schemas in
      try ControlCalls.call(own.id, "bind_decode") { type.vtable.pointee.bind_decode(own.pointer, schemas[0], $0) }
    }
  }

  package var type: SerdeType { instance.type }

  /// Decodes a raw batch: exactly its rows, bad ones reported (ascending) and holding nothing of use.
  package func decode(_ raw: UnsafePointer<mill_raw_batch>) throws -> (batch: RecordBatch, errors: [RowError]) {
    var errors = instance.reports.begin(rowCount: Int(raw.pointee.length))
    var out = mill_batch()
    try call(instance.id, "decode") { instance.type.vtable.pointee.decode(instance.pointer, raw, &out, &errors, $0) }
    guard out.release != nil else { throw PluginError("bad-batch", instance.id, "decode gave no batch") }
    let bad = try instance.reports.end(instance.id, "decode")
    let batch = try admitting(instance.id, "decode") {
      try RecordBatch(moving: &out).checked(against: schema, excused: bad.map(\.row))
    }
    guard batch.rowCount == Int(raw.pointee.length) else {
      throw PluginError(
        "bad-batch", instance.id, "decode gave \(batch.rowCount) rows for \(raw.pointee.length) messages")
    }
    return (batch, bad)
  }
}

/// Encodes rows into a topic's keys or values. One thread at a time.
package final class SerdeEncoder {
  private let instance: SerdeInstance

  /// `part`: MILL_PART_*. `given`: what messages are written with. Throws `PluginError` if the serde can't write `schema`, or
  /// not with `given`.
  package init(type: SerdeType, config: String, part: UInt32, schema: Schema, given: HostSchema? = nil) throws {
    instance = try SerdeInstance(type: type, config: config, part: part)
    try instance.use(given)
    let own = instance
    try withExported([schema]) { schemas in
      try ControlCalls.call(own.id, "bind_encode") { type.vtable.pointee.bind_encode(own.pointer, schemas[0], $0) }
    }
  }

  package var type: SerdeType { instance.type }

  /// The schema that rows are written with. Throws `PluginError`, also if the serde knows no schemas.
  package func writtenSchema() throws -> WrittenSchema {
    guard let function = type.writtenSchema else { throw type.knowsNoSchemas }
    var out = mill_written_schema()
    out.struct_size = UInt32(MemoryLayout<mill_written_schema>.size)
    try ControlCalls.call(instance.id, "written_schema") { function(instance.pointer, &out, $0) }
    guard let text = out.text, let format = HostSchema.Format(rawValue: out.format), out.index_size >= 0,
      out.index_size == 0 || out.index != nil
    else { throw PluginError("bad-schema", instance.id, "written_schema gave no schema") }
    let index = UnsafeBufferPointer(start: out.index, count: Int(out.index_size))
    return WrittenSchema(
      format: format, text: String(cString: text), recordName: out.record_name.map { String(cString: $0) } ?? "",
      index: Array(index))
  }

  /// Every message that is not null begins with `bytes` from now on. Throws `PluginError`, also if the serde knows no
  /// schemas.
  package func setLead(_ bytes: [UInt8]) throws {
    guard let function = type.setLead else { throw type.knowsNoSchemas }
    try bytes.withUnsafeBufferPointer { bytes in
      try ControlCalls.call(instance.id, "set_lead") {
        function(instance.pointer, bytes.baseAddress, Int64(bytes.count), $0)
      }
    }
  }

  /// Encodes all rows of `batch`. The bytes are valid until the next call; a bad row's span has length -1.
  package func encode(_ batch: UnsafePointer<mill_batch>) throws -> (encoded: mill_encoded, errors: [RowError]) {
    var errors = instance.reports.begin(rowCount: Int(batch.pointee.columns.length))
    var out = mill_encoded()
    out.struct_size = UInt32(MemoryLayout<mill_encoded>.size)
    try call(instance.id, "encode") { instance.type.vtable.pointee.encode(instance.pointer, batch, &out, &errors, $0) }
    guard out.length == batch.pointee.columns.length, out.length == 0 || out.spans != nil else {
      throw PluginError(
        "bad-batch", instance.id,
        "encode gave \(out.length) rows for \(batch.pointee.columns.length)\(out.spans == nil ? " and no spans" : "")")
    }
    try checkSpans(out)
    return (out, try instance.reports.end(instance.id, "encode"))
  }

  /// How many bytes there are is not told, so only what can't be true of any buffer is found.
  private func checkSpans(_ encoded: mill_encoded) throws {
    for row in 0..<Int(encoded.length) {
      let span = encoded.spans[row]
      guard span.length >= -1, span.length <= 0 || (span.offset >= 0 && encoded.data != nil) else {
        throw PluginError(
          "bad-batch", instance.id,
          "encode gave row \(row) \(span.length) bytes from offset \(span.offset)"
            + (encoded.data == nil ? " and no data" : ""))
      }
    }
  }
}
