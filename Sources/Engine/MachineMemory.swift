import Glibc

/// How much memory this process may have.
enum MachineMemory {
  /// Used if the system tells nothing: 1 GiB.
  static let unknown = 1 << 30

  /// The budget if the pipeline file names none: half of what the machine has, or of the process's cgroup (v2) if that
  /// has less, in bytes; at least `least`.
  static func budget(atLeast least: Int) -> Int { max(least, (total() ?? unknown) / 2) }

  /// What the machine or the cgroup has, the less of both, in bytes; nil if it can't be read.
  static func total() -> Int? {
    let machine = read("/proc/meminfo").flatMap(total(meminfo:))
    let groups = read("/proc/self/cgroup").map(paths(cgroup:)) ?? []
    let limits = groups.compactMap { read("/sys/fs/cgroup\($0)/memory.max").flatMap(limit(memoryMax:)) }
    return ([machine].compactMap { $0 } + limits).min()
  }

  /// `MemTotal` of /proc/meminfo, in bytes.
  static func total(meminfo text: String) -> Int? {
    for line in text.split(separator: "\n") where line.hasPrefix("MemTotal:") {
      let words = line.split(separator: " ")
      guard words.count == 3, words[2] == "kB", let kib = Int(words[1]), kib > 0, kib < 1 << 50 else { return nil }
      return kib << 10
    }
    return nil
  }

  /// A cgroup's memory.max, in bytes; nil for "max".
  static func limit(memoryMax text: String) -> Int? {
    Int(text.prefix { $0 != "\n" }).flatMap { $0 > 0 ? $0 : nil }
  }

  /// The process's cgroup of version 2 and those above it, from /proc/self/cgroup: each one's limit counts. The root is "".
  static func paths(cgroup text: String) -> [String] {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else { return [] }
    var paths = [""]
    for name in line.dropFirst(3).split(separator: "/") { paths.append("\(paths[paths.count - 1])/\(name)") }
    return paths
  }

  /// The first 64 KiB of a file as text.
  private static func read(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(file, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
  }
}
