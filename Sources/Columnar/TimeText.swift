import Glibc

/// Dates and times as text, as ISO 8601 has them; instants in UTC.
enum TimeText {
  /// `2013-01-05`, of days since 1970; nil outside of the years 0 to 9999.
  static func date(days: Int64) -> String? {
    guard days.magnitude < 4_000_000, let parts = parts(seconds: days * 86_400) else { return nil }
    return date(parts)
  }

  /// `2013-01-05T10:15:00.000250`, of a count of `unit` since 1970; nil outside of the years 0 to 9999.
  static func instant(_ count: Int64, _ unit: TimeUnit) -> String? {
    let seconds = (Double(count) / Double(unit.perSecond)).rounded(.down)
    guard abs(seconds) < 4e11, let parts = parts(seconds: floorDivide(count, unit.perSecond)) else { return nil }
    return "\(date(parts))T\(clock(parts))\(fraction(count, unit))"
  }

  /// `10:15:00.000250`, of a count of `unit` since midnight; nil if that is no time of day.
  static func timeOfDay(_ count: Int64, _ unit: TimeUnit) -> String? {
    guard count >= 0, count < 86_400 * unit.perSecond, let parts = parts(seconds: count / unit.perSecond) else {
      return nil
    }
    return clock(parts) + fraction(count, unit)
  }

  private static func parts(seconds: Int64) -> tm? {
    var seconds = time_t(seconds)
    var parts = tm()
    guard gmtime_r(&seconds, &parts) != nil, (0...9999).contains(parts.tm_year + 1900) else { return nil }
    return parts
  }

  private static func date(_ parts: tm) -> String {
    "\(padded(Int64(parts.tm_year) + 1900, 4))-\(padded(Int64(parts.tm_mon) + 1, 2))-\(padded(Int64(parts.tm_mday), 2))"
  }

  private static func clock(_ parts: tm) -> String {
    "\(padded(Int64(parts.tm_hour), 2)):\(padded(Int64(parts.tm_min), 2)):\(padded(Int64(parts.tm_sec), 2))"
  }

  /// The part below a second, with all digits of the unit; empty if it is nothing.
  private static func fraction(_ count: Int64, _ unit: TimeUnit) -> String {
    let rest = (count % unit.perSecond + unit.perSecond) % unit.perSecond
    return rest == 0 ? "" : "." + padded(rest, unit.digits)
  }

  private static func padded(_ value: Int64, _ digits: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  private static func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
    value / by - (value % by < 0 ? 1 : 0)
  }

  // MARK: - Reading

  /// Days since 1970 of `2013-01-05`.
  static func days(parsing text: String) -> Int64? {
    var scanner = Scanner(text)
    guard let seconds = scanner.date(), scanner.isAtEnd else { return nil }
    return seconds / 86_400
  }

  /// The count of `unit` since 1970 of `2013-01-05T10:15:00.25Z`; the time of day and the Z may be left out.
  static func instant(parsing text: String, _ unit: TimeUnit) -> Int64? {
    var scanner = Scanner(text)
    guard let day = scanner.date() else { return nil }
    var (count, overflows) = day.multipliedReportingOverflow(by: unit.perSecond)
    guard !overflows else { return nil }
    if scanner.take("T") || scanner.take(" ") {
      guard let time = scanner.timeOfDay(unit) else { return nil }
      (count, overflows) = count.addingReportingOverflow(time)
      _ = scanner.take("Z")
    }
    return scanner.isAtEnd && !overflows ? count : nil
  }

  /// The count of `unit` since midnight of `10:15:00.25`; the seconds may be left out.
  static func timeOfDay(parsing text: String, _ unit: TimeUnit) -> Int64? {
    var scanner = Scanner(text)
    guard let time = scanner.timeOfDay(unit), scanner.isAtEnd else { return nil }
    return time
  }

  private struct Scanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard let first = rest.first, UInt32(first) == character.value else { return false }
      rest.removeFirst()
      return true
    }

    /// As many digits as said, at least.
    private mutating func number(_ digits: Int) -> Int64? {
      let word = rest.prefix(digits)
      guard word.count == digits, word.allSatisfy({ (48...57).contains($0) }) else { return nil }
      rest = rest.dropFirst(digits)
      return word.reduce(0) { $0 * 10 + Int64($1 - 48) }
    }

    /// Seconds since 1970 at the day's beginning.
    mutating func date() -> Int64? {
      guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
        (1...12).contains(month), (1...31).contains(day)
      else { return nil }
      var parts = tm()
      parts.tm_year = Int32(year) - 1900
      parts.tm_mon = Int32(month) - 1
      parts.tm_mday = Int32(day)
      let seconds = timegm(&parts)
      // Of the 31st of a shorter month it makes a day of the next.
      return parts.tm_mday == Int32(day) ? Int64(seconds) : nil
    }

    mutating func timeOfDay(_ unit: TimeUnit) -> Int64? {
      guard let hour = number(2), take(":"), let minute = number(2), hour < 24, minute < 60 else { return nil }
      var count = (hour * 60 + minute) * 60 * unit.perSecond
      guard take(":") else { return count }
      guard let second = number(2), second < 60 else { return nil }
      count += second * unit.perSecond
      guard take(".") else { return count }
      let digits = rest.prefix { (48...57).contains($0) }.count
      guard digits > 0, digits <= unit.digits, let fraction = number(digits) else { return nil }
      return count + (digits..<unit.digits).reduce(fraction) { value, _ in value * 10 }
    }
  }
}

extension TimeUnit {
  /// How many are a second.
  var perSecond: Int64 {
    switch self {
    case .second: 1
    case .millisecond: 1000
    case .microsecond: 1_000_000
    case .nanosecond: 1_000_000_000
    }
  }

  /// Digits after the point of a second.
  var digits: Int {
    switch self {
    case .second: 0
    case .millisecond: 3
    case .microsecond: 6
    case .nanosecond: 9
    }
  }
}
