import Checkpointing
import Foundation
import Synchronization
import XCTest

/// Cuts the store's work off before each change it makes to the file system, and looks at what a restart finds.
final class StoreKillTests: XCTestCase {
  private struct Killed: Error {}

  /// Runs `work` again and again on a store as `prepare` leaves it, killed before change 0, 1, 2, … until it gets
  /// through; after each, `check` gets a store opened anew. Gives the number of kills.
  private func killEverywhere(
    prepare: (CheckpointStore) throws -> Void, work: (CheckpointStore) throws -> Void,
    check: (CheckpointStore, _ done: Bool) throws -> Void
  ) throws -> Int {
    for limit in 0..<1000 {
      let directory = try TemporaryDirectory()
      let location = "file://\(directory.path)"
      try prepare(try CheckpointStore(location: location, job: "j"))
      let changes = Counter()
      let files = Files(beforeChange: { _ in if changes.next() >= limit { throw Killed() } })
      var done = false
      do {
        try work(try CheckpointStore(location: location, job: "j", files: files))
        done = true
      } catch is Killed {}
      try check(try CheckpointStore(location: location, job: "j"), done)
      if done { return limit }
    }
    XCTFail("never got through")
    return 0
  }

  private final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> Int {
      value.withLock {
        $0 += 1
        return $0 - 1
      }
    }
  }

  private func put(_ store: CheckpointStore, _ epoch: UInt64, marked: Bool) throws {
    try store.startEpoch(epoch)
    var files: [Manifest.StateFile] = []
    for worker in 0..<2 {
      let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: epoch), count: 100)
      try bytes.withUnsafeBytes {
        files.append(
          try store.writeOwn($0, epoch: epoch, step: "s", worker: worker, name: "own-s-\(worker)"))
      }
      files.append(try store.putRun("run-\(epoch)-\(worker)"))
    }
    _ = try store.writeManifest(.sample(job: "j", epoch: epoch, files: files))
    if marked { try store.markCommitted(epoch) }
  }

  private func isIntact(_ found: FoundCheckpoint) -> Bool {
    if case .intact = found.condition { return true }
    return false
  }

  func testWriting() throws {
    let kills = try killEverywhere(
      prepare: { store in
        try self.put(store, 1, marked: true)
        try self.put(store, 2, marked: false)  // a leftover that epoch 2 replaces
      },
      work: { try self.put($0, 2, marked: true) },
      check: { store, done in
        let list = try store.list()
        XCTAssert(list.first.map { $0.epoch == 1 && $0.isMarked && self.isIntact($0) } ?? false)
        XCTAssert(list.dropFirst().allSatisfy { $0.condition == .unfinished || self.isIntact($0) }, "\(list)")
        if done { XCTAssert(list.last?.isMarked == true && list.count == 2) }
        try self.put(store, 3, marked: true)
        try store.startEpoch(4)
      })
    XCTAssertGreaterThan(kills, 8)
  }

  func testDropping() throws {
    let kills = try killEverywhere(
      prepare: { store in for epoch: UInt64 in 1...4 { try self.put(store, epoch, marked: true) } },
      work: { try $0.dropBefore(4, keeping: 2) },
      check: { store, done in
        let list = try store.list()
        XCTAssert(list.allSatisfy(self.isIntact), "\(list)")
        XCTAssertEqual(list.suffix(2).map(\.epoch), [3, 4])
        try store.dropBefore(4, keeping: 2)
        XCTAssertEqual(try store.epochs(), [3, 4])
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: store.directory).count, 3, "trash is left")
      })
    XCTAssertGreaterThan(kills, 8)
  }

  func testRemovingRuns() throws {
    let kills = try killEverywhere(
      prepare: { store in
        for epoch: UInt64 in 1...4 { try self.put(store, epoch, marked: true) }
        try store.dropBefore(4, keeping: 2)
        for number in 0..<4 { try store.putRun("of-nobody-\(number)") }
      },
      work: { try $0.removeUnlistedRuns() },
      check: { store, done in
        XCTAssert(try store.list().allSatisfy(self.isIntact))
        try store.removeUnlistedRuns()
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: store.runDirectory).count, 4)
      })
    XCTAssertGreaterThan(kills, 7)
  }

  func testDiscarding() throws {
    let kills = try killEverywhere(
      prepare: { store in for epoch: UInt64 in 1...4 { try self.put(store, epoch, marked: epoch < 3) } },
      work: { try $0.discardAfter(1) },
      check: { store, done in
        XCTAssert(try store.list().allSatisfy(self.isIntact))
        try store.discardAfter(1)
        XCTAssertEqual(try store.epochs(), [1])
      })
    XCTAssertGreaterThan(kills, 8)
  }
}
