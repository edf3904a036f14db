import Glibc

/// Reports how long `body` took per item, and gives its result.
func measure<Result>(_ what: String, per count: Int, _ body: () throws -> Result) rethrows -> Result {
  let start = ContinuousClock.now
  let result = try body()
  let time = (ContinuousClock.now - start) / max(1, count)
  let nanoseconds = Double(time.components.attoseconds) / 1e9 + Double(time.components.seconds) * 1e9
  report(what, nanoseconds, "ns")
  return result
}

/// Prints one figure.
func report(_ what: String, _ figure: Double, _ unit: String) {
  let tenths = Int((figure * 10).rounded())
  print("\(what): \(tenths / 10).\(tenths % 10) \(unit)")
}

/// Bytes of memory that this process has touched and not given back.
func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var (total, resident) = (0, 0)
  let found = withUnsafeMutablePointer(to: &total) { total in
    withUnsafeMutablePointer(to: &resident) { withVaList([total, $0]) { vfscanf(file, "%ld %ld", $0) } }
  }
  return found == 2 ? resident * sysconf(Int32(_SC_PAGESIZE)) : 0
}

/// Bytes of memory in use: as `residentBytes`, after malloc has given back what it can.
func usedBytes() -> Int {
  typealias Trim = @convention(c) (_ pad: Int) -> Int32
  if let trim = dlsym(nil, "malloc_trim") { _ = unsafeBitCast(trim, to: Trim.self)(0) }
  return residentBytes()
}

/// Random numbers from a seed: xorshift64*.
struct Random: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_f491_4f6c_dd1d
  }

  /// A number from 0 to `limit` - 1.
  mutating func below(_ limit: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(limit)).high) }
}
