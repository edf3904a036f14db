import Glibc
import Synchronization

/// SIGTERM and SIGINT: the first asks for a drain and a last checkpoint, the second ends the process at once.
package enum Signals {
  private static let count = Atomic<Int>(0)

  /// Takes the two signals over. [control]
  package static func install() {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in
      if Signals.count.wrappingAdd(1, ordering: .relaxed).newValue > 1 { _exit(ExitCode.interrupted.rawValue) }
    }
    sigaction(SIGTERM, &action, nil)
    sigaction(SIGINT, &action, nil)
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)  // writing says so, too
  }

  /// Whether a stop was asked for. [any]
  package static var stopRequested: Bool { count.load(ordering: .relaxed) > 0 }
}
