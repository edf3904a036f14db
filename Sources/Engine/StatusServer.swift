import Dataflow
import Glibc
import Synchronization

/// Answers everyone who connects to a job's status socket, one at a time, from a thread of its own: the job never waits
/// for it, nor it for the job. Whoever connects gets the answer and the end of the stream, without asking.
final class StatusServer: @unchecked Sendable {
  /// How long a caller may take to read the answer, in microseconds.
  static let usualPatience_us: Int64 = 5_000_000
  /// How long the thread waits for callers at once.
  private static let turn_ms: Int32 = 1000
  /// How long it waits at once for a caller to read.
  private static let sendTimeout_us = 200_000

  private let socket: StatusSocket
  private let file: Int32
  private let patience_us: Int64
  private let answer: () throws -> [UInt8]
  private let onTurn: () -> Void
  private let isEnding = Atomic<Bool>(false)
  private var thread: pthread_t?

  /// Listens in the job's `directory`, whose lock the caller holds, until `close`. `patience_us`: how long a caller may
  /// take to read. `answer` is called on the server's thread for each caller, `onTurn` at least every second. Throws
  /// `StatusSocketError` if that can't be done.
  init(
    directory: String, patience_us: Int64 = usualPatience_us, answer: @escaping () throws -> [UInt8],
    onTurn: @escaping () -> Void = {}
  ) throws {
    socket = StatusSocket(directory: directory)
    self.patience_us = patience_us
    self.answer = answer
    self.onTurn = onTurn
    file = try socket.listen()
    // Somebody may go away again between `poll` and `accept`.
    _ = fcntl(file, F_SETFL, O_NONBLOCK)
    try start()
  }

  /// Answers with what `board` has, in a job's `directory`. Nil if there is none, and, with a warning, if it can't be done:
  /// that is no reason not to run the job.
  static func answering(_ board: StatusBoard, in directory: String?) -> StatusServer? {
    guard let directory else { return nil }
    let report = StatusReport(board)
    do {
      return try StatusServer(directory: directory, answer: { try report.answer() }, onTurn: { report.turn() })
    } catch {
      Log.write(.warning, "status", "`millrace status` won't work: \(error)")
      return nil
    }
  }

  private func start() throws {
    var thread = pthread_t()
    let own = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<StatusServer>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, own.toOpaque())
    guard code == 0 else {
      own.release()
      remove()
      throw StatusSocketError(path: socket.path, reason: "no thread can be made: \(String(cString: strerror(code)))")
    }
    self.thread = thread
  }

  /// Ends the thread and removes the socket; once. To be called while the job's lock is held: later the socket may be
  /// another owner's. [control]
  func close() {
    guard let thread else { return }
    self.thread = nil
    isEnding.store(true, ordering: .releasing)
    shutdown(file, Int32(SHUT_RDWR))  // wakes the thread's `poll`
    pthread_join(thread, nil)
    remove()
  }

  private func remove() {
    Glibc.close(file)
    unlink(socket.path)
  }

  private func run() {
    while !isEnding.load(ordering: .acquiring) {
      onTurn()
      var waiting = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, Self.turn_ms) > 0, !isEnding.load(ordering: .acquiring) else { continue }
      let caller = accept(file, nil, nil)
      if caller >= 0 {
        serve(caller)
      } else if errno != EAGAIN && errno != EINTR && errno != ECONNABORTED {
        usleep(100_000)  // out of file descriptors: the caller stays in the queue
      }
    }
  }

  private func serve(_ caller: Int32) {
    defer { Glibc.close(caller) }
    _ = fcntl(caller, F_SETFD, FD_CLOEXEC)
    var timeout = timeval(tv_sec: 0, tv_usec: Self.sendTimeout_us)
    setsockopt(caller, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    let bytes: [UInt8]
    do { bytes = try answer() } catch {
      return Log.write(.warning, "status", "there is no answer: \(error)")
    }
    send(bytes, to: caller)
  }

  /// Sends all, unless the caller goes away or takes too long.
  private func send(_ bytes: [UInt8], to caller: Int32) {
    let deadline_us = Clock.monotonic_us() + patience_us
    var sent = 0
    while sent < bytes.count, Clock.monotonic_us() < deadline_us, !isEnding.load(ordering: .acquiring) {
      let count = bytes.withUnsafeBytes {
        Glibc.send(caller, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno != EINTR && errno != EAGAIN { return }
      sent += max(0, count)
    }
  }
}
