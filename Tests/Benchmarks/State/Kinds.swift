import Columnar
import State

/// States of the kinds whose content has no fixed width: many keys with little each, and one key with much.
struct KindsBenchmark {
  let count: Int
  private typealias Bytes = UnsafeBufferPointer<UInt8>

  /// A state of one kind with `keys` keys in it.
  private struct Store<Kind: Cell> {
    let state: KeyedState
    let cell: Kind
    let slots: [Int]

    init(_ kind: StateKind, keys: Int) {
      let descriptor = StateDescriptor(
        name: "state", kind: kind, type: .binary, mapKeyType: kind == .map ? .binary : nil)
      guard let state = try? KeyedState(descriptors: [descriptor], keyGroups: 128, now: { 0 }),
        let cell = state.cells[0] as? Kind
      else { fatalError("no such state") }
      self.state = state
      self.cell = cell
      slots = (0..<keys).map { key in withBytes(UInt64(key)) { Int(try! state.resolve(key: $0)) } }
    }
  }

  func run() {
    for size in [8, 32] { bytes(size: size) }
    for items in [1, 4] { lists(items: items) }
    for entries in [1, 4, 8] { maps(entries: entries) }
    longList()
    for isRandom in [false, true] { largeMap(isRandom: isRandom) }
  }

  private func bytes(size: Int) {
    let store = Store<BytesCell>(.bytes, keys: count)
    report("bytes, none: memory of a key", Double(store.cell.memoryUse) / Double(count), "bytes")
    let value = [UInt8](repeating: 7, count: size)
    let before = usedBytes()
    value.withUnsafeBufferPointer { value in
      measure("bytes, \(size): set", per: count) { for slot in store.slots { store.cell.set(slot, value) } }
      measure("bytes, \(size): replace", per: count) { for slot in store.slots { store.cell.set(slot, value) } }
    }
    reportMemory("bytes, \(size)", store.cell.memoryUse, before)
  }

  private func reportMemory(_ what: String, _ own: Int, _ before: Int) {
    report("\(what): memory of a key", Double(own) / Double(count), "bytes")
    report("\(what): resident, by key", Double(usedBytes() - before) / Double(count), "bytes")
  }

  private func lists(items: Int) {
    let store = Store<ListCell>(.list, keys: count)
    let before = usedBytes()
    measure("lists of \(items) numbers: append", per: count * items) {
      for item in 0..<items { withBytes(UInt64(item)) { for slot in store.slots { store.cell.append(slot, $0) } } }
    }
    reportMemory("lists of \(items) numbers", store.cell.memoryUse, before)
  }

  private func maps(entries: Int) {
    let store = Store<MapCell>(.map, keys: count)
    let before = usedBytes()
    measure("maps of \(entries) entries: put", per: count * entries) {
      for entry in 0..<entries {
        withBytes(UInt64(entry)) { entry in for slot in store.slots { store.cell.put(slot, entry, entry) } }
      }
    }
    reportMemory("maps of \(entries) entries", store.cell.memoryUse, before)
    measure("maps of \(entries) entries: value", per: count) {
      withBytes(UInt64(entries / 2)) { entry in for slot in store.slots { _ = store.cell.value(slot, entry) } }
    }
  }

  private func longList() {
    let store = Store<ListCell>(.list, keys: 1)
    measure("one list of \(count) numbers: append", per: count) {
      for item in 0..<count { withBytes(UInt64(item)) { _ = store.cell.append(store.slots[0], $0) } }
    }
    report("one list of \(count) numbers: memory of an item", Double(store.cell.memoryUse) / Double(count), "bytes")
  }

  private func largeMap(isRandom: Bool) {
    let store = Store<MapCell>(.map, keys: 1)
    let (cell, slot) = (store.cell, store.slots[0])
    let what = "one map of \(count) entries, \(isRandom ? "random order" : "in order")"
    var random = Random(seed: 3)
    let keys = (0..<count).map { isRandom ? random.next() : UInt64($0).bigEndian }
    measure("\(what): put", per: count) { for key in keys { withBytes(key) { _ = cell.put(slot, $0, $0) } } }
    report("\(what): memory of an entry", Double(cell.memoryUse) / Double(count), "bytes")
    measure("\(what): value", per: count) {
      for key in keys { withBytes(key) { if cell.value(slot, $0) == nil { fatalError("an entry is missing") } } }
    }
    var found = 0
    measure("\(what): next", per: count) {
      var after: UnsafeBufferPointer<UInt8>?
      while let entry = cell.next(slot, after: after) { (after, found) = (entry.key, found + 1) }
    }
    measure("\(what): all by forEach", per: count) {
      cell.forEach(slot, from: nil, to: nil) { _, _ in
        found += 1
        return true
      }
    }
    measure("\(what): remove", per: count) { for key in keys { withBytes(key) { cell.remove(slot, $0) } } }
    precondition(found == 2 * count && !store.state.isSlot(.max))
  }
}

/// Calls `body` with the eight bytes of `number`.
func withBytes<Result>(_ number: UInt64, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
  withUnsafeBytes(of: number) { body($0.bindMemory(to: UInt8.self)) }
}
