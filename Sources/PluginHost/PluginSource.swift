import CMillrace
import Columnar
import Dataflow

/// One split of a plugin's source. One thread at a time.
package final class PluginSplit {
  package var schema: Schema { rows.schema }
  private let rows: ProducerSchema
  private let type: SourceType
  private let instance: UnsafeMutableRawPointer

  /// Makes the instance of split `index` of `count`. Throws `PluginError`.
  package init(type: SourceType, config: String, index: Int, count: Int) throws {
    let id = type.descriptor.id
    var made: UnsafeMutableRawPointer?
    try ControlCalls.call(id, "create") { error in
      config.withCString { type.vtable.pointee.create(Host.pointer, $0, UInt32(index), UInt32(count), &made, error) }
    }
    guard let made else { throw PluginError("plugin-call-failed", id, "create gave no instance") }
    self.type = type
    instance = made
    do { rows = try Self.schema(type, made) } catch {
      ControlCalls.run { type.vtable.pointee.destroy(made) }
      throw error
    }
  }

  private static func schema(_ type: SourceType, _ instance: UnsafeMutableRawPointer) throws -> ProducerSchema {
    let id = type.descriptor.id
    var raw = ArrowSchema()
    defer { raw.release?(&raw) }
    try ControlCalls.call(id, "schema") { type.vtable.pointee.schema(instance, &raw, $0) }
    do { return try ProducerSchema(importing: &raw) } catch {
      throw PluginError("bad-schema", id, "schema gave a bad one: \(error)")
    }
  }

  deinit { ControlCalls.run { type.vtable.pointee.destroy(instance) } }

  package func seek(_ position: Int64) throws {
    try call(type.descriptor.id, "seek") { type.vtable.pointee.seek(instance, position, $0) }
  }

  package var position: Int64 { type.vtable.pointee.position(instance) }

  /// The next rows, nil if there are none now; and whether that was the end.
  package func poll(max_rows: Int) throws -> (batch: RecordBatch?, ended: Bool) {
    var out = mill_batch()
    var ended: Int32 = 0
    try call(type.descriptor.id, "poll") { type.vtable.pointee.poll(instance, Int64(max_rows), &out, &ended, $0) }
    guard out.release != nil else { return (nil, ended != 0) }
    let batch = try admitting(type.descriptor.id, "poll") { try RecordBatch(moving: &out).admitted(as: rows) }
    return (batch, ended != 0)
  }
}

/// The splits of a plugin's source that one worker reads, in turn.
package final class PluginSource: DataflowSource {
  private let parts: [PluginSplit]
  private var ended: [Bool]
  private var paused: [Bool]
  private var turn = 0
  package let splits: [SplitPosition]

  /// `splits` says where each of `parts` goes on; they are sought there already.
  package init(parts: [PluginSplit], splits: [SplitPosition]) {
    self.parts = parts
    self.splits = splits
    ended = Array(repeating: false, count: parts.count)
    paused = ended
  }

  package func poll(max_rows: Int, output: any SourceOutput) throws -> Bool {
    for _ in parts.indices {
      turn = (turn + 1) % parts.count
      if ended[turn] || paused[turn] { continue }
      let (batch, isEnd) = try parts[turn].poll(max_rows: max_rows)
      if let batch { output.emit(batch, split: turn) }
      if isEnd {
        ended[turn] = true
        output.ended(split: turn)
      }
      if batch != nil { return true }
    }
    return false
  }

  package func position(split: Int) -> Int64 { parts[split].position }
  package func setPaused(split: Int, _ isPaused: Bool) { paused[split] = isPaused }
  package func close() {}
}
