/// Splits that wait for schemas: when each is to be tried again.
struct SchemaWaits {
  /// From one try to the next: reading anew costs a request to the brokers.
  private static let pause_us: Int64 = 200_000

  private var until_us: [Int: Int64] = [:]

  var isEmpty: Bool { until_us.isEmpty }
  func contains(_ split: Int) -> Bool { until_us[split] != nil }

  /// A split has come to a message whose schema is not at hand.
  mutating func begin(_ split: Int, now_us: Int64) { until_us[split] = now_us + Self.pause_us }

  /// The splits that are to be tried again now; they wait no more.
  mutating func over(now_us: Int64) -> [Int] {
    let over = until_us.filter { $0.value <= now_us }.keys.sorted()
    for split in over { until_us[split] = nil }
    return over
  }
}
