import MillraceSDK

/// State "aircraft": the last flown flight of an aircraft and the chain it belongs to. The same in every version.
struct Aircraft: BitwiseCopyable {
  /// Scheduled departure of the last flown flight, microseconds since 1970 UTC.
  var scheduled: Int64
  /// How late it arrived, in minutes.
  var arrivalDelay: Int32
  /// Knock-on departures in the chain so far; 0: the last flight is at most the head of one.
  var chainLength: Int32
  /// Bytes of `firstOrigin`.
  var firstOriginSize: UInt8
  /// Where the chain's first flight took off, which is the late one that started it.
  var firstOrigin: InlineArray<15, UInt8>

  /// Longest origin that there is room for, in bytes.
  static let originLimit = 15

  static let description = StateDescription.value(
    "aircraft",
    fields: [
      ("scheduled", "tsu:UTC"), ("arrival_delay", "i"), ("chain_length", "i"), ("first_origin_size", "C"),
      ("first_origin", "w:15"),
    ])

  /// Makes `origin`, of at most `originLimit` bytes, the chain's first.
  mutating func begin(at origin: Text) {
    chainLength = 0
    firstOriginSize = UInt8(origin.count)
    firstOrigin = InlineArray(repeating: 0)
    for index in 0..<origin.count { firstOrigin[index] = origin.bytes[index] }
  }

  /// Whether a departure at `time` comes less than a day after the one before it. Exactly a day does not count: then
  /// the timer may or may not have cleared the state, and the result must not depend on it.
  func isFollowed(by time: Int64) -> Bool {
    let (apart, overflow) = time.subtractingReportingOverflow(scheduled)
    return !overflow && apart >= 0 && apart < Aircraft.day
  }

  /// When the flight no longer matters; nil if there is no such instant.
  static func expiry(of scheduled: Int64) -> Int64? {
    let (time, overflow) = scheduled.addingReportingOverflow(day)
    return overflow ? nil : time
  }

  private static let day: Int64 = 86_400_000_000
}
