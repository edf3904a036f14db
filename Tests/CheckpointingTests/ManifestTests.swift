import Checkpointing
import XCTest

extension Manifest {
  /// A manifest with something in every list.
  static func sample(job: String = "fraud", epoch: UInt64 = 12, files: [StateFile] = []) -> Manifest {
    var manifest = Manifest(
      job: job, epoch: epoch, engineVersion: "0.1.0", createdAt_us: 1_790_000_000_000_000, guarantee: .exactlyOnce,
      commitPoint: .transaction, keyGroups: 128, parallelism: 2)
    manifest.plugins = [
      .init(step: "alerts", id: "acme.fraud", version: "1.2.3", sha256: SHA256.hex([1, 2]), fromEpoch: 3)
    ]
    manifest.steps = [
      .init(id: "alerts", states: [.init(name: "sums", kind: "value", schema: "struct<a: int64>", version: 1)])
    ]
    manifest.sources = [
      .init(step: "in", topic: "flüge/\"x\"", partition: 3, nextOffset: .max, watermark_us: .min)
    ]
    manifest.splits = [.init(step: "file", split: "a-1", next: 9_007_199_254_740_993, watermark_us: -5)]
    manifest.stateFiles = files
    return manifest
  }
}

final class ManifestTests: XCTestCase {
  func testReadsBackWhatItWrote() throws {
    let manifest = Manifest.sample(
      files: [
        .init(step: "alerts", worker: 1, kind: .own, name: "own-alerts-1", size: 7, sha256: SHA256.hex([])),
        .init(
          step: "alerts", worker: 1, kind: .run, name: "alerts-1.run", size: 7, sha256: SHA256.hex([]),
          keyGroups: .init(64..<128)),
      ])
    let bytes = try manifest.encoded()
    XCTAssertEqual(try Manifest(checking: bytes, path: "m"), manifest)
    XCTAssertEqual(try manifest.encoded(), bytes, "the digest must not depend on chance")
  }

  func testKnownDigests() {
    XCTAssertEqual(SHA256.hex([]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    XCTAssertEqual(
      SHA256.hex(Array("abc".utf8)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  func testEveryChangedByteIsNoticed() throws {
    let bytes = try Manifest.sample().encoded()
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x20
      XCTAssertThrowsError(try Manifest(checking: changed, path: "/x/m.json"), "byte \(index)") {
        XCTAssert("\($0)".contains("/x/m.json"))
      }
    }
    for length in 0..<bytes.count {
      XCTAssertThrowsError(try Manifest(checking: Array(bytes.prefix(length)), path: "m"), "cut at \(length)")
    }
    XCTAssertThrowsError(try Manifest(checking: bytes + [10], path: "m"))
  }

  /// A file whose checksum is right and whose content is not.
  private func sealed(_ body: String) -> [UInt8] {
    Array(
      #"{"format":"millrace.manifest/2","sha256":"\#(SHA256.hex(Array(body.utf8)))","manifest":\#(body)}"#.utf8) + [10]
  }

  func testBadContentIsAnError() throws {
    let nested = String(repeating: "[", count: 100_000)
    for body in ["", "null", "[]", "{}", "\u{0}", nested, #"{"job":7}"#, #"{"epoch":1e999}"#, "{\"job\":\"\\ud800\"}"] {
      XCTAssertThrowsError(try Manifest(checking: sealed(body), path: "m"), String(body.prefix(20)))
    }
    XCTAssertThrowsError(try Manifest(checking: sealed(#"{"job":"a"}"#), path: "m")) {
      XCTAssert("\($0)".contains("no "), "\($0)")
    }
  }

  func testImpossibleValuesAreErrors() throws {
    func assertFault(_ text: String, line: UInt = #line, _ change: (inout Manifest) -> Void) throws {
      var manifest = Manifest.sample(
        files: [
          .init(
            step: "a", worker: 0, kind: .run, name: "state", size: 1, sha256: SHA256.hex([]), keyGroups: .init(0..<128))
        ])
      change(&manifest)
      XCTAssertThrowsError(try Manifest(checking: manifest.encoded(), path: "m"), line: line) {
        XCTAssert("\($0)".contains(text), "\($0)", line: line)
      }
    }
    try assertFault("epoch 0") { $0.epoch = 0 }
    try assertFault("key_groups") { $0.keyGroups = 0 }
    try assertFault("parallelism") { $0.parallelism = -1 }
    for name in ["", "..", "../../etc/passwd", "a/b", "a\u{0}b", ".hidden", String(repeating: "x", count: 201)] {
      try assertFault("plain file name") { $0.stateFiles[0].name = name }
    }
    try assertFault("not a SHA-256") { $0.stateFiles[0].sha256 = "zz" }
    try assertFault("can't be") { $0.stateFiles[0].size = .max }
    try assertFault("negative") { $0.stateFiles[0].size = -1 }
    try assertFault("no key groups") { $0.stateFiles[0].keyGroups = nil }
    for (first, count) in [(-1, 2), (0, 0), (0, 129), (128, 1), (Int.max, 1), (1, Int.max)] {
      try assertFault("key groups") {
        $0.stateFiles[0].keyGroups?.first = first
        $0.stateFiles[0].keyGroups?.count = count
      }
    }
    try assertFault("twice") { $0.stateFiles.append($0.stateFiles[0]) }
  }
}
