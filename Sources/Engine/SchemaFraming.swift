import CMillrace
import Kafka
import Pipeline
import PluginHost
import SchemaRegistry

/// Takes the framing of a schema registry off messages, and finds their schemas; on one worker.
final class SchemaFraming {
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

  /// Makes bare messages of `raw`. `headers`: what is read of theirs.
  func takeOff(_ raw: UnsafePointer<mill_raw_batch>, headers: FramingHeaders = FramingHeaders()) -> Result {
    let batch = FramedBatch(raw, keys: keys != nil, values: values != nil)
    var errors: [Int: RowError] = [:]
    var wait: Wait?
    if let keys, let part = batch.keys {
      wait = keys.takeOff(raw.pointee.keys, raw, headers, part, batch) { errors[$0.row] = $0.about("key") }
    }
    if let values, let part = batch.values {
      let other = values.takeOff(raw.pointee.values, raw, headers, part, batch) { errors[$0.row] = $0 }
      wait = [wait, other].compactMap { $0 }.min { $0.row < $1.row }
    }
    let count = wait?.row ?? Int(raw.pointee.length)
    batch.keepFirst(count)
    return Result(
      batch: batch, errors: errors.values.filter { $0.row < count }.sorted { $0.row < $1.row }, wait: wait)
  }
}

/// The headers of a batch's messages that may say schemas.
struct FramingHeaders {
  /// By name.
  private(set) var values: [String: HeaderValues] = [:]

  /// None.
  init() {}

  /// `read`: what is read of the messages' headers, those of `names` last, in their order.
  init(_ read: [HeaderValues], _ names: [String]) {
    values = Dictionary(zip(names, read.suffix(names.count))) { first, _ in first }
  }
}

/// The schemas of one registry that a worker has met in one part of messages.
final class WorkerSchemas {
  /// As many are remembered; then all are looked up anew.
  private static let limit = 256

  private let use: RegistryUse
  private let kind: MessagePart
  /// As most are.
  private let isConfluent: Bool
  private let headerNames: [String]
  private let look: (SchemaId) -> Registries.Answer
  private var known: [SchemaId: HostSchema] = [:]

  /// `look`: what the job's registry knows of a schema; asks for it if nothing is.
  init(_ use: RegistryUse, _ kind: MessagePart, look: @escaping (SchemaId) -> Registries.Answer) {
    (self.use, self.kind, self.look) = (use, kind, look)
    isConfluent = use.framing == .confluent
    headerNames = use.framing.headerNames(kind)
  }

  /// Sets the messages of `part`, up to the first whose schema is not at hand, if there is one: that is given. Those behind
  /// it are asked for, too.
  func takeOff(
    _ spans: UnsafePointer<mill_span>, _ raw: UnsafePointer<mill_raw_batch>, _ headers: FramingHeaders,
    _ part: FramedBatch.Part, _ batch: FramedBatch, onError: (RowError) -> Void
  ) -> SchemaFraming.Wait? {
    let headers = headerNames.map { headers.values[$0] }
    var wait: SchemaFraming.Wait?
    var last: (id: SchemaId, answer: Registries.Answer)?
    for row in 0..<Int(raw.pointee.length) {
      guard spans[row].length >= 0 else {
        if wait == nil { part.clear(row) }
        continue
      }
      let mark = mark(spans[row], raw) { headers[$0]?.value(row) }
      var problem: String?
      if let id = mark.schema {
        if last?.id != id { last = (id, find(id, batch)) }
        switch last?.answer {
        case .known(let schema)? where wait == nil: problem = set(row, mark, schema, raw.pointee.data, part, batch)
        case .known?: break
        case .absent(let why)?: problem = why
        case .waiting?, nil: wait = wait ?? waiting(row, for: id)
        }
      } else if case .wrong(let what) = mark {
        problem = what
      }
      guard wait == nil, let problem else { continue }
      part.clear(row)
      onError(RowError(row: row, code: 0, message: problem))
    }
    return wait
  }

  @inline(__always)
  private func mark(
    _ span: mill_span, _ raw: UnsafePointer<mill_raw_batch>, _ header: (Int) -> ArraySlice<UInt8>?
  ) -> SchemaMark {
    let bytes = UnsafeBufferPointer(start: raw.pointee.data + Int(span.offset), count: Int(span.length))
    if isConfluent { return ConfluentFraming.mark(bytes) }
    return use.mark(bytes, kind, header: header)
  }

  /// Makes a message bare; gives what is wrong with it. `data`: of `part`'s messages as they came.
  @inline(__always)
  private func set(
    _ row: Int, _ mark: SchemaMark, _ schema: HostSchema, _ data: UnsafePointer<UInt8>, _ part: FramedBatch.Part,
    _ batch: FramedBatch
  ) -> String? {
    switch mark {
    case .before(_, let size):
      part.set(row, framing: size, schema)
      if isConfluent || schema.format != .protobuf || use.framing == .confluentHeader { return nil }
      return setNamed(row, schema, data, part, batch)
    case .inHeader(_, let index):
      part.set(row, framing: 0, schema)
      guard schema.format == .protobuf else { return nil }
      if use.framing == .apicurioHeader { return setNamed(row, schema, data, part, batch) }
      return setIndexed(row, MessageIndex.first(of: index), part, batch)
    case .wrong(let what): return what
    }
  }

  /// Of Protobuf, where the header has the indexes.
  private func setIndexed(
    _ row: Int, _ index: ArraySlice<UInt8>?, _ part: FramedBatch.Part, _ batch: FramedBatch
  ) -> String? {
    guard let index else {
      return "the header that says the schema does not say which message of it: expected the indexes behind its id"
    }
    return put(index, row, part, batch)
  }

  /// Of Protobuf, where the payload begins with Apicurio's reference to the message.
  private func setNamed(
    _ row: Int, _ schema: HostSchema, _ data: UnsafePointer<UInt8>, _ part: FramedBatch.Part, _ batch: FramedBatch
  ) -> String? {
    let span = part.span(row)
    let bytes = UnsafeBufferPointer(start: data + Int(span.offset), count: Int(span.length))
    guard let ref = MessageRef.first(of: bytes) else {
      return "before the payload is no name of a message: expected the Ref that Apicurio's Protobuf serializers write"
    }
    part.set(row, framing: ref.size, schema)
    return put(MessageRef.index(ref.name), row, part, batch)
  }

  private func put(
    _ index: some Collection<UInt8>, _ row: Int, _ part: FramedBatch.Part, _ batch: FramedBatch
  ) -> String? {
    batch.put(index, before: row, of: part) ? nil : "the batch has no room for the message"
  }

  private func waiting(_ row: Int, for id: SchemaId) -> SchemaFraming.Wait {
    SchemaFraming.Wait(row: row) { [look] in !look(id).isWaiting }
  }

  /// Only what is there is remembered: what the registry did not have it may have by now. The batch keeps a schema.
  private func find(_ id: SchemaId, _ batch: FramedBatch) -> Registries.Answer {
    let answer = known[id].map { .known($0) } ?? look(id)
    guard case .known(let schema) = answer else { return answer }
    if known.count >= Self.limit { known.removeAll() }
    known[id] = schema
    batch.keep(schema)
    return answer
  }
}

extension SchemaMark {
  /// Nil: it says none.
  @inline(__always)
  var schema: SchemaId? {
    switch self {
    case .before(let id, _), .inHeader(let id, _): id
    case .wrong: nil
    }
  }
}
