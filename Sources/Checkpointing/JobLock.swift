import Glibc

/// Says that this process runs a job: a lock on `<root>/<job>/owner.lock` that the kernel lets go of when the process
/// ends, however it ends. It works for processes of one machine, and of several if the file system's locks do.
package final class JobLock: Sendable {
  /// Who holds the lock, as written into its file.
  package let owner: String
  private let file: Int32
  /// Name of the lock's file in its directory.
  package static let fileName = "owner.lock"
  /// How the reason of a refusal begins when another instance has the lock.
  package static let refusalPrefix = "the job runs already"

  /// Takes the lock of the job whose checkpoints are in `directory` (which must exist). `now_us`: microseconds since
  /// 1970, for the description. Throws an error that names the owner if another instance has it.
  package init(directory: String, now_us: Int64) throws(CheckpointError) {
    let path = "\(directory)/\(Self.fileName)"
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Files.failure(path, "open the job's lock") }
    while flock(file, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      let refusal = errno == EWOULDBLOCK ? Self.refusal(file, path) : Files.failure(path, "lock it")
      close(file)
      throw refusal
    }
    owner = Self.describe(now_us)
    let text = Array((owner + "\n").utf8)
    guard ftruncate(file, 0) == 0, pwrite(file, text, text.count, 0) == text.count else {
      let failure = Files.failure(path, "write the owner's name")
      close(file)
      throw failure
    }
  }

  deinit { close(file) }

  private static func refusal(_ file: Int32, _ path: String) -> CheckpointError {
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = max(0, pread(file, &buffer, buffer.count, 0))
    let text = String(decoding: buffer.prefix(count).prefix { $0 != 10 && $0 != 0 }, as: UTF8.self)
    return CheckpointError(
      path: path, reason: "\(refusalPrefix): \(text.isEmpty ? "by an owner that left no name" : text)",
      remedy: "Stop that instance first, or give this job another name")
  }

  private static func describe(_ now_us: Int64) -> String {
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, 255)
    var seconds = time_t(now_us / 1_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var since = [CChar](repeating: 0, count: 40)
    strftime(&since, 39, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return "host \(string(host)), pid \(getpid()), since \(string(since))"
  }

  private static func string(_ text: [CChar]) -> String {
    String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
