import CMillrace
import Columnar

/// What a `mill_task.context` points to: the host's side of an operator instance.
open class TaskContext {
  /// The instance's keyed state; nil for an operator without.
  package private(set) var keyedState: KeyedState?

  package init(keyedState: KeyedState?) { self.keyedState = keyedState }

  /// The context behind a task that the host gave out.
  package static func of(_ task: UnsafeMutablePointer<mill_task>) -> TaskContext? {
    task.pointee.context.map { Unmanaged<TaskContext>.fromOpaque($0).takeUnretainedValue() }
  }
}

/// The C functions of "mill.keyed_state/1" and "mill.timers/1" over `KeyedState`.
package enum StateExtensions {
  /// What `get_extension(MILL_KEYED_STATE)` gives.
  nonisolated(unsafe) package static let keyedState: UnsafePointer<mill_keyed_state> = {
    let table = UnsafeMutablePointer<mill_keyed_state>.allocate(capacity: 1)
    table.initialize(
      to: mill_keyed_state(
        struct_size: UInt32(MemoryLayout<mill_keyed_state>.size), reserved: 0, state: findState, key: keyOfSlot,
        value: readValue, value_for_update: writeValue, bytes: readBytes, set_bytes: writeBytes,
        list_count: countList, list_item: readListItem, list_append: appendToList, map_value: readMapValue,
        map_put: putIntoMap, map_remove: removeFromMap, map_next: nextOfMap, clear: clearState,
        values_for_update: writeValues, map_range: rangeOfMap))
    return UnsafePointer(table)
  }()

  /// What `get_extension(MILL_TIMERS)` gives.
  nonisolated(unsafe) package static let timers: UnsafePointer<mill_timers> = {
    let table = UnsafeMutablePointer<mill_timers>.allocate(capacity: 1)
    table.initialize(
      to: mill_timers(
        struct_size: UInt32(MemoryLayout<mill_timers>.size), reserved: 0, set: setTimer, cancel: cancelTimer))
    return UnsafePointer(table)
  }()
}

/// Writes `message` into a plugin's error.
package func fill(_ error: UnsafeMutablePointer<mill_error>?, _ message: String, class errorClass: Int32 = 3) {
  guard let error else { return }
  error.pointee.code = 0
  error.pointee.error_class = errorClass
  withUnsafeMutableBytes(of: &error.pointee.message) { target in
    let bytes = Array(message.utf8.prefix(target.count - 1))
    target.copyBytes(from: bytes)
    target[bytes.count] = 0
  }
}

/// The cell behind a `mill_state` if it is of this kind and has room for `slot`. The kind is told by the class: a
/// checked cast would cost more than all the rest.
@inline(__always)
private func cell<Kind: Cell>(_ state: OpaquePointer?, _ kind: Kind.Type, _ slot: UInt32) -> Kind? {
  guard let state else { return nil }
  let cell = Unmanaged<Cell>.fromOpaque(UnsafeRawPointer(state))._withUnsafeGuaranteedRef { $0 }
  guard type(of: cell) == Kind.self, Int(slot) < cell.slotLimit else { return nil }
  return unsafeDowncast(cell, to: Kind.self)
}

private func span(_ bytes: UnsafePointer<UInt8>?, _ size: UInt64) -> UnsafeBufferPointer<UInt8>? {
  guard size <= 1 << 30, bytes != nil || size == 0 else { return nil }
  return UnsafeBufferPointer(start: bytes, count: Int(size))
}

private func give(_ bytes: UnsafeBufferPointer<UInt8>?, _ size: UnsafeMutablePointer<UInt64>?) -> UnsafePointer<UInt8>?
{
  size?.pointee = UInt64(bytes?.count ?? 0)
  return bytes?.baseAddress
}

private func findState(
  _ task: UnsafeMutablePointer<mill_task>?, _ name: UnsafePointer<CChar>?,
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<mill_error>?
) -> Int32 {
  guard let task, let name, let out else { return Int32(MILL_FAILED) }
  let wanted = String(cString: name)
  guard let cell = TaskContext.of(task)?.keyedState?.cell(named: wanted) else {
    fill(error, "no state \"\(wanted)\" is declared in the operator's descriptor")
    return Int32(MILL_FAILED)
  }
  out.pointee = OpaquePointer(Unmanaged<Cell>.passUnretained(cell).toOpaque())
  return Int32(MILL_OK)
}

private func keyOfSlot(
  _ task: UnsafeMutablePointer<mill_task>?, _ slot: UInt32, _ size: UnsafeMutablePointer<UInt64>?
) -> UnsafePointer<UInt8>? {
  guard let task, let state = TaskContext.of(task)?.keyedState else { return give(nil, size) }
  return give(state.withKey(slot: slot) { $0 }, size)
}

// The three functions that plugins call for every row keep to `records`: no reference is counted, nothing checked twice.
private func readValue(_ state: OpaquePointer?, _ slot: UInt32) -> UnsafeRawPointer? {
  withRecords(state) { records, hasTimeToLive in
    guard Int(slot) < records.pointee.slotLimit else { return nil }
    if hasTimeToLive { return UnsafeRawPointer(cell(state, ValueCell.self, slot)?.value(Int(slot))) }
    return records.pointee.has(Int(slot)) ? UnsafeRawPointer(records.pointee.address(Int(slot))) : nil
  } ?? nil
}

private func writeValue(_ state: OpaquePointer?, _ slot: UInt32) -> UnsafeMutableRawPointer? {
  withRecords(state) { records, hasTimeToLive in
    guard Int(slot) < records.pointee.slotLimit else { return nil }
    if hasTimeToLive { return cell(state, ValueCell.self, slot)?.valueForUpdate(Int(slot)) }
    return records.pointee.update(Int(slot))
  } ?? nil
}

private func writeValues(
  _ state: OpaquePointer?, _ slots: UnsafePointer<UInt32>?, _ count: UInt64,
  _ out: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  if count == 0 { return Int32(MILL_OK) }
  guard let slots, let out, count <= 1 << 32 else { return Int32(MILL_FAILED) }
  let isDone = withRecords(state) { records, hasTimeToLive in
    var greatest: UInt32 = 0
    for index in 0..<Int(count) { greatest = max(greatest, slots[index]) }
    guard Int(greatest) < records.pointee.slotLimit else { return false }
    if hasTimeToLive {
      for index in 0..<Int(count) { out[index] = writeValue(state, slots[index]) }
    } else {
      let records = records.pointee
      for index in 0..<Int(count) { out[index] = records.update(Int(slots[index])) }
    }
    return true
  }
  return Int32(isDone == true ? MILL_OK : MILL_FAILED)
}

/// Calls `body` with the records of a VALUE state; nil for another kind.
@inline(__always)
private func withRecords<Result>(
  _ state: OpaquePointer?, _ body: (_ records: UnsafeMutablePointer<Records>, _ hasTimeToLive: Bool) -> Result
) -> Result? {
  guard let state else { return nil }
  return Unmanaged<Cell>.fromOpaque(UnsafeRawPointer(state))._withUnsafeGuaranteedRef { cell in
    cell.records.map { body($0, cell.hasTimeToLive) }
  }
}

private func readBytes(
  _ state: OpaquePointer?, _ slot: UInt32, _ size: UnsafeMutablePointer<UInt64>?
) -> UnsafePointer<UInt8>? { give(cell(state, BytesCell.self, slot)?.bytes(Int(slot)), size) }

private func writeBytes(_ state: OpaquePointer?, _ slot: UInt32, _ bytes: UnsafePointer<UInt8>?, _ size: UInt64)
  -> Int32
{
  guard let cell = cell(state, BytesCell.self, slot), let bytes = span(bytes, size) else { return Int32(MILL_FAILED) }
  cell.set(Int(slot), bytes)
  return Int32(MILL_OK)
}

private func countList(_ state: OpaquePointer?, _ slot: UInt32) -> UInt64 {
  UInt64(cell(state, ListCell.self, slot)?.count(Int(slot)) ?? 0)
}

private func readListItem(
  _ state: OpaquePointer?, _ slot: UInt32, _ index: UInt64, _ size: UnsafeMutablePointer<UInt64>?
) -> UnsafePointer<UInt8>? {
  give(cell(state, ListCell.self, slot)?.item(Int(slot), Int(clamping: index)), size)
}

private func appendToList(
  _ state: OpaquePointer?, _ slot: UInt32, _ bytes: UnsafePointer<UInt8>?, _ size: UInt64
) -> Int32 {
  guard let cell = cell(state, ListCell.self, slot), let bytes = span(bytes, size) else { return Int32(MILL_FAILED) }
  return Int32(cell.append(Int(slot), bytes) ? MILL_OK : MILL_FAILED)
}

private func readMapValue(
  _ state: OpaquePointer?, _ slot: UInt32, _ key: UnsafePointer<UInt8>?, _ keySize: UInt64,
  _ size: UnsafeMutablePointer<UInt64>?
) -> UnsafePointer<UInt8>? {
  guard let cell = cell(state, MapCell.self, slot), let key = span(key, keySize) else { return give(nil, size) }
  return give(cell.value(Int(slot), key), size)
}

private func putIntoMap(
  _ state: OpaquePointer?, _ slot: UInt32, _ key: UnsafePointer<UInt8>?, _ keySize: UInt64,
  _ value: UnsafePointer<UInt8>?, _ size: UInt64
) -> Int32 {
  guard let cell = cell(state, MapCell.self, slot), let key = span(key, keySize), let value = span(value, size) else {
    return Int32(MILL_FAILED)
  }
  return Int32(cell.put(Int(slot), key, value) ? MILL_OK : MILL_FAILED)
}

private func removeFromMap(
  _ state: OpaquePointer?, _ slot: UInt32, _ key: UnsafePointer<UInt8>?, _ keySize: UInt64
) -> Int32 {
  guard let cell = cell(state, MapCell.self, slot), let key = span(key, keySize) else { return Int32(MILL_FAILED) }
  cell.remove(Int(slot), key)
  return Int32(MILL_OK)
}

private func nextOfMap(
  _ state: OpaquePointer?, _ slot: UInt32, _ after: UnsafePointer<UInt8>?, _ afterSize: UInt64,
  _ out: UnsafeMutablePointer<mill_map_entry>?
) -> Int32 {
  guard let cell = cell(state, MapCell.self, slot), let out else { return 0 }
  guard let entry = cell.next(Int(slot), after: after == nil ? nil : span(after, afterSize)) else { return 0 }
  fill(out, entry.key, entry.value)
  return 1
}

private func fill(
  _ entry: UnsafeMutablePointer<mill_map_entry>, _ key: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
) {
  entry.pointee.key = key.baseAddress
  entry.pointee.key_size = UInt64(key.count)
  entry.pointee.value = value.baseAddress
  entry.pointee.value_size = UInt64(value.count)
}

private func rangeOfMap(
  _ state: OpaquePointer?, _ slot: UInt32, _ from: UnsafePointer<UInt8>?, _ fromSize: UInt64,
  _ to: UnsafePointer<UInt8>?, _ toSize: UInt64, _ entries: UnsafeMutablePointer<mill_map_entry>?, _ capacity: UInt64
) -> UInt64 {
  guard let cell = cell(state, MapCell.self, slot), let entries, capacity > 0, fromSize <= 1 << 30, toSize <= 1 << 30,
    entries.pointee.struct_size >= UInt32(MemoryLayout<mill_map_entry>.size), entries.pointee.struct_size % 8 == 0
  else { return 0 }
  let stride = Int(entries.pointee.struct_size)
  var count: UInt64 = 0
  var next = UnsafeMutableRawPointer(entries)  // by the caller's size, which may be more than ours
  cell.forEach(
    Int(slot), from: from == nil ? nil : span(from, fromSize), to: to == nil ? nil : span(to, toSize)
  ) { key, value in
    let entry = next.assumingMemoryBound(to: mill_map_entry.self)
    entry.pointee.struct_size = UInt32(stride)
    fill(entry, key, value)
    next += stride
    count += 1
    return count < capacity
  }
  return count
}

private func clearState(_ state: OpaquePointer?, _ slot: UInt32) {
  guard let state else { return }
  let cell = Unmanaged<Cell>.fromOpaque(UnsafeRawPointer(state)).takeUnretainedValue()
  if Int(slot) < cell.slotLimit { cell.discard(Int(slot)) }
}

private func setTimer(
  _ task: UnsafeMutablePointer<mill_task>?, _ slot: UInt32, _ kind: UInt32, _ time_us: Int64,
  _ error: UnsafeMutablePointer<mill_error>?
) -> Int32 { changeTimer(task, slot, kind, error) { $0.setTimer(slot: slot, kind: kind, time_us: time_us) } }

private func cancelTimer(
  _ task: UnsafeMutablePointer<mill_task>?, _ slot: UInt32, _ kind: UInt32, _ time_us: Int64,
  _ error: UnsafeMutablePointer<mill_error>?
) -> Int32 { changeTimer(task, slot, kind, error) { $0.cancelTimer(slot: slot, kind: kind, time_us: time_us) } }

private func changeTimer(
  _ task: UnsafeMutablePointer<mill_task>?, _ slot: UInt32, _ kind: UInt32, _ error: UnsafeMutablePointer<mill_error>?,
  _ change: (KeyedState) -> Void
) -> Int32 {
  guard let task, let state = TaskContext.of(task)?.keyedState, state.isSlot(slot), kind <= UInt32(MILL_TIME_PROCESSING)
  else {
    fill(error, "no such timer kind (\(kind)) or slot (\(slot)), or the operator has no keyed input")
    return Int32(MILL_FAILED)
  }
  change(state)
  return Int32(MILL_OK)
}
