import CMillrace
import PluginHost

/// Takes the framing of a schema registry off messages, and finds their schemas; on one worker.
///
/// Confluent's framing is a byte 0 and the schema's id in four bytes, big-endian:
/// https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
final class SchemaFraming {
  /// The first byte.
  static let magic: UInt8 = 0
  /// Bytes of the magic byte and the id.
  static let size: Int32 = 5

  /// What begins a message that is written with schema `id`, before what its format has.
  static func lead(id: Int64) -> [UInt8] {
    let id = UInt32(truncatingIfNeeded: id)
    return [magic] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: id >> $0) }
  }

  /// What `takeOff` made of a batch.
  struct Result {
    /// Its first messages, bare.
    var batch: FramedBatch
    /// What is wrong with the framing of some of them.
    var errors: [RowError]
    /// Nil: all schemas are at hand, and the batch is whole.
    var wait: Wait?
  }

  /// A message whose schema is not at hand.
  struct Wait {
    var row: Int
    /// Whether it is by now, or never will be.
    var isOver: () -> Bool
  }

  private let keys, values: WorkerSchemas?

  /// Nil if neither part has a registry.
  init?(keys: WorkerSchemas?, values: WorkerSchemas?) {
    guard keys != nil || values != nil else { return nil }
    (self.keys, self.values) = (keys, values)
  }

  /// Makes bare messages of `raw`.
  func takeOff(_ raw: UnsafePointer<mill_raw_batch>) -> Result {
    let waits = [keys?.firstWait(raw.pointee.keys, raw), values?.firstWait(raw.pointee.values, raw)]
    let wait = waits.compactMap { $0 }.min { $0.row < $1.row }
    let count = wait?.row ?? Int(raw.pointee.length)
    let batch = FramedBatch(raw, count: count, keys: keys != nil, values: values != nil)
    var errors: [Int: RowError] = [:]
    if let keys, let part = batch.keys {
      keys.takeOff(raw.pointee.keys, raw, count, part, batch) { errors[$0.row] = $0.about("key") }
    }
    if let values, let part = batch.values {
      values.takeOff(raw.pointee.values, raw, count, part, batch) { errors[$0.row] = $0 }
    }
    return Result(batch: batch, errors: errors.values.sorted { $0.row < $1.row }, wait: wait)
  }
}

/// The schemas of one registry that a worker has met.
final class WorkerSchemas {
  /// As many are remembered; then all are looked up anew.
  private static let limit = 256

  /// What stands at a message's beginning.
  private enum Framing {
    case null
    case id(Int64)
    case wrong(String)
  }

  private let look: (Int64) -> Registries.Answer
  private var known: [Int64: Registries.Answer] = [:]

  /// `look`: what the job's registry knows of an id.
  init(look: @escaping (Int64) -> Registries.Answer) { self.look = look }

  /// The first message whose schema is not at hand; nil if there is none. Asks for the schemas of all.
  func firstWait(_ spans: UnsafePointer<mill_span>, _ raw: UnsafePointer<mill_raw_batch>) -> SchemaFraming.Wait? {
    if known.count > Self.limit { known.removeAll() }
    var first: (row: Int, id: Int64)?
    var last: Int64 = -1
    for row in 0..<Int(raw.pointee.length) {
      guard case .id(let id) = Self.framing(spans[row], raw), id != last else { continue }
      last = id
      // What the registry did not have it may have by now.
      if case .known? = known[id] { continue }
      known[id] = look(id)
      if case .waiting? = known[id], first == nil { first = (row, id) }
    }
    guard let first else { return nil }
    return SchemaFraming.Wait(row: first.row) { [look] in
      if case .waiting = look(first.id) { false } else { true }
    }
  }

  /// Sets the first `count` messages of `part`; `firstWait` has looked them up.
  func takeOff(
    _ spans: UnsafePointer<mill_span>, _ raw: UnsafePointer<mill_raw_batch>, _ count: Int, _ part: FramedBatch.Part,
    _ batch: FramedBatch, onError: (RowError) -> Void
  ) {
    var last: (id: Int64, schema: HostSchema)?
    func wrong(_ row: Int, _ message: String) {
      part.set(row, framing: 0, nil)
      onError(RowError(row: row, code: 0, message: message))
    }
    for row in 0..<count {
      switch Self.framing(spans[row], raw) {
      case .null: part.set(row, framing: 0, nil)
      case .wrong(let message): wrong(row, message)
      case .id(let id):
        if last?.id != id {
          switch known[id] {
          case .known(let schema)?:
            last = (id, schema)
            batch.keep(schema)
          case .absent(let why)?: wrong(row, why)
          case .waiting?, nil: wrong(row, "schema \(id) is not at hand")
          }
        }
        if let last, last.id == id { part.set(row, framing: SchemaFraming.size, last.schema) }
      }
    }
  }

  @inline(__always)
  private static func framing(_ span: mill_span, _ raw: UnsafePointer<mill_raw_batch>) -> Framing {
    guard span.length >= 0 else { return .null }
    let bytes = raw.pointee.data + Int(span.offset)
    guard span.length >= SchemaFraming.size else {
      return .wrong(
        "\(span.length) bytes are too few for a schema registry's framing: expected a byte 0 and a schema's id")
    }
    guard bytes[0] == SchemaFraming.magic else {
      return .wrong("byte 0 is \(bytes[0]), expected 0, with which a schema registry's framing begins")
    }
    let id = UInt32(bytes[1]) << 24 | UInt32(bytes[2]) << 16 | UInt32(bytes[3]) << 8 | UInt32(bytes[4])
    return .id(Int64(id))
  }
}
