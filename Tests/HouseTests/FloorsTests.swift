import Foundation
import XCTest

/// Imports run down only, and only its adapter imports a C library.
final class FloorsTests: XCTestCase {
  /// What each module may import, besides the system's own modules.
  private static let floors: [String: Set<String>] = [
    "Columnar": ["CMillrace"],
    "Dataflow": ["Columnar", "CMillrace"],
    "State": ["Columnar", "CMillrace"],
    "StateRocksDB": ["State", "CRocksDB"],
    "Checkpointing": ["CCrypto"],
    "PluginHost": ["Columnar", "Dataflow", "State", "CMillrace", "CCrypto"],
    "Kafka": ["Checkpointing", "CMillrace", "CRdKafka"],
    "SchemaRegistry": ["CCurl"],
    "Pipeline": ["Columnar", "CYaml"],
    "Engine": [
      "Columnar", "Dataflow", "State", "StateRocksDB", "Checkpointing", "PluginHost", "Kafka", "SchemaRegistry",
      "Pipeline",
      "CMillrace", "CMalloc",
    ],
    "MillraceTesting": ["Columnar", "State", "Checkpointing", "CMillrace"],
    "millrace": ["Engine", "Pipeline", "PluginHost"],
  ]
  private static let system: Set<String> = [
    "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Dispatch", "Swift",
  ]

  func testImportsRunDownOnly() throws {
    var seen: Set<String> = []
    for (module, file, line, name) in try imports() {
      seen.insert(module)
      guard let allowed = Self.floors[module] else {
        XCTFail("\(file): module \(module) has no floor; give it one here and in docs/architecture.md")
        continue
      }
      XCTAssert(
        allowed.contains(name) || Self.system.contains(name),
        "\(file):\(line): \(module) imports \(name), which is not below it")
    }
    XCTAssertEqual(seen.subtracting(Self.floors.keys), [])
    XCTAssertGreaterThan(seen.count, 8, "found too few modules to mean anything")
  }

  func testDataPathKeepsOutOfFoundation() throws {
    for (module, file, line, name) in try imports()
    where ["Columnar", "Dataflow", "State", "StateRocksDB"].contains(module) {
      XCTAssertFalse(name.hasPrefix("Foundation"), "\(file):\(line): the data path does without Foundation")
    }
  }

  private func imports() throws -> [(module: String, file: String, line: Int, name: String)] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources")
    var found: [(String, String, Int, String)] = []
    for case let path as String in FileManager.default.enumerator(atPath: root.path) ?? .init()
    where path.hasSuffix(".swift") {
      let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        let words = line.split(separator: " ")
        guard let at = words.firstIndex(of: "import"), at <= 1, words.count > at + 1 else { continue }
        guard at == 0 || words[0].hasPrefix("@") || ["package", "public"].contains(words[0]) else { continue }
        found.append((String(path.prefix { $0 != "/" }), path, number + 1, String(words[at + 1])))
      }
    }
    return found
  }
}
