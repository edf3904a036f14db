import CMillrace
import Columnar
import Foundation
import State

/// The engine's keyed state, driven through the C functions that plugins call, with the runs that checkpoints would
/// keep. What the state throws ends the test: only a failing disk makes it throw.
package final class EngineStateStore: StateStore {
  private let context: TaskContext
  private let state: KeyedState
  private let task: UnsafeMutablePointer<mill_task>
  private let states: [OpaquePointer]
  private let table = StateExtensions.keyedState.pointee
  private let timers = StateExtensions.timers.pointee
  private let recordSizes: [Int]
  private let clock: ManualClock
  private let keyGroupCount: Int
  /// Oldest first.
  private var runs: [(reader: RunReader, keyGroups: Range<Int>)] = []

  package init(
    _ descriptors: [StateDescriptor], keyGroups: Int, clock: ManualClock,
    surroundings: KeyedState.Surroundings = KeyedState.Surroundings()
  ) throws {
    self.clock = clock
    countsExactly = surroundings.cold == nil
    keyGroupCount = keyGroups
    var surroundings = surroundings
    var refusals = 0
    surroundings.onOverflow = { delta in
      refusals += 1
      return refusals.isMultiple(of: 3) ? nil : try! Self.run(of: delta)
    }
    state = try KeyedState(
      descriptors: descriptors, keyGroups: keyGroups, surroundings: surroundings, now: { clock.now_us })
    context = TaskContext(keyedState: state)
    task = .allocate(capacity: 1)
    task.initialize(to: mill_task())
    task.pointee.context = Unmanaged.passUnretained(context).toOpaque()
    recordSizes = try descriptors.map { $0.kind == .value ? try $0.valueSize() : 0 }
    states = descriptors.map { [task] descriptor in
      var found: OpaquePointer?
      var error = mill_error()
      precondition(StateExtensions.keyedState.pointee.state(task, descriptor.name, &found, &error) == MILL_OK)
      return found!
    }
  }

  deinit { task.deallocate() }

  package var keyCount: Int { state.keyCount }
  package let countsExactly: Bool

  package func resolve(_ keys: [[UInt8]]) -> [UInt32] {
    var bytes: [UInt8] = []
    var offsets: [UInt32] = [0]
    for key in keys {
      bytes += key
      offsets.append(UInt32(bytes.count))
    }
    bytes.append(0)  // so that there is an address even if all keys are empty
    let hashes = keys.map(hash(ofKey:))
    let width = Set(keys.map(\.count)).count == 1 ? keys[0].count : 0
    return [UInt32](unsafeUninitializedCapacity: keys.count) { slots, count in
      try! state.resolve(
        EncodedKeys(count: keys.count, bytes: bytes, offsets: offsets, hashes: hashes, fixedWidth: width),
        into: slots.baseAddress!)
      count = keys.count
    }
  }

  package func key(_ slot: UInt32) -> [UInt8]? { copy { table.key(task, slot, $0) } }
  package func endCallback() { try! state.endCallback() }
  package func expire(budget: Int) { try! state.expire(budget: budget) }

  package func value(_ index: Int, _ slot: UInt32) -> [UInt8]? {
    table.value(states[index], slot).map {
      [UInt8](UnsafeRawBufferPointer(start: $0, count: recordSizes[index]))
    }
  }

  package func updateValue(_ index: Int, _ slot: UInt32, _ change: (UnsafeMutableRawPointer) -> Void) {
    change(table.value_for_update(states[index], slot)!)
  }

  package func updateValues(_ index: Int, _ slots: [UInt32], _ change: (Int, UnsafeMutableRawPointer) -> Void) {
    var records = [UnsafeMutableRawPointer?](repeating: nil, count: slots.count)
    check(table.values_for_update(states[index], slots, UInt64(slots.count), &records))
    for (place, record) in records.enumerated() { change(place, record!) }
  }

  package func bytes(_ index: Int, _ slot: UInt32) -> [UInt8]? { copy { table.bytes(states[index], slot, $0) } }
  package func setBytes(_ index: Int, _ slot: UInt32, _ bytes: [UInt8]) {
    check(table.set_bytes(states[index], slot, bytes, UInt64(bytes.count)))
  }

  package func listCount(_ index: Int, _ slot: UInt32) -> Int { Int(table.list_count(states[index], slot)) }
  package func listItem(_ index: Int, _ slot: UInt32, _ item: Int) -> [UInt8]? {
    copy { table.list_item(states[index], slot, UInt64(item), $0) }
  }
  package func append(_ index: Int, _ slot: UInt32, _ item: [UInt8]) {
    check(table.list_append(states[index], slot, item, UInt64(item.count)))
  }

  package func mapValue(_ index: Int, _ slot: UInt32, _ key: [UInt8]) -> [UInt8]? {
    copy { table.map_value(states[index], slot, key, UInt64(key.count), $0) }
  }
  package func put(_ index: Int, _ slot: UInt32, _ key: [UInt8], _ value: [UInt8]) {
    check(table.map_put(states[index], slot, key, UInt64(key.count), value, UInt64(value.count)))
  }
  package func remove(_ index: Int, _ slot: UInt32, _ key: [UInt8]) {
    check(table.map_remove(states[index], slot, key, UInt64(key.count)))
  }
  package func nextEntry(_ index: Int, _ slot: UInt32, after: [UInt8]?) -> (key: [UInt8], value: [UInt8])? {
    var entry = mill_map_entry()
    entry.struct_size = UInt32(MemoryLayout<mill_map_entry>.size)
    let found =
      after.map { table.map_next(states[index], slot, $0, UInt64($0.count), &entry) }
      ?? table.map_next(states[index], slot, nil, 0, &entry)
    return found == 1 ? copy(entry) : nil
  }
  package func range(
    _ index: Int, _ slot: UInt32, from: [UInt8]?, to: [UInt8]?, limit: Int
  ) -> [(key: [UInt8], value: [UInt8])] {
    var entries = [mill_map_entry](repeating: mill_map_entry(), count: limit)
    entries[0].struct_size = UInt32(MemoryLayout<mill_map_entry>.size)
    // An array without bytes may have no address, but then it would be no bound.
    let (low, high) = (from.map { $0 + [0] }, to.map { $0 + [0] })
    let count = (low ?? []).withUnsafeBufferPointer { low in
      (high ?? []).withUnsafeBufferPointer { high in
        table.map_range(
          states[index], slot, from == nil ? nil : low.baseAddress, UInt64(from?.count ?? 0),
          to == nil ? nil : high.baseAddress, UInt64(to?.count ?? 0), &entries, UInt64(limit))
      }
    }
    return entries.prefix(Int(count)).map(copy)
  }
  private func copy(_ entry: mill_map_entry) -> (key: [UInt8], value: [UInt8]) {
    (
      [UInt8](UnsafeBufferPointer(start: entry.key, count: Int(entry.key_size))),
      [UInt8](UnsafeBufferPointer(start: entry.value, count: Int(entry.value_size)))
    )
  }
  package func clear(_ index: Int, _ slot: UInt32) { table.clear(states[index], slot) }

  package func setTimer(_ slot: UInt32, kind: UInt32, time_us: Int64) {
    var error = mill_error()
    check(timers.set(task, slot, kind, time_us, &error))
  }
  package func cancelTimer(_ slot: UInt32, kind: UInt32, time_us: Int64) {
    var error = mill_error()
    check(timers.cancel(task, slot, kind, time_us, &error))
  }
  package func popTimers(kind: UInt32, upTo time_us: Int64, limit: Int) -> [mill_timer] {
    var due: [mill_timer] = []
    try! state.popTimers(kind: kind, upTo: time_us, limit: limit, into: &due)
    return due
  }

  // MARK: - Checkpoints

  /// Writes the changes as a run; gives all runs merged into one.
  package func snapshot() -> [UInt8] {
    let delta = state.takeChanges()
    for run in delta.overflow { runs.append((run as! RunReader, 0..<keyGroupCount)) }
    runs.append((try! Self.run(of: delta), 0..<keyGroupCount))
    return try! bytes { writer in
      var merger = merger()
      while let entry = try merger.next() { try writer.add(entry) }
    }
  }

  package func restore(_ bytes: [UInt8], keyGroups: Range<Int>) throws {
    let reader = try Self.reader(of: bytes)
    var merger = RunMerger(
      [reader.entries(keyGroups: keyGroups, keyGroupCount: keyGroupCount)], droppingAt_us: clock.now_us)
    try state.restore(count: reader.entryCount) { try merger.next() }
    runs.append((reader, keyGroups))
  }

  package func compact(from first: Int, count: Int) {
    let first = min(first, runs.count)
    let range = first..<min(first + count, runs.count)
    guard range.count > 1 else { return }
    let cursors = runs[range].reversed().map {
      $0.reader.entries(keyGroups: $0.keyGroups, keyGroupCount: keyGroupCount)
    }
    var merger = RunMerger(cursors, droppingAt_us: range.lowerBound == 0 ? clock.now_us : nil)
    let merged = try! reader { writer in while let entry = try merger.next() { try writer.add(entry) } }
    runs.replaceSubrange(range, with: [(merged, 0..<keyGroupCount)])
  }

  private static func run(of delta: KeyedDelta) throws -> RunReader {
    var bytes: [UInt8] = []
    var writer = RunWriter { bytes += $0 }
    try delta.forEachSorted { try writer.add($0) }
    _ = try writer.finish()
    return try reader(of: bytes)
  }

  private func merger() -> RunMerger {
    let cursors = runs.reversed().map { $0.reader.entries(keyGroups: $0.keyGroups, keyGroupCount: keyGroupCount) }
    return RunMerger(cursors, droppingAt_us: clock.now_us)
  }

  private func bytes(_ fill: (inout RunWriter) throws -> Void) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var writer = RunWriter { bytes += $0 }
    try fill(&writer)
    _ = try writer.finish()
    return bytes
  }

  private func reader(_ fill: (inout RunWriter) throws -> Void) throws -> RunReader {
    try Self.reader(of: bytes(fill))
  }

  /// The run in `bytes`. The file has no name any more when this returns.
  private static func reader(of bytes: [UInt8]) throws -> RunReader {
    let path = NSTemporaryDirectory() + "millrace-run-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return try RunReader(path: path)
  }

  private func check(_ status: Int32) { precondition(status == MILL_OK, "the store refused a correct call") }

  private func copy(_ get: (UnsafeMutablePointer<UInt64>) -> UnsafePointer<UInt8>?) -> [UInt8]? {
    var size: UInt64 = 0
    return get(&size).map { [UInt8](UnsafeBufferPointer(start: $0, count: Int(size))) }
  }
}
