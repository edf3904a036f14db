/// Splits that wait for schemas.
struct SchemaWaits {
  /// From one look to the next, in microseconds.
  private static let pause_us: Int64 = 50_000

  private var isOver: [Int: () -> Bool] = [:]
  private var nextLook_us: Int64 = 0

  var isEmpty: Bool { isOver.isEmpty }
  func contains(_ split: Int) -> Bool { isOver[split] != nil }

  /// A split has come to a message whose schema is not at hand; `isOver` tells whether it is.
  mutating func begin(_ split: Int, now_us: Int64, isOver: @escaping () -> Bool) {
    self.isOver[split] = isOver
    nextLook_us = now_us + Self.pause_us
  }

  /// The splits whose schemas have come; they wait no more.
  mutating func over(now_us: Int64) -> [Int] {
    guard now_us >= nextLook_us else { return [] }
    nextLook_us = now_us + Self.pause_us
    let over = isOver.filter { $0.value() }.keys.sorted()
    for split in over { isOver[split] = nil }
    return over
  }
}
