/// How many messages to take at once, so that they come to about so many bytes: guessed from those before.
struct ReadingPace {
  /// What a message has before any has been seen: few are taken then.
  static let firstGuess_bytes = 4096

  private let maxRows: Int
  private let target_bytes: Int
  private(set) var average_bytes = Self.firstGuess_bytes

  init(maxRows: Int, target_bytes: Int) {
    self.maxRows = maxRows
    self.target_bytes = target_bytes
  }

  /// From 1 to `maxRows`.
  var rows: Int { max(1, min(maxRows, target_bytes / max(1, average_bytes))) }

  /// Takes note of a batch. Larger messages count at once, smaller ones little by little.
  mutating func saw(rows: Int, bytes: Int) {
    guard rows > 0 else { return }
    let seen = bytes / rows
    average_bytes = seen > average_bytes ? seen : (3 * average_bytes + seen) / 4
  }
}
