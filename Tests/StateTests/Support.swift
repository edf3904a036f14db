import Foundation

/// The seed of random tests: MILLRACE_SEED, or a new one; printed, so that a failure can be repeated.
func testSeed() -> UInt64 {
  let given = ProcessInfo.processInfo.environment["MILLRACE_SEED"].flatMap { UInt64($0) }
  let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
  print("MILLRACE_SEED=\(seed)")
  return seed
}
