import CMillrace

/// One fixed-width record per key, read and written in place. `Record` is a struct of the declared fields, in
/// their order and widths; a record that is new is made of zeros. Pointers are valid until the next call that
/// changes this state, and no longer than the callback.
public struct ValueState<Record: BitwiseCopyable> {
  @usableFromInline let table: UnsafePointer<mill_keyed_state>
  @usableFromInline let raw: OpaquePointer

  /// The record to read; nil if the key has none.
  @inlinable @inline(__always)
  public func read(_ slot: Slot) -> UnsafePointer<Record>? {
    table.pointee.value(raw, slot.raw)?.assumingMemoryBound(to: Record.self)
  }

  /// The record to write, made of zeros if the key had none.
  @inlinable @inline(__always)
  public func update(_ slot: Slot) -> UnsafeMutablePointer<Record> {
    table.pointee.value_for_update(raw, slot.raw).unsafelyUnwrapped.assumingMemoryBound(to: Record.self)
  }

  /// Removes the record.
  public func clear(_ slot: Slot) { table.pointee.clear(raw, slot.raw) }
}

/// One run of bytes per key.
public struct BytesState {
  let table: UnsafePointer<mill_keyed_state>
  let raw: OpaquePointer

  /// The run; nil if the key has none. Valid until this state changes, and no longer than the callback.
  public func read(_ slot: Slot) -> UnsafeBufferPointer<UInt8>? {
    var size: UInt64 = 0
    return table.pointee.bytes(raw, slot.raw, &size).map { UnsafeBufferPointer(start: $0, count: Int(size)) }
  }

  /// Replaces the run with a copy of `bytes`.
  public func set(_ slot: Slot, _ bytes: UnsafeBufferPointer<UInt8>) throws(PluginError) {
    try ensure(table.pointee.set_bytes(raw, slot.raw, bytes.baseAddress, UInt64(bytes.count)), "setting bytes")
  }

  /// Removes the run.
  public func clear(_ slot: Slot) { table.pointee.clear(raw, slot.raw) }
}

/// A list of byte runs per key, in the order appended.
public struct ListState {
  let table: UnsafePointer<mill_keyed_state>
  let raw: OpaquePointer

  /// Items.
  public func count(_ slot: Slot) -> Int { Int(table.pointee.list_count(raw, slot.raw)) }

  /// Item `index` (0 the oldest); nil past the end. Valid until this state changes, and no longer than the
  /// callback.
  public func item(_ slot: Slot, _ index: Int) -> UnsafeBufferPointer<UInt8>? {
    guard let index = UInt64(exactly: index) else { return nil }
    var size: UInt64 = 0
    return table.pointee.list_item(raw, slot.raw, index, &size)
      .map { UnsafeBufferPointer(start: $0, count: Int(size)) }
  }

  /// Appends a copy of `bytes`.
  public func append(_ slot: Slot, _ bytes: UnsafeBufferPointer<UInt8>) throws(PluginError) {
    try ensure(table.pointee.list_append(raw, slot.raw, bytes.baseAddress, UInt64(bytes.count)), "appending to a list")
  }

  /// Removes the list.
  public func clear(_ slot: Slot) { table.pointee.clear(raw, slot.raw) }
}

/// A map from bytes to bytes per key, in the order of the keys' bytes.
public struct MapState {
  let table: UnsafePointer<mill_keyed_state>
  let raw: OpaquePointer

  /// The value of `key`; nil if it is not there. Valid until this state changes, and no longer than the callback.
  public func value(_ slot: Slot, _ key: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
    var size: UInt64 = 0
    return table.pointee.map_value(raw, slot.raw, key.baseAddress, UInt64(key.count), &size)
      .map { UnsafeBufferPointer(start: $0, count: Int(size)) }
  }

  /// Puts or replaces an entry; both runs are copied.
  public func put(
    _ slot: Slot, _ key: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
  ) throws(PluginError) {
    try ensure(
      table.pointee.map_put(
        raw, slot.raw, key.baseAddress, UInt64(key.count), value.baseAddress, UInt64(value.count)),
      "putting a map entry")
  }

  /// Removes an entry; one that is not there is ignored.
  public func remove(_ slot: Slot, _ key: UnsafeBufferPointer<UInt8>) throws(PluginError) {
    try ensure(
      table.pointee.map_remove(raw, slot.raw, key.baseAddress, UInt64(key.count)), "removing a map entry")
  }

  /// The entry with the least key greater than `key` (nil: the first); nil at the end.
  public func next(
    _ slot: Slot, after key: UnsafeBufferPointer<UInt8>?
  ) -> (key: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>)? {
    var entry = mill_map_entry()
    entry.struct_size = UInt32(MemoryLayout<mill_map_entry>.size)
    guard table.pointee.map_next(raw, slot.raw, key?.baseAddress, UInt64(key?.count ?? 0), &entry) == 1 else {
      return nil
    }
    return (
      UnsafeBufferPointer(start: entry.key, count: Int(entry.key_size)),
      UnsafeBufferPointer(start: entry.value, count: Int(entry.value_size))
    )
  }

  /// Calls `body` with the entries in the order of their keys, as long as it gives true: from the first whose key is not
  /// less than `from` (nil: the first of all) to the last whose key is less than `to` (nil: the last of all). `body` must
  /// not change this state, and what it gets is valid during the call. Fails if the engine is older than ABI 1.1.
  public func forEach(
    _ slot: Slot, from: UnsafeBufferPointer<UInt8>? = nil, to: UnsafeBufferPointer<UInt8>? = nil,
    _ body: (_ key: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) throws(PluginError) -> Bool
  ) throws(PluginError) {
    if let to, to.isEmpty { return }  // no key is less
    var cursor = mill_map_cursor()
    try check {
      mill_map_cursor_open(
        &cursor, table, raw, slot.raw, from?.baseAddress, UInt64(from?.count ?? 0), to?.baseAddress,
        UInt64(to?.count ?? 0), $0)
    }
    while let entry = mill_map_cursor_next(&cursor)?.pointee {
      let key = UnsafeBufferPointer(start: entry.key, count: Int(entry.key_size))
      guard try body(key, UnsafeBufferPointer(start: entry.value, count: Int(entry.value_size))) else { return }
    }
  }

  /// Removes the map.
  public func clear(_ slot: Slot) { table.pointee.clear(raw, slot.raw) }
}

private func ensure(_ status: Int32, _ what: String) throws(PluginError) {
  if status != MILL_OK { throw PluginError("\(what) failed: over 1 GiB, out of memory, or a state of another kind") }
}
