import CMillrace

/// The first messages of a raw batch without the framing of a schema registry, and with their schemas. It keeps the raw batch
/// and the schemas; decoders may keep it. Reference-counted, by its own count. Immutable once handed out.
package final class FramedBatch: @unchecked Sendable {
  /// Keys or values without their framing.
  package struct Part {
    fileprivate let spans: UnsafeMutablePointer<mill_span>
    fileprivate let schemas: UnsafeMutablePointer<UnsafePointer<mill_schema>?>

    /// Message `row`: `size` bytes of framing are taken off, or all if there is no schema. Before the batch is handed out.
    package func set(_ row: Int, framing size: Int32, _ schema: HostSchema?) {
      if let schema {
        schemas[row] = UnsafePointer(schema.raw)
        spans[row].offset += size
        spans[row].length -= size
      } else {
        schemas[row] = nil
        spans[row] = mill_span(offset: 0, length: -1)
      }
    }
  }

  /// Nil where the part has no framing.
  package let keys, values: Part?
  private let original: UnsafePointer<mill_raw_batch>
  private let raw: UnsafeMutablePointer<mill_raw_batch>
  private var schemas: [HostSchema] = []

  /// As `original`, which is retained, with framed keys or values, or both.
  package init(_ original: UnsafePointer<mill_raw_batch>, keys: Bool, values: Bool) {
    let count = Int(original.pointee.length)
    original.pointee.retain(original)
    self.original = original
    self.keys = keys ? Self.part(original.pointee.keys, count) : nil
    self.values = values ? Self.part(original.pointee.values, count) : nil
    raw = .allocate(capacity: 1)
    var own = original.pointee
    if let keys = self.keys {
      own.keys = UnsafePointer(keys.spans)
      own.key_schemas = UnsafePointer(keys.schemas)
    }
    if let values = self.values {
      own.values = UnsafePointer(values.spans)
      own.value_schemas = UnsafePointer(values.schemas)
    }
    own.retain = { batch in
      guard let own = batch?.pointee.private_data else { return }
      _ = Unmanaged<FramedBatch>.fromOpaque(own).retain()
    }
    own.release = { batch in
      guard let own = batch?.pointee.private_data else { return }
      Unmanaged<FramedBatch>.fromOpaque(own).release()
    }
    raw.initialize(to: own)
    raw.pointee.private_data = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    for part in [keys, values] {
      part?.spans.deallocate()
      part?.schemas.deallocate()
    }
    raw.deallocate()
    original.pointee.release(original)
  }

  private static func part(_ spans: UnsafePointer<mill_span>, _ count: Int) -> Part {
    let part = Part(spans: .allocate(capacity: max(1, count)), schemas: .allocate(capacity: max(1, count)))
    part.spans.initialize(from: spans, count: count)
    part.schemas.initialize(repeating: nil, count: count)
    return part
  }

  /// Leaves out later messages. Before it is handed out.
  package func keepFirst(_ count: Int) { raw.pointee.length = Int64(count) }

  /// Keeps what `set` was given. Before it is handed out.
  package func keep(_ schema: HostSchema) { schemas.append(schema) }

  /// The batch as serdes get it; valid as long as this.
  package var batch: UnsafePointer<mill_raw_batch> { UnsafePointer(raw) }
}
