import State

/// Lists and maps of every size, against arrays and dictionaries.
extension StateConformance {
  var sizeTests: [(name: String, run: () throws -> Void)] {
    [
      ("lists of items of one size", testEvenLists), ("lists of items of many sizes", testUnevenLists),
      ("ranges of a map", testRanges), ("a large map filled in order", { try fillLargeMap(by: 1) }),
      ("a large map filled backwards", { try fillLargeMap(by: -1) }),
      ("a large map filled here and there", { try fillLargeMap(by: 7919) }), ("values that grow", testGrowingValues),
      ("large entries among small ones", testLargeEntries), ("large states over a restore", testLargeRestore),
    ]
  }

  private func testEvenLists() throws {
    for size in [0, 1, 8, 100] {
      let store = try store([.log])
      let slot = store.slot([1])
      let items = (0..<300).map { [UInt8](repeating: UInt8($0 % 256), count: size) }
      for item in items { store.append(0, slot, item) }
      try expect(store.items(0, slot), items, "items of \(size) bytes")
      try expect(store.listItem(0, slot, 300), nil, "an item past the end")
    }
  }

  private func testUnevenLists() throws {
    // The first item of another size comes after `even` of one size.
    for even in [0, 1, 2, 5, 40] {
      let store = try store([.log])
      let slot = store.slot([1])
      let sizes = [Int](repeating: 4, count: even) + [0, 9, 70_000, 1, 4, 4, 300, 0]
      let items = sizes.enumerated().map { [UInt8](repeating: UInt8($0.offset), count: $0.element) }
      for count in 1...items.count {
        store.append(0, slot, items[count - 1])
        try expect(store.items(0, slot), Array(items.prefix(count)), "\(count) items after \(even) even ones")
      }
    }
  }

  private func text(_ number: Int) -> [UInt8] { [UInt8]("\(1_000_000 + number)".utf8) }

  private func testRanges() throws {
    for count in [0, 1, 7, 256, 257, 1000] {
      let store = try store([.index])
      let slot = store.slot([1])
      let numbers = (0..<count).map { $0 * 10 }
      for number in numbers { store.put(0, slot, text(number), text(-number)) }
      let bounds = [nil, 0, 5, 2560, 50_000]
      for (from, to) in bounds.flatMap({ from in bounds.map { (from, $0) } }) {
        for limit in [3, 5000] {
          let wanted = numbers.filter { $0 >= from ?? .min && $0 < to ?? .max }.prefix(limit).map(text)
          let found = store.range(0, slot, from: from.map(text), to: to.map(text), limit: limit)
          let what = "\(limit) of \(count) entries from \(from ?? -1) to \(to ?? -1)"
          try expect(found.map(\.key), wanted, what)
          if let last = found.last { try expect(store.mapValue(0, slot, last.key), last.value, what) }
        }
      }
      try expect(store.range(0, slot, from: [], to: [], limit: 9).count, 0, "keys below the least one")
      try expect(store.range(0, slot, from: [], to: nil, limit: 9).count, min(count, 9), "keys from the least one")
    }
  }

  private func fillLargeMap(by step: Int) throws {
    let count = 3000
    let store = try store([.index])
    let slot = store.slot([1])
    for place in 0..<count {
      let number = ((place * step) % count + count) % count
      store.put(0, slot, text(number), text(number * 3))
    }
    try expect(store.entries(0, slot), (0..<count).map { [text($0), text($0 * 3)] }, "entries")
    for number in 0..<count where number % 50 > 2 { store.remove(0, slot, text(number)) }
    let left = (0..<count).filter { $0 % 50 <= 2 }
    try expect(store.entries(0, slot).map { $0[0] }, left.map(text), "entries after most were removed")
    for number in 0..<count {
      let wanted = number % 50 <= 2 ? text(number * 3) : nil
      try expect(store.mapValue(0, slot, text(number)), wanted, "entry \(number)")
      try expect(
        store.nextEntry(0, slot, after: text(number))?.key, left.first { $0 > number }.map(text), "after \(number)")
    }
    for number in left.reversed() { store.remove(0, slot, text(number)) }
    store.endCallback()
    try expect(store.keyCount, 0, "keys, after the only one's map became empty")
  }

  private func testGrowingValues() throws {
    let store = try store([.index])
    let slot = store.slot([1])
    for round in 0..<20 {
      for number in 0..<200 {
        store.put(0, slot, text(number), [UInt8](repeating: UInt8(round), count: (round * number) % 150))
      }
    }
    for (number, entry) in store.entries(0, slot).enumerated() {
      try expect(entry, [text(number), [UInt8](repeating: 19, count: (19 * number) % 150)], "entry \(number)")
    }
  }

  private func testLargeEntries() throws {
    let store = try store([.index])
    let slot = store.slot([1])
    let large = [UInt8](repeating: 0xff, count: 100_000)
    for number in 0..<40 { store.put(0, slot, text(number), [1]) }
    for number in stride(from: 0, to: 40, by: 3) { store.put(0, slot, text(number), large) }
    store.put(0, slot, large, large)
    for number in stride(from: 0, to: 40, by: 6) { store.put(0, slot, text(number), [2]) }
    for (number, entry) in store.entries(0, slot).dropLast().enumerated() {
      try expect(entry, [text(number), number % 6 == 0 ? [2] : number % 3 == 0 ? large : [1]], "entry \(number)")
    }
    try expect(store.mapValue(0, slot, large), large, "an entry with a long key")
    store.remove(0, slot, large)
    try expect(store.entries(0, slot).count, 40, "entries")
  }

  private func testLargeRestore() throws {
    let first = try store([.log, .index])
    for key: UInt8 in 0..<3 {
      let slot = first.slot([key])
      for number in 0..<1000 {
        first.append(0, slot, text(number * Int(key)))
        first.put(1, slot, text(number), [key])
      }
    }
    let second = try store([.log, .index])
    try second.restore(first.snapshot(), keyGroups: 0..<Self.groupCount)
    for key: UInt8 in 0..<3 {
      try expect(second.items(0, second.slot([key])), (0..<1000).map { text($0 * Int(key)) }, "items")
      try expect(second.entries(1, second.slot([key])), (0..<1000).map { [text($0), [key]] }, "entries")
    }
  }
}
