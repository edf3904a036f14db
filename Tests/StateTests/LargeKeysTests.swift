import CMillrace
import Columnar
import State
import XCTest

/// Keys with much state each: memory holds few of them, whatever the number of slots there is room for.
final class LargeKeysTests: XCTestCase {
  private static let size = 50_000
  private static let keyCount = 2000
  private let cold = DictionaryColdStore()
  private let budget = MemoryBudget(limit: 32 << 20)

  private func state() throws -> KeyedState {
    var surroundings = KeyedState.Surroundings()
    surroundings.cold = cold
    surroundings.budget = budget
    surroundings.tracksChanges = false
    let descriptor = StateDescriptor(name: "value", kind: .bytes, type: .binary)
    return try KeyedState(descriptors: [descriptor], keyGroups: 8, surroundings: surroundings, now: { 0 })
  }

  private func fewSmallKeys() throws -> KeyedState {
    let state = try state()
    let cell = try XCTUnwrap(state.cells[0] as? BytesCell)
    for key in 0..<20 {
      let slot = try withUnsafeBytes(of: UInt32(key)) { try state.resolve(key: $0.bindMemory(to: UInt8.self)) }
      [UInt8](repeating: 1, count: 20).withUnsafeBufferPointer { cell.set(Int(slot), $0) }
      try state.endCallback()
    }
    return state
  }

  private func bytes(_ key: Int) -> [UInt8] { [UInt8](repeating: UInt8(key % 251), count: Self.size) }

  func testFewAreInMemoryAndGoOutInSmallPieces() throws {
    let state = try state()
    let cell = try XCTUnwrap(state.cells[0] as? BytesCell)
    for key in 0..<Self.keyCount {
      let slot = try withUnsafeBytes(of: UInt32(key)) { try state.resolve(key: $0.bindMemory(to: UInt8.self)) }
      bytes(key).withUnsafeBufferPointer { cell.set(Int(slot), $0) }
      try state.endCallback()
      // Five eighths of the budget, and what one eviction frees: a fifth of the room, but 1024 keys at least.
      XCTAssertLessThan(budget.used(.slots), 21 << 20)
    }
    XCTAssertEqual(state.keyCount, Self.keyCount)
    XCTAssertLessThan(cold.largestWrite, (1 << 20) + Self.size + 1000, "bytes at once")
    for key in stride(from: 0, to: Self.keyCount, by: 37) {
      let slot = try withUnsafeBytes(of: UInt32(key)) { try state.resolve(key: $0.bindMemory(to: UInt8.self)) }
      XCTAssertEqual(cell.bytes(Int(slot)).map { [UInt8]($0) }, bytes(key), "key \(key)")
      try state.endCallback()
    }
  }

  func testBatchesAreCutByWhatKeysTake() throws {
    let state = try state()
    XCTAssertEqual(state.keysAtOnce, 128, "before anything is known")
    let cell = try XCTUnwrap(state.cells[0] as? BytesCell)
    for key in 0..<1100 {
      let slot = try withUnsafeBytes(of: UInt32(key)) { try state.resolve(key: $0.bindMemory(to: UInt8.self)) }
      [UInt8](repeating: 1, count: 5000).withUnsafeBufferPointer { cell.set(Int(slot), $0) }
      try state.endCallback()
    }
    // A sixteenth of 20 MiB.
    XCTAssert((200...270).contains(state.keysAtOnce), "\(state.keysAtOnce)")
    XCTAssertGreaterThan(try fewSmallKeys().keysAtOnce, 4096, "batches of few small keys are not cut")
    let free = try KeyedState(descriptors: [], keyGroups: 8, now: { 0 })
    XCTAssertEqual(free.keysAtOnce, .max)
  }
}
