import Foundation
import Pipeline

/// Files of this directory.
enum Files {
  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  /// The pipeline files in `folder`, by name.
  static func pipelines(in folder: String) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: directory.appendingPathComponent(folder), includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
  }

  static func bytes(_ file: URL) throws -> [UInt8] { Array(try Data(contentsOf: file)) }

  /// The plan of bytes that lie at /etc/pipelines/pipeline.yaml.
  static func plan(_ bytes: [UInt8], catalog: any Catalog = FakeCatalog()) -> PlanResult {
    PipelineDocument(bytes: bytes, file: "pipeline.yaml", directory: "/etc/pipelines").plan(catalog: catalog)
  }

  static func plan(_ text: String) -> PlanResult { plan(Array(text.utf8)) }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
