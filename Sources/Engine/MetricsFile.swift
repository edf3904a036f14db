import Dataflow
import Glibc
import Synchronization

/// Writes a registry's metrics to a file, again and again, from a thread of its own: while the job waits for a broker they
/// are wanted most. The file is replaced as a whole.
final class MetricsFile: @unchecked Sendable {
  private let path: String
  private let interval_us: Int64
  private let registry: MetricsRegistry
  private let stopped = Mailbox<Void>()
  private let hasFailed = Atomic<Bool>(false)
  private var thread: pthread_t?

  /// Writes the file for the first time, then every `interval_us` until `close`. Throws `JobError` if it can't be written:
  /// a wrong path is found at the start.
  init(path: String, interval_us: Int64, registry: MetricsRegistry = .shared) throws {
    self.path = path
    self.interval_us = interval_us
    self.registry = registry
    if let reason = write() {
      throw JobError(
        .failed, "metrics", "the metrics file \(path) can't be written: \(reason); see `metrics: { file: … }`")
    }
    try start()
  }

  private func start() throws {
    var thread = pthread_t()
    let own = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<MetricsFile>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, own.toOpaque())
    guard code == 0 else {
      own.release()
      throw JobError(.failed, "metrics", "no thread can be made for metrics: \(String(cString: strerror(code)))")
    }
    self.thread = thread
  }

  private func run() {
    while stopped.receive(timeout_us: interval_us).isEmpty { writeAgain() }
    writeAgain()
  }

  /// Writes the file a last time and ends the thread; once. [control]
  func close() {
    guard let thread else { return }
    self.thread = nil
    stopped.send(())
    pthread_join(thread, nil)
  }

  /// A file that can't be written for a while (a full disk) is told once, and is no reason to stop.
  private func writeAgain() {
    let reason = write()
    guard (reason != nil) != hasFailed.exchange(reason != nil, ordering: .relaxed) else { return }
    if let reason {
      Log.write(.warning, "metrics", "the metrics file can't be written: \(reason)", ["file": path])
    } else {
      Log.write(.info, "metrics", "the metrics file can be written again", ["file": path])
    }
  }

  /// Writes the file; why it can't be written if so. Not synced: what a crash of the machine takes is of no use after it.
  private func write() -> String? {
    let temporary = "\(path).tmp"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { return String(cString: strerror(errno)) }
    let isWritten = Self.write(Array(registry.text().utf8), to: file)
    let code = errno
    Glibc.close(file)
    guard isWritten else { return String(cString: strerror(code)) }
    return rename(temporary, path) == 0 ? nil : String(cString: strerror(errno))
  }

  private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + written, $0.count - written) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }
}
