import CMillrace
import Glibc
import Synchronization

/// The engine as plugins see it.
package enum Host {
  /// Takes plugins' log lines: level (MILL_LOG_*), component, message. [any]
  package typealias LogHandler = @Sendable (_ level: Int32, _ component: String, _ message: String) -> Void

  private struct Logging {
    var handler: LogHandler?
    var second: Int = 0
    var counts: [String: Int] = [:]
  }
  private static let logging = Mutex(Logging())
  /// Lines a second of one component.
  private static let lineLimit = 100

  /// Where plugins' log lines go from now on.
  package static func setLog(_ handler: @escaping LogHandler) { logging.withLock { $0.handler = handler } }

  /// Hands a line on unless its component has said too much this second.
  static func write(_ level: Int32, _ component: String, _ message: String) {
    let handler = logging.withLock { state -> LogHandler? in
      let now = time(nil)
      if now != state.second {
        state.second = now
        state.counts.removeAll(keepingCapacity: true)
      }
      let count = state.counts[component, default: 0] + 1
      state.counts[component] = count
      return count <= lineLimit ? state.handler : nil
    }
    handler?(level, component, message)
  }

  nonisolated(unsafe) private static let log: UnsafePointer<mill_log> = {
    let table = UnsafeMutablePointer<mill_log>.allocate(capacity: 1)
    table.initialize(
      to: mill_log(
        struct_size: UInt32(MemoryLayout<mill_log>.size), reserved: 0,
        write: { level, component, message in
          Host.write(
            level, component.map { String(cString: $0) } ?? "plugin", message.map { String(cString: $0) } ?? "")
        }))
    return UnsafePointer(table)
  }()

  /// The host that plugins get; lives as long as the process.
  nonisolated(unsafe) package static let pointer: UnsafePointer<mill_host> = {
    let host = UnsafeMutablePointer<mill_host>.allocate(capacity: 1)
    host.initialize(
      to: mill_host(
        struct_size: UInt32(MemoryLayout<mill_host>.size), abi_minor: UInt32(MILL_ABI_MINOR),
        version: UnsafePointer(strdup("0.1.0")),
        get_extension: { _, id in
          guard let id else { return nil }
          if strcmp(id, MILL_LOG) == 0 { return UnsafeRawPointer(log) }
          if strcmp(id, MILL_MEMORY) == 0 { return UnsafeRawPointer(HostMemory.table) }
          return nil
        }))
    return UnsafePointer(host)
  }()
}
