import CMillrace
import Columnar
import Dataflow
import XCTest

@testable import PluginHost

/// Serdes and sources, of bad-streams.c.
final class StreamTests: XCTestCase {
  private static let lab = Result { try PluginLab() }
  override class func tearDown() { try? lab.get().remove() }

  private static let plugin = Result {
    let path = try lab.get().compile("bad-streams.c", as: "streams.so")
    return try PluginLoader(cacheDirectory: lab.get().cache).load(try PluginFile(path: path))
  }

  private func config(_ what: String) -> String { "{\"do\":\"\(what)\"}" }

  private func decoder(_ what: String) throws -> SerdeDecoder {
    let type = try XCTUnwrap(Self.plugin.get().serdes.first)
    return try SerdeDecoder(type: type, config: config(what), part: 0, schema: OperatorBench.schema)
  }

  /// Decodes messages with these values; a nil has none.
  private func decode(_ what: String, _ values: [String?] = ["a", "b"]) throws -> (rows: [String], errors: [RowError]) {
    let bytes = Array(values.map { $0 ?? "" }.joined().utf8) + Array(repeating: 0, count: 64)
    var spans: [mill_span] = []
    var end: Int32 = 0
    for value in values {
      spans.append(mill_span(offset: end, length: value.map { Int32($0.utf8.count) } ?? -1))
      end += Int32(value?.utf8.count ?? 0)
    }
    let decoder = try decoder(what)
    return try bytes.withUnsafeBufferPointer { bytes in
      try spans.withUnsafeBufferPointer { spans in
        var raw = mill_raw_batch()
        raw.struct_size = UInt32(MemoryLayout<mill_raw_batch>.size)
        raw.length = Int64(values.count)
        raw.data = bytes.baseAddress
        raw.data_size = Int64(end)
        raw.values = spans.baseAddress
        let (batch, errors) = try decoder.decode(&raw)
        let output = CollectedOutput()
        output.emit(batch, port: 0)
        return (output.take(), errors)
      }
    }
  }

  func testDecoding() throws {
    let (rows, errors) = try decode("", ["short", "a text of more than twelve bytes"])
    XCTAssertEqual(rows, ["short", "a text of more than twelve bytes"])
    XCTAssertEqual(errors.count, 0)
    XCTAssertEqual(try decode("", []).rows, [])
  }

  /// A plugin that was built before serdes had schemas works on, without them.
  func testASerdeOfBeforeSchemas() throws {
    let path = try Self.lab.get().compile("bad-streams.c", ["OLD_SERDE"], as: "old-streams.so")
    let plugin = try PluginLoader(cacheDirectory: Self.lab.get().cache).load(try PluginFile(path: path))
    let type = try XCTUnwrap(plugin.serdes.first)
    XCTAssertFalse(type.usesSchemas)
    XCTAssertFalse(type.knowsSchemas)
    _ = try SerdeDecoder(type: type, config: config(""), part: 0, schema: OperatorBench.schema)
    let encoder = try SerdeEncoder(type: type, config: config(""), part: 0, schema: OperatorBench.schema)
    let schema = HostSchema(format: .avro, name: "row", text: "\"string\"")
    XCTAssertThrowsError(
      try SerdeDecoder(type: type, config: config(""), part: 0, schema: OperatorBench.schema, given: schema)
    ) { XCTAssertEqual(($0 as? PluginError)?.code, "no-schemas") }
    for call in [{ _ = try encoder.writtenSchema() }, { try encoder.setLead([0]) }] {
      XCTAssertThrowsError(try call()) { XCTAssertEqual(($0 as? PluginError)?.code, "no-schemas") }
    }
  }

  func testBadRowsMayHoldNulls() throws {
    let (rows, errors) = try decode("", ["a", nil, "c"])
    XCTAssertEqual([rows[0], rows[2]], ["a", "c"])
    XCTAssertEqual(errors.map(\.row), [1])
    XCTAssertEqual(errors.map(\.code), [5])
    XCTAssertEqual(errors.map(\.message), ["bad row"])
  }

  func testDecodersThatFail() throws {
    for (what, values, code, text) in [
      ("decode-fails", ["a"], "plugin-call-failed", "decode: the registry is away"),
      ("no-batch", ["a"], "bad-batch", "decode gave no batch"),
      ("short", ["a", "b"], "bad-batch", "decode gave 0 rows for 2 messages"),
      ("stray", ["a", "b"], "bad-report", "decode reported row 0 of 2: bad rows go in ascending order, each once"),
      ("far", ["a", "b"], "bad-report", "decode reported row 2 of 2: bad rows go in ascending order, each once"),
      (
        "hides-nulls", ["a", nil], "bad-batch",
        "decode: column \"name\" (utf8) holds 1 nulls, but is not nullable (\"?\")"
      ),
    ] as [(String, [String?], String, String)] {
      let error = pluginError { _ = try decode(what, values) }
      XCTAssertEqual(error.code, code, what)
      XCTAssertEqual(error.text, "bad_serde: " + text)
    }
    XCTAssertEqual(pluginError { _ = try decoder("bind-fails") }.text, "bad_serde: bind_decode: can't make that type")
  }

  func testEncoding() throws {
    let type = try XCTUnwrap(Self.plugin.get().serdes.first)
    func encode(_ what: String) throws -> [Int32] {
      let encoder = try SerdeEncoder(type: type, config: config(what), part: 0, schema: OperatorBench.schema)
      return try withExtendedLifetime((encoder, OperatorBench.batch(["a", "b"]))) { encoder, batch in
        let encoded = try encoder.encode(batch.raw).encoded
        return (0..<Int(encoded.length)).map { encoded.spans[$0].length }
      }
    }
    XCTAssertEqual(try encode(""), [4, -1])
    for (what, text) in [
      ("short", "encode gave 0 rows for 2"), ("no-spans", "encode gave 2 rows for 2 and no spans"),
      ("no-data", "encode gave row 0 4 bytes from offset 0 and no data"),
      ("before", "encode gave row 0 4 bytes from offset -1"), ("negative", "encode gave row 0 -2 bytes from offset 0"),
    ] {
      let error = pluginError { _ = try encode(what) }
      XCTAssertEqual(error.code, "bad-batch", what)
      XCTAssertEqual(error.text, "bad_serde: " + text)
    }
  }

  // MARK: - Sources

  private final class Rows: SourceOutput {
    let output = CollectedOutput()
    var endedSplits: [Int] = []
    func emit(_ batch: RecordBatch, split: Int) { output.emit(batch, port: split) }
    func ended(split: Int) { endedSplits.append(split) }
    var epoch: UInt64 { 0 }
  }

  private func split(_ what: String) throws -> PluginSplit {
    try PluginSplit(type: try XCTUnwrap(Self.plugin.get().sources.first), config: config(what), index: 0, count: 1)
  }

  func testASourceOfOffsets() throws {
    let split = try split("")
    XCTAssertEqual(split.schema, OperatorBench.schema)
    let source = PluginSource(parts: [split], splits: [SplitPosition(split: "one", next: 0, watermark_us: .min)])
    let rows = Rows()
    while rows.endedSplits.isEmpty { _ = try source.poll(max_rows: 10, output: rows) }
    XCTAssertEqual(rows.output.take(), ["one", "a second, longer text", "3.."])
    XCTAssertEqual(source.position(split: 0), 3)
    try split.seek(1)
    XCTAssertEqual(try split.poll(max_rows: 1).batch?.rowCount, 1)
    XCTAssertEqual(split.position, 2)
    XCTAssertFalse(try source.poll(max_rows: 10, output: rows))
    XCTAssertEqual(rows.endedSplits, [0])
  }

  func testSourcesThatFail() throws {
    let bad = pluginError { _ = try split("bad-schema") }
    XCTAssertEqual(bad.code, "bad-schema")
    XCTAssertEqual(
      bad.text,
      "bad_source: schema gave a bad one: field \"name\" has the Arrow format \"n\", which Millrace does not take")
    XCTAssertEqual(pluginError { _ = try split("schema-fails") }.text, "bad_source: schema: no schema")
    XCTAssertEqual(pluginError { try split("").seek(-1) }.text, "bad_source: seek: no such place")
    let wild = pluginError { _ = try split("wild").poll(max_rows: 1) }
    XCTAssertEqual(wild.code, "bad-batch")
    XCTAssertEqual(
      wild.text, "bad_source: poll: column \"name\" (utf8) has offsets of its bytes that are negative or go back")
    XCTAssertNil(try split("nothing").poll(max_rows: 1).batch)
  }

  // MARK: - Sinks

  private func sink(_ what: String, step: String = "step") throws -> PluginSink {
    try PluginSink(
      type: try XCTUnwrap(Self.plugin.get().sinks.first), config: config(what), job: "job", step: step, workers: 2,
      schema: OperatorBench.schema)
  }

  func testASink() throws {
    let sink = try sink("bad-row")
    try sink.recover(epoch: 3)
    for worker in 0..<2 {
      let bad = try sink.write(OperatorBench.batch(["a", "b"]), worker: worker, epoch: 4)
      XCTAssertEqual(bad.map(\.row), [1])
      XCTAssertEqual(bad.map(\.message), ["it has no form"])
    }
    try sink.prepare(epoch: 4)
    try sink.commit(epoch: 4)
  }

  func testSinksThatFail() throws {
    let batch = OperatorBench.batch(["a"])
    for (what, text, body) in [
      ("bind-fails", "bind: can't make that type", { _ in }),
      ("recover-fails", "recover: epoch 3 is in the way", { try $0.recover(epoch: 3) }),
      ("prepare-fails", "prepare: epoch 4 is in the way", { try $0.prepare(epoch: 4) }),
      ("commit-fails", "commit: epoch 4 is in the way", { try $0.commit(epoch: 4) }),
      (
        "far-row", "write reported row 1 of 1: bad rows go in ascending order, each once",
        { _ = try $0.write(batch, worker: 0, epoch: 4) }
      ),
    ] as [(String, String, (PluginSink) throws -> Void)] {
      let error = pluginError { try body(sink(what)) }
      XCTAssertEqual(error.text, "bad_sink: " + text)
    }
    XCTAssertEqual(
      pluginError { _ = try sink("", step: "other") }.text, "bad_sink: create: another step than the one that it is")
  }

  func testAFaultThatMayPass() throws {
    XCTAssertThrowsError(try sink("write-fails").write(OperatorBench.batch(["a"]), worker: 1, epoch: 4)) {
      XCTAssertEqual(($0 as? PluginError)?.errorClass, .retry)
      XCTAssertEqual("\($0)", "bad_sink: write: worker 1, epoch 4: the disk is full")
    }
  }
}
