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
    let batch = FramedBatch(raw, keys: keys != nil, values: values != nil)
    var errors: [Int: RowError] = [:]
    var wait: Wait?
    if let keys, let part = batch.keys {
      wait = keys.takeOff(raw.pointee.keys, raw, part, batch) { errors[$0.row] = $0.about("key") }
    }
    if let values, let part = batch.values {
      let other = values.takeOff(raw.pointee.values, raw, part, batch) { errors[$0.row] = $0 }
      wait = [wait, other].compactMap { $0 }.min { $0.row < $1.row }
    }
    let count = wait?.row ?? Int(raw.pointee.length)
    batch.keepFirst(count)
    return Result(
      batch: batch, errors: errors.values.filter { $0.row < count }.sorted { $0.row < $1.row }, wait: wait)
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
  private var known: [Int64: HostSchema] = [:]

  /// `look`: what the job's registry knows of an id; asks for it if nothing is.
  init(look: @escaping (Int64) -> Registries.Answer) { self.look = look }

  /// Sets the messages of `part`, up to the first whose schema is not at hand, if there is one: that is given. Those behind
  /// it are asked for, too.
  func takeOff(
    _ spans: UnsafePointer<mill_span>, _ raw: UnsafePointer<mill_raw_batch>, _ part: FramedBatch.Part,
    _ batch: FramedBatch, onError: (RowError) -> Void
  ) -> SchemaFraming.Wait? {
    var wait: SchemaFraming.Wait?
    var last: (id: Int64, answer: Registries.Answer)?
    for row in 0..<Int(raw.pointee.length) {
      var problem: String?
      var schema: HostSchema?
      switch Self.framing(spans[row], raw) {
      case .null: break
      case .wrong(let what): problem = what
      case .id(let id):
        if last?.id != id { last = (id, find(id, batch)) }
        switch last?.answer {
        case .known(let found)?: schema = found
        case .absent(let why)?: problem = why
        case .waiting?, nil: wait = wait ?? waiting(row, for: id)
        }
      }
      guard wait == nil else { continue }
      part.set(row, framing: SchemaFraming.size, schema)
      if let problem { onError(RowError(row: row, code: 0, message: problem)) }
    }
    return wait
  }

  private func waiting(_ row: Int, for id: Int64) -> SchemaFraming.Wait {
    SchemaFraming.Wait(row: row) { [look] in !look(id).isWaiting }
  }

  /// Only what is there is remembered: what the registry did not have it may have by now. The batch keeps a schema.
  private func find(_ id: Int64, _ batch: FramedBatch) -> Registries.Answer {
    let answer = known[id].map { .known($0) } ?? look(id)
    guard case .known(let schema) = answer else { return answer }
    if known.count >= Self.limit { known.removeAll() }
    known[id] = schema
    batch.keep(schema)
    return answer
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
