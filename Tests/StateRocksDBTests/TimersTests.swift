import Foundation
import MillraceTesting
import State
import StateRocksDB
import XCTest

final class TimersTests: StoreTestCase {
  private struct Timer: Hashable {
    var kind: UInt32
    var time_us: Int64
    var key: [UInt8]

    func precedes(_ other: Timer) -> Bool {
      (kind, time_us) != (other.kind, other.time_us)
        ? (kind, time_us) < (other.kind, other.time_us)
        : Entry(key: key, record: nil).precedes(Entry(key: other.key, record: nil))
    }
  }

  private func write(_ timers: some Collection<Timer>, to store: RocksColdStore) throws {
    let sorted = timers.sorted { $0.precedes($1) }
    try withRunKeys(sorted.map { Entry(key: $0.key, record: nil) }) { keys in
      var index = -1
      try store.writeTimers {
        index += 1
        return index == sorted.count
          ? nil : ColdTimer(kind: sorted[index].kind, time_us: sorted[index].time_us, key: keys[index])
      }
    }
  }

  private func take(_ store: RocksColdStore, kind: UInt32, upTo time_us: Int64, limit: Int) throws -> [Timer] {
    var taken: [Timer] = []
    try store.takeTimers(kind: kind, upTo: time_us, limit: limit) { timer in
      XCTAssertEqual(timer.key.hash, Entry(key: [UInt8](timer.key.bytes), record: nil).hash)
      taken.append(Timer(kind: timer.kind, time_us: timer.time_us, key: [UInt8](timer.key.bytes)))
    }
    return taken
  }

  func testRandomOperations() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("TimersTests: seed \(seed)")
    var random = SimulationRandom(seed: seed)
    let store = try store()
    var model: Set<Timer> = []
    for step in 0..<1500 {
      let message = "seed \(seed), step \(step)"
      // Mostly later than what was taken; at times among it.
      let base = random.once(in: 8) ? -1000 : Int64(step) * 10
      let batch = (0..<random.below(200)).map { _ in
        Timer(
          kind: UInt32(random.below(2)), time_us: base + Int64(random.below(300)), key: [UInt8(random.below(40))])
      }
      try write(Set(batch), to: store)
      model.formUnion(batch)
      let kind = UInt32(random.below(2))
      let end = Int64(step) * 10 + Int64(random.below(100))
      let limit = 1 + random.below(random.once(in: 20) ? 20_000 : 150)
      let expected = due(model, kind, end, limit)
      XCTAssertLessThanOrEqual(store.firstTimer(kind: kind) ?? .max, expected.first?.time_us ?? .max, message)
      XCTAssertEqual(try take(store, kind: kind, upTo: end, limit: limit), expected, message)
      model.subtract(expected)
    }
    XCTAssertGreaterThan(model.count, 0)
    try takeAll(store, &model)
  }

  private func due(_ model: Set<Timer>, _ kind: UInt32, _ end: Int64, _ limit: Int) -> [Timer] {
    Array(model.filter { $0.kind == kind && $0.time_us <= end }.sorted { $0.precedes($1) }.prefix(limit))
  }

  private func takeAll(_ store: RocksColdStore, _ model: inout Set<Timer>) throws {
    for kind in 0...1 as ClosedRange<UInt32> {
      let rest = model.filter { $0.kind == kind }.sorted { $0.precedes($1) }
      XCTAssertEqual(try take(store, kind: kind, upTo: .max, limit: .max), rest)
      XCTAssertNil(store.firstTimer(kind: kind))
      XCTAssertEqual(try take(store, kind: kind, upTo: .max, limit: .max), [])
    }
  }

  func testTimesOfAnySize() throws {
    let store = try store()
    let times: [Int64] = [.min, -1, 0, 1, 1 << 40, .max]
    try write(times.map { Timer(kind: 0, time_us: $0, key: []) }, to: store)
    XCTAssertEqual(store.firstTimer(kind: 0), .min)
    XCTAssertNil(store.firstTimer(kind: 1))
    XCTAssertEqual(try take(store, kind: 0, upTo: 0, limit: 100).map(\.time_us), [.min, -1, 0])
    XCTAssertEqual(store.firstTimer(kind: 0), 1)
    XCTAssertEqual(try take(store, kind: 0, upTo: .max, limit: 1).map(\.time_us), [1])
    XCTAssertEqual(try take(store, kind: 0, upTo: .max, limit: 100).map(\.time_us), [1 << 40, .max])
  }

  func testNothingIsTakenBeforeItsTime() throws {
    let store = try store()
    try write([Timer(kind: 1, time_us: 50, key: [1])], to: store)
    XCTAssertEqual(try take(store, kind: 1, upTo: 49, limit: 10), [])
    XCTAssertEqual(try take(store, kind: 0, upTo: 100, limit: 10), [])
    XCTAssertEqual(store.firstTimer(kind: 1), 50)
  }

  /// What was taken does not fill the disk, nor is it gone through again.
  func testTakenTimersLeaveTheDisk() throws {
    let store = try store()
    for round in 0..<300 {
      try write(
        (0..<1000).map { Timer(kind: 0, time_us: Int64(round * 1000 + $0), key: [UInt8](repeating: 7, count: 40)) },
        to: store)
      XCTAssertEqual(try take(store, kind: 0, upTo: .max, limit: .max).count, 1000)
    }
    let files = try FileManager.default.subpathsOfDirectory(atPath: directory).filter { $0.hasSuffix(".sst") }
    let size = files.reduce(0) { sum, file in
      // A merge in the background may have deleted it since: then it takes nothing.
      let attributes = try? FileManager.default.attributesOfItem(atPath: directory + "/" + file)
      return sum + (attributes?[.size] as? Int ?? 0)
    }
    XCTAssertLessThan(size, 10 << 20, "\(files.count) files; 20 MB were written")
  }
}
