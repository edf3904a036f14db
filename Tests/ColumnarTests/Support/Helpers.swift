import CMillrace
import Foundation
import XCTest

@testable import Columnar

/// The test's random numbers, their seed printed.
func seededRandom(_ test: String) -> SeededRandom {
  let given = ProcessInfo.processInfo.environment["MILLRACE_SEED"].flatMap(UInt64.init)
  let seed = given ?? UInt64.random(in: 0...UInt64.max)
  print("\(test): MILLRACE_SEED=\(seed)")
  return SeededRandom(seed: seed)
}

/// The text of what `body` throws.
func thrownText(_ body: () throws -> Void, file: StaticString = #filePath, line: UInt = #line) -> String {
  do {
    try body()
    XCTFail("nothing was thrown", file: file, line: line)
    return ""
  } catch { return "\(error)" }
}

extension RecordBatch {
  /// The rows at `rows`.
  func taking(_ rows: [UInt32], _ schema: Schema) -> RecordBatch {
    rows.withUnsafeBufferPointer { take(self, schema: schema, indices: $0) }
  }
}
