import Foundation
import XCTest

/// Whatever bytes a file holds, reading it ends, without a trap, in a plan or in errors.
final class MutationTests: XCTestCase {
  func testMutatedFilesNeverTrap() throws {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["MILLRACE_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
    print("mutation test: MILLRACE_SEED=\(seed)")
    var random = SeededRandom(seed: seed)
    let originals = try Files.pipelines(in: "good").map(Files.bytes)
    var planned = 0
    var refused = 0
    for _ in 0..<3000 {
      guard var bytes = originals.randomElement(using: &random) else { return XCTFail("no good files") }
      for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, originals, &random) }
      let result = Files.plan(bytes)
      XCTAssertNotEqual(
        result.plan == nil, !result.diagnostics.contains { $0.severity == .error }, "seed \(seed): neither nor")
      if result.plan == nil { refused += 1 } else { planned += 1 }
    }
    XCTAssertGreaterThan(planned, 0, "seed \(seed): mutations break everything, so they reach nothing")
    XCTAssertGreaterThan(refused, 0, "seed \(seed)")
  }

  private func mutate(_ bytes: inout [UInt8], _ originals: [[UInt8]], _ random: inout SeededRandom) {
    guard !bytes.isEmpty else { return }
    let place = Int.random(in: 0..<bytes.count, using: &random)
    let end = min(bytes.count, place + Int.random(in: 1...24, using: &random))
    switch Int.random(in: 0..<6, using: &random) {
    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: Array(bytes[place..<end]), at: Int.random(in: 0...bytes.count, using: &random))
    case 4: bytes[place] = Array("{}[]:,-&*!|>'\"#%@?~ \n\t0".utf8).randomElement(using: &random) ?? 0
    default:
      guard let other = originals.randomElement(using: &random), !other.isEmpty else { return }
      let from = Int.random(in: 0..<other.count, using: &random)
      bytes.replaceSubrange(place..<end, with: other[from..<min(other.count, from + end - place)])
    }
  }
}
