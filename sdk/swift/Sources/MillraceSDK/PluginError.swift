import CMillrace

/// What went wrong in a plugin, and what the engine does about it.
public struct PluginError: Error {
  /// How far the fault reaches.
  public enum Class: Int32, Sendable {
    /// A passing fault: the engine tries again later.
    case retry = 1
    /// One row is bad: it goes to the dead letters.
    case row = 2
    /// The instance can't go on: the job stops with this error.
    case fatal = 3
  }

  /// How far the fault reaches.
  public var errorClass: Class
  /// The plugin's own code, for people and metrics; 0 if it has none.
  public var code: Int32
  /// What happened, where, and the remedy; at most 511 bytes of it are shown.
  public var message: String

  /// Makes an error; fatal unless said otherwise.
  public init(_ message: String, code: Int32 = 0, errorClass: Class = .fatal) {
    self.errorClass = errorClass
    self.code = code
    self.message = message
  }

  init(_ raw: mill_error) {
    let message = withUnsafeBytes(of: raw.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    self.init(message, code: raw.code, errorClass: Class(rawValue: raw.error_class) ?? .fatal)
  }

  /// Fills `error` and gives the status that goes with it.
  func fill(_ error: UnsafeMutablePointer<mill_error>?) -> Int32 {
    mill_fail_text(error, errorClass.rawValue, code, message)
  }
}

/// An empty error for a C function to fill.
func emptyError() -> mill_error {
  var error = mill_error()
  error.struct_size = UInt32(MemoryLayout<mill_error>.size)
  return error
}

/// Runs a C call that fills an error, and throws what it filled in if it failed.
@usableFromInline
func check(_ call: (UnsafeMutablePointer<mill_error>) -> Int32) throws(PluginError) {
  var error = emptyError()
  if call(&error) != MILL_OK { throw PluginError(error) }
}

/// Runs `body`, turning what it throws into the status and the error that C callers expect.
func status(_ out: UnsafeMutablePointer<mill_error>?, _ body: () throws(PluginError) -> Void) -> Int32 {
  do throws(PluginError) {
    try body()
    return MILL_OK
  } catch {
    return error.fill(out)
  }
}
