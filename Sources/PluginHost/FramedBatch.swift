import CMillrace

/// The first messages of a raw batch without the framing of a schema registry, and with their schemas. It keeps the raw batch
/// and the schemas.
package final class FramedBatch: DerivedBatch, @unchecked Sendable {
  /// Keys or values without their framing.
  package struct Part {
    fileprivate let spans: UnsafeMutablePointer<mill_span>
    fileprivate let schemas: UnsafeMutablePointer<UnsafePointer<mill_schema>?>

    /// Message `row`: `size` bytes of framing are taken off. Before the batch is handed out.
    package func set(_ row: Int, framing size: Int32, _ schema: HostSchema) {
      schemas[row] = UnsafePointer(schema.raw)
      spans[row].offset += size
      spans[row].length -= size
    }

    /// Where message `row` is, as far as framing has been taken off. Before the batch is handed out.
    package func span(_ row: Int) -> mill_span { spans[row] }

    /// Message `row` is a null to the serde. Before the batch is handed out.
    package func clear(_ row: Int) {
      schemas[row] = nil
      spans[row] = mill_span(offset: 0, length: -1)
    }
  }

  /// Nil where the part has no framing.
  package let keys, values: Part?
  private var schemas: [HostSchema] = []
  /// The original's bytes, then messages that were put together; nil: there are none of those.
  private var own: OwnBytes?

  /// As `original`, which is retained, with framed keys or values, or both.
  package init(_ original: UnsafePointer<mill_raw_batch>, keys: Bool, values: Bool) {
    let count = Int(original.pointee.length)
    self.keys = keys ? Self.part(original.pointee.keys, count) : nil
    self.values = values ? Self.part(original.pointee.values, count) : nil
    super.init(original)
    if let keys = self.keys {
      raw.pointee.keys = UnsafePointer(keys.spans)
      raw.pointee.key_schemas = UnsafePointer(keys.schemas)
    }
    if let values = self.values {
      raw.pointee.values = UnsafePointer(values.spans)
      raw.pointee.value_schemas = UnsafePointer(values.schemas)
    }
  }

  deinit {
    for part in [keys, values] {
      part?.spans.deallocate()
      part?.schemas.deallocate()
    }
    own?.deallocate()
  }

  private static func part(_ spans: UnsafePointer<mill_span>, _ count: Int) -> Part {
    let part = Part(spans: .allocate(capacity: max(1, count)), schemas: .allocate(capacity: max(1, count)))
    part.spans.initialize(from: spans, count: count)
    part.schemas.initialize(repeating: nil, count: count)
    return part
  }

  /// Puts bytes before message `row` of `part`, as far as framing has been taken off it. False, and nothing is done, if the
  /// batch would have more bytes than spans can say. Once a message, before it is handed out.
  package func put(_ index: some Collection<UInt8>, before row: Int, of part: Part) -> Bool {
    let span = part.spans[row]
    var bytes = own ?? OwnBytes(UnsafeBufferPointer(start: raw.pointee.data, count: Int(raw.pointee.data_size)))
    let message = UnsafeBufferPointer(start: original.pointee.data + Int(span.offset), count: Int(span.length))
    let place = bytes.append(index, message)
    own = bytes
    guard let place else { return false }
    part.spans[row] = place
    (raw.pointee.data, raw.pointee.data_size) = (UnsafePointer(bytes.start), Int64(bytes.count))
    return true
  }

  /// Leaves out later messages. Before it is handed out.
  package func keepFirst(_ count: Int) { raw.pointee.length = Int64(count) }

  /// Keeps what `set` was given. Before it is handed out.
  package func keep(_ schema: HostSchema) { schemas.append(schema) }
}

/// Bytes of a batch's own, with the padding that `mill_raw_batch` has. Whoever has it last deallocates.
private struct OwnBytes {
  private static let padding = 64
  private(set) var start: UnsafeMutablePointer<UInt8>
  private(set) var count: Int
  private var capacity: Int

  /// A copy.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    count = bytes.count
    capacity = 2 * bytes.count + 1024
    start = .allocate(capacity: capacity + Self.padding)
    if let base = bytes.baseAddress { start.update(from: base, count: bytes.count) }
    (start + count).initialize(repeating: 0, count: Self.padding)
  }

  /// Puts two pieces at the end, as one; says where they are. Nil, and nothing is done, if that is further than spans reach.
  mutating func append(_ first: some Collection<UInt8>, _ second: UnsafeBufferPointer<UInt8>) -> mill_span? {
    let size = first.count + second.count
    guard count + size + Self.padding <= Int32.max else { return nil }
    reserve(count + size)
    var at = start + count
    for byte in first {
      at.initialize(to: byte)
      at += 1
    }
    if let base = second.baseAddress { at.update(from: base, count: second.count) }
    let place = mill_span(offset: Int32(count), length: Int32(size))
    count += size
    (start + count).initialize(repeating: 0, count: Self.padding)
    return place
  }

  private mutating func reserve(_ wanted: Int) {
    guard wanted > capacity else { return }
    capacity = max(wanted, 2 * capacity)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + Self.padding)
    larger.update(from: start, count: count)
    start.deallocate()
    start = larger
  }

  func deallocate() { start.deallocate() }
}
