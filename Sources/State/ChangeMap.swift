/// Which slots have changed since the last checkpoint: a bit for each. Shared by the cells and timers of a
/// `KeyedState`; one thread at a time.
struct ChangeMap {
  private var words = RawVector<UInt64>(capacity: 0)
  /// Slots below this have room.
  private(set) var slotLimit = 0

  func deallocate() { words.deallocate() }

  var memoryUse: Int { words.capacity * 8 }

  mutating func grow(to limit: Int) {
    slotLimit = limit
    words.grow(to: (limit + 63) >> 6, filling: 0)
  }

  @inline(__always)
  func contains(_ slot: Int) -> Bool { words.base[slot >> 6] >> UInt64(slot & 63) & 1 != 0 }

  @inline(__always)
  func insert(_ slot: Int) { words.base[slot >> 6] |= 1 << UInt64(slot & 63) }

  func remove(_ slot: Int) { words.base[slot >> 6] &= ~(1 << UInt64(slot & 63)) }

  /// How many slots have changed. Looks at all.
  var count: Int {
    var count = 0
    for index in 0..<(slotLimit + 63) >> 6 { count += words.base[index].nonzeroBitCount }
    return count
  }

  /// Calls `body` with each changed slot, ascending, and forgets them all.
  func drain(_ body: (Int) -> Void) {
    for index in 0..<(slotLimit + 63) >> 6 where words.base[index] != 0 {
      var word = words.base[index]
      words.base[index] = 0
      while word != 0 {
        body(index << 6 + word.trailingZeroBitCount)
        word &= word &- 1
      }
    }
  }
}
