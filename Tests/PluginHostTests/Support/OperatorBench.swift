import CMillrace
import Dataflow
import Foundation
import State
import XCTest

@testable import Columnar
@testable import PluginHost

/// Takes what an operator emits.
final class CollectedOutput: OperatorOutput {
  private(set) var batches: [RecordBatch] = []
  func emit(_ batch: RecordBatch, port: Int) { batches.append(batch) }
  var epoch: UInt64 { 7 }

  /// The rows as text, "name count total" each, event times before an "@" if there are any; forgotten then.
  func take() -> [String] {
    defer { batches = [] }
    return batches.flatMap { batch in
      (0..<batch.rowCount).map { row in
        let columns = (0..<batch.columnCount).map { column -> String in
          let array = batch.column(column).pointee
          if column == 0 {
            let (start, size) = Views(array)[row]
            return String(decoding: UnsafeBufferPointer(start: start, count: size), as: UTF8.self)
          }
          return "\(array.buffers[1]!.load(fromByteOffset: (Int(array.offset) + row) * 8, as: Int64.self))"
        }
        let time = batch.eventTimes?[row]
        let prefix = time == nil || time == Int64.min ? "" : "\(time ?? 0)@"
        return prefix + columns.joined(separator: " ")
      }
    }
  }
}

extension PluginOperator {
  /// Event time moves on, and there is room for all that this gives.
  func advance(to watermark_us: Int64) throws {
    XCTAssertTrue(try advance(to: watermark_us, mayGoOn: { true }))
  }
}

/// An operator of bad-operator.c with what it runs on.
final class OperatorBench {
  static let schema = Schema([Field("name", .utf8)])

  let output = CollectedOutput()
  let state: KeyedState
  let type: OperatorType
  private(set) var rejected: [RejectedRow] = []
  var rejectFailure: (any Error)?
  private(set) var running: PluginOperator!

  init(_ type: OperatorType, does what: String = "") throws {
    self.type = type
    state = try KeyedState(descriptors: type.descriptor.states, keyGroups: 128, now: { 0 })
    running = try instance(type, does: what)
  }

  /// The operator of bad-operator.c at a version.
  static func type(_ lab: PluginLab, version: String = "1.0.0") throws -> OperatorType {
    let path = try lab.compile("bad-operator.c", ["VERSION=\"\(version)\""], as: "operator-\(version).so")
    let plugin = try PluginLoader(cacheDirectory: lab.cache).load(try PluginFile(path: path))
    return try XCTUnwrap(plugin.operators.first)
  }

  /// One more instance on the same state.
  func instance(_ type: OperatorType, does what: String) throws -> PluginOperator {
    let bound = try BoundOperator(type: type, config: "{\"do\":\"\(what)\"}", inputs: [Self.schema])
    return try PluginOperator(
      bound, keyColumns: [[0]], keyedState: state, worker: 0, workers: 1
    ) { [unowned self] row, _ in
      if let rejectFailure { throw rejectFailure }
      rejected.append(row)
    }
  }

  /// What a checkpoint gives back of `snapshot`.
  static func stored(_ snapshot: OperatorSnapshot) throws -> OperatorSnapshot {
    var bytes: [UInt8] = []
    var writer = RunWriter { bytes += $0 }
    try (snapshot.keyed as? KeyedDelta)?.forEachSorted { try writer.add($0) }
    _ = try writer.finish()
    let path = NSTemporaryDirectory() + "operator-bench-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let part = KeyedRuns.Part(reader: try RunReader(path: path), keyGroups: 0..<128)
    return OperatorSnapshot(keyed: KeyedRuns([part], keyGroupCount: 128), own: snapshot.own)
  }

  func open() throws { try running.open(output: output) }

  static func batch(_ names: [String]) -> RecordBatch {
    var columns = OwnedArray()
    columns.add(nil)
    var column = OwnedArray()
    let views = column.allocate(UInt8.self, count: names.count * 16)
    let data = column.allocate(UInt8.self, count: names.reduce(0) { $0 + $1.utf8.count })
    var end = 0
    for (row, name) in names.enumerated() {
      let view = UnsafeMutableRawPointer(views + row * 16)
      let bytes = Array(name.utf8)
      view.initializeMemory(as: UInt8.self, repeating: 0, count: 16)
      view.storeBytes(of: Int32(bytes.count), as: Int32.self)
      (view + 4).copyMemory(from: bytes, byteCount: bytes.count <= 12 ? bytes.count : 4)
      if bytes.count > 12 {
        view.storeBytes(of: Int32(end), toByteOffset: 12, as: Int32.self)
        (data + end).update(from: bytes, count: bytes.count)
        end += bytes.count
      }
    }
    let sizes = column.allocate(Int64.self, count: 1)
    sizes[0] = Int64(end)
    for buffer in [nil, UnsafeRawPointer(views), UnsafeRawPointer(data), UnsafeRawPointer(sizes)] { column.add(buffer) }
    columns.add(child: column.finish(length: names.count, nullCount: 0))
    return RecordBatch(
      columns: columns.finish(length: names.count, nullCount: 0), eventTimes: nil, rowKinds: nil, keeping: nil)
  }
}
