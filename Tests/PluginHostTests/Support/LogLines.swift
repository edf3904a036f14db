import Synchronization

@testable import PluginHost

/// Collects what plugins log, from its making on.
final class LogLines: Sendable {
  struct Line: Equatable {
    var level: Int32
    var component: String
    var message: String
  }
  private let lines = Mutex<[Line]>([])

  init() {
    Host.setLog { [weak self] level, component, message in
      self?.lines.withLock { $0.append(Line(level: level, component: component, message: message)) }
    }
  }

  var all: [Line] { lines.withLock { $0 } }
}
