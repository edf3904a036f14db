/// Sizes of memory as the file writes them: a whole number of bytes, or of a unit that is a power of 1024. Units that
/// mean 1000 to some and 1024 to others (`MB`, `M`, `m`) are refused.
package enum SizeText {
  /// Larger ones are surely mistakes: 1024 TiB.
  private static let limit: Int64 = 1 << 50

  /// Units, in bytes, largest first.
  private static let units: [(name: String, size: Int64)] = [
    ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("", 1),
  ]

  /// Reads "512MiB", "1GiB", "64KiB", "1048576"; nil if it is none of them or more than 1024 TiB.
  package static func parse(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let name = text.dropFirst(digits.count)
    guard let count = Int64(digits), let unit = units.first(where: { $0.name == name }) else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.size)
    guard !overflow, bytes <= limit else { return nil }
    return Int(exactly: bytes)
  }

  /// What `text` most likely means, if its unit is one of other systems: "512MiB" for "512MB", "512M", "512Mi", "512m"
  /// or "512 MiB".
  static func likely(_ text: String) -> String? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let name = text.dropFirst(digits.count).filter { $0 != " " }.lowercased()
    guard !digits.isEmpty else { return nil }
    let unit = units.first { unit in
      let letter = unit.name.prefix(1).lowercased()
      return !letter.isEmpty && [letter, "\(letter)b", "\(letter)i", "\(letter)ib"].contains(name)
    }
    guard let unit, parse(digits + unit.name) != nil else { return nil }
    return digits + unit.name
  }

  /// A size in the largest unit that it is a whole number of.
  package static func text(_ bytes: Int) -> String {
    let unit = units.first { bytes != 0 && Int64(bytes) % $0.size == 0 }
    return "\(Int64(bytes) / (unit?.size ?? 1))\(unit?.name ?? "")"
  }
}
