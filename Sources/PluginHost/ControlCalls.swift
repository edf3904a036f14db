import CMillrace
import Synchronization

/// Calls that the ABI tags [control]: one at a time in the whole process, whichever worker's thread they come from. A
/// plugin may keep what it shares between its instances without locks of its own.
enum ControlCalls {
  private static let turn = Mutex(())

  /// Calls a fallible function. Throws `PluginError`.
  static func call(_ place: String, _ what: String, _ body: (UnsafeMutablePointer<mill_error>) -> Int32) throws {
    try turn.withLock { _ in try PluginHost.call(place, what, body) }
  }

  /// Calls a function that can't fail.
  static func run(_ body: () -> Void) { turn.withLock { _ in body() } }
}
