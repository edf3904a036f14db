import CMillrace
import PluginHost

/// Lets plugins' log lines into the engine's log.
package enum HostLog {
  /// To be called once, at the start. [control]
  package static func connect() {
    Host.setLog { level, component, message in Log.write(.init(plugin: level), component, message) }
  }
}

/// The version of this engine.
package enum EngineVersion {
  package static var current: String { String(cString: Host.pointer.pointee.version) }
}

extension Log.Level {
  /// MILL_LOG_*.
  init(plugin level: Int32) {
    switch level {
    case Int32(MILL_LOG_ERROR): self = .error
    case Int32(MILL_LOG_WARNING): self = .warning
    case Int32(MILL_LOG_INFO): self = .info
    default: self = .debug
    }
  }
}
