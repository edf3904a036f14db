/// What fails and is tried again, until it succeeds. Times are of one monotonic clock.
struct RetryLog: Equatable, Sendable {
  /// Failures of one thing in a row.
  struct Entry: Equatable, Sendable {
    var what: String
    var first_us: Int64
    var last_us: Int64
    var count: Int
    var lastError: String
  }

  /// By what began to fail first.
  private(set) var entries: [Entry] = []

  /// `what` has failed, and will be tried again. Secrets in `error` are not kept.
  mutating func failed(_ what: String, _ error: String, now_us: Int64) {
    let error = Redaction.redact(error)
    guard let index = entries.firstIndex(where: { $0.what == what }) else {
      entries.append(Entry(what: what, first_us: now_us, last_us: now_us, count: 1, lastError: error))
      return
    }
    entries[index].last_us = now_us
    entries[index].count += 1
    entries[index].lastError = error
  }

  /// `what` has succeeded.
  mutating func succeeded(_ what: String) { entries.removeAll { $0.what == what } }

  /// What has not failed since `time_us` is over.
  mutating func forget(before time_us: Int64) { entries.removeAll { $0.last_us < time_us } }

  /// All but `what` is given up.
  mutating func keepOnly(_ what: String) { entries.removeAll { $0.what != what } }
}
