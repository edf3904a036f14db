import Columnar
import Glibc
import MillraceTesting
import XCTest

@testable import State

/// States of bytes, lists and maps: what they allocate, and calls with pieces of themselves.
final class CellTests: XCTestCase {
  private typealias Bytes = UnsafeBufferPointer<UInt8>
  private var state: KeyedState!
  private var clock_us: Int64 = 0

  private func make(_ kind: StateKind, timeToLive: TimeToLive? = nil) throws -> Cell {
    let descriptor = StateDescriptor(
      name: "state", kind: kind, type: .binary, mapKeyType: kind == .map ? .binary : nil, timeToLive: timeToLive)
    state = try KeyedState(descriptors: [descriptor], keyGroups: 8, now: { [unowned self] in clock_us })
    for key: UInt8 in 0..<40 { [key].withUnsafeBufferPointer { _ = try! state.resolve(key: $0) } }
    return state.cells[0]
  }

  private func array(_ bytes: Bytes?) -> [UInt8]? { bytes.map { [UInt8]($0) } }

  /// Runs random operations: what the cell says that it has allocated must be in proportion to `content`, the bytes in
  /// it, and go back to what one chunk of slots takes.
  private func checkMemory(
    of cell: Cell, _ own: () -> Int, content: () -> Int,
    _ change: (inout SimulationRandom, _ slot: Int) -> Void
  ) {
    var random = SimulationRandom(seed: testSeed())
    let empty = own()
    for round in 0..<20_000 {
      let slot = random.below(40)
      if random.once(in: 50) { cell.clear(slot) } else { change(&random, slot) }
      guard round % 1000 == 999 else { continue }
      XCTAssertGreaterThan(own() - empty - 1 << 15, content())
      XCTAssertLessThan(own() - empty - 1 << 15, content() * 5 / 2 + 40 * 100)
    }
    for slot in 0..<40 { cell.clear(slot) }
    XCTAssertEqual(own() - empty, 1 << 15)
  }

  func testSizesOfMalloc() throws {
    typealias UsableSize = @convention(c) (UnsafeMutableRawPointer) -> Int
    let usableSize = unsafeBitCast(try XCTUnwrap(dlsym(nil, "malloc_usable_size")), to: UsableSize.self)
    let probe = allocate(1)
    defer { free(probe) }
    if usableSize(probe) == 1 { return }  // a sanitizer's malloc
    for size in Array(0..<3000) + [100_000] {
      let memory = allocate(size)
      let more = usableSize(memory) + 8 - allocatedBytes(size)
      XCTAssertTrue(more == 0 || more == 16, "\(size)")  // 16: too little for another allocation was left beside it
      free(memory)
      XCTAssertGreaterThanOrEqual(roundedSize(size), size)
      XCTAssertEqual(allocatedBytes(roundedSize(size)), allocatedBytes(size))
    }
  }

  private func withRandomBytes<Result>(
    _ random: inout SimulationRandom, _ body: (Bytes) -> Result
  ) -> Result {
    let size = random.once(in: 20) ? random.below(5000) : random.below(12)
    return [UInt8](repeating: UInt8(random.below(256)), count: size).withUnsafeBufferPointer(body)
  }

  func testMemoryOfBytes() throws {
    let cell = try XCTUnwrap(make(.bytes) as? BytesCell)
    checkMemory(
      of: cell, { cell.memoryUse }, content: { (0..<40).reduce(0) { $0 + (cell.bytes($1)?.count ?? 0) } }
    ) { random, slot in withRandomBytes(&random) { cell.set(slot, $0) } }
  }

  func testMemoryOfLists() throws {
    let cell = try XCTUnwrap(make(.list) as? ListCell)
    func content(_ slot: Int) -> Int { (0..<cell.count(slot)).reduce(0) { $0 + 4 + (cell.item(slot, $1)?.count ?? 0) } }
    checkMemory(of: cell, { cell.memoryUse }, content: { (0..<40).reduce(0) { $0 + content($1) } }) { random, slot in
      withRandomBytes(&random) { _ = cell.append(slot, $0) }
    }
  }

  func testMemoryOfMaps() throws {
    let cell = try XCTUnwrap(make(.map) as? MapCell)
    func content(_ slot: Int) -> Int {
      var sum = 0
      cell.forEach(slot, from: nil, to: nil) { key, value in
        sum += 6 + key.count + value.count
        return true
      }
      return sum
    }
    checkMemory(of: cell, { cell.memoryUse }, content: { (0..<40).reduce(0) { $0 + content($1) } }) { random, slot in
      let slot = slot < 4 ? 0 : slot  // one is large
      let number = UInt16(random.below(3000))
      withUnsafeBytes(of: number) { key in
        let key = key.bindMemory(to: UInt8.self)
        if random.once(in: 3) { return cell.remove(slot, key) }
        withRandomBytes(&random) { _ = cell.put(slot, key, $0) }
      }
    }
  }

  func testStatesWithoutContentTakeNothing() throws {
    let cells = try [StateKind.bytes, .list, .map].map { try make($0) }
    for cell in cells { cell.grow(to: 1 << 24) }
    XCTAssertLessThan((cells[0] as? BytesCell)?.memoryUse ?? .max, 1 << 16)
    XCTAssertLessThan((cells[1] as? ListCell)?.memoryUse ?? .max, 1 << 16)
    XCTAssertLessThan((cells[2] as? MapCell)?.memoryUse ?? .max, 1 << 16)
  }

  // MARK: - Pieces of itself

  func testBytesOfItself() throws {
    let cell = try XCTUnwrap(make(.bytes) as? BytesCell)
    let run = [UInt8](0..<100)
    for piece in [0..<100, 50..<100, 2..<98, 40..<41, 7..<7] {
      run.withUnsafeBufferPointer { cell.set(1, $0) }
      let own = try XCTUnwrap(cell.bytes(1))
      cell.set(1, Bytes(rebasing: own[piece]))
      XCTAssertEqual(array(cell.bytes(1)), Array(run[piece]))
    }
  }

  func testItemsOfItself() throws {
    let cell = try XCTUnwrap(make(.list) as? ListCell)
    var items: [[UInt8]] = [[1, 2, 3, 4]]
    items[0].withUnsafeBufferPointer { _ = cell.append(1, $0) }
    for round in 0..<300 {
      let item = try XCTUnwrap(cell.item(1, round / 2))
      let piece = (round % 3 == 0 ? min(1, item.count) : 0)..<item.count
      items.append(Array(item[piece]))
      cell.append(1, Bytes(rebasing: item[piece]))
    }
    XCTAssertEqual((0..<cell.count(1)).map { array(cell.item(1, $0)) }, items)
  }

  func testEntriesOfItself() throws {
    let cell = try XCTUnwrap(make(.map) as? MapCell)
    var model: [[UInt8]: [UInt8]] = [:]
    func put(_ key: Bytes, _ value: Bytes) {
      model[[UInt8](key)] = [UInt8](value)
      cell.put(1, key, value)
    }
    var random = SimulationRandom(seed: testSeed())
    for number in 0..<200 {
      withUnsafeBytes(of: UInt32(number)) {
        let own = $0.bindMemory(to: UInt8.self); put(own, own)
      }
    }
    for _ in 0..<5000 {
      withUnsafeBytes(of: UInt32(random.below(200))) { number in
        guard let (key, value) = cell.next(1, after: number.bindMemory(to: UInt8.self)) else { return }
        switch random.below(4) {
        case 0: put(value, key)
        case 1: put(key, Bytes(rebasing: value[(value.count / 2)...]))
        case 2 where value.count < 100:
          put(Bytes(rebasing: value.prefix(9)), Bytes(start: key.baseAddress, count: key.count + value.count))
        default:
          model[[UInt8](key)] = nil
          cell.remove(1, key)
        }
      }
    }
    var found: [[UInt8]: [UInt8]] = [:]
    cell.forEach(1, from: nil, to: nil) { key, value in
      found[[UInt8](key)] = [UInt8](value)
      return true
    }
    XCTAssertEqual(found, model)
  }

  // MARK: - Times and damaged bytes

  func testRemovalFromNothingStartsNoTime() throws {
    let cell = try XCTUnwrap(
      make(.map, timeToLive: TimeToLive(duration_us: 10, renewsOnRead: false)) as? MapCell)
    let key = [UInt8(1)]
    key.withUnsafeBufferPointer { cell.remove(1, $0) }
    XCTAssertEqual(cell.deadline(1), .max)
    key.withUnsafeBufferPointer { _ = cell.put(1, $0, $0) }
    clock_us = 10
    key.withUnsafeBufferPointer { cell.remove(1, $0) }
    XCTAssertFalse(cell.has(1))
  }

  /// Content of every length that says it is longer, and content with random bytes.
  func testContentThatIsNone() throws {
    var random = SimulationRandom(seed: testSeed())
    for kind in [StateKind.bytes, .list, .map] {
      let cell = try make(kind)
      for round in 0..<20_000 {
        let huge: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
        var bytes = (0..<random.below(40)).map { _ in UInt8(random.below(random.once(in: 9) ? 256 : 4)) }
        if round % 2 == 0 { bytes.insert(contentsOf: huge, at: random.below(bytes.count + 1)) }
        bytes.withUnsafeBytes { bytes in
          var reader = SnapshotReader(bytes)
          if !cell.read(1, from: &reader) { cell.clear(1) }
        }
      }
      XCTAssertLessThan(cell.slotLimit, 1 << 20)
    }
  }
}
