import CMillrace
import Columnar

/// A plugin that can't be used, or a call to one that failed.
package struct PluginError: Error, Sendable, CustomStringConvertible {
  /// What the plugin meant by failing.
  package enum Class: Sendable {
    case retry, row, fatal
  }
  /// Short and stable, e.g. "wrong-abi".
  package var code: String
  /// The file, or the operator's or serde's id.
  package var place: String
  /// What is wrong, and the remedy.
  package var message: String
  package var errorClass = Class.fatal

  package var description: String { "\(place): \(message)" }

  init(_ code: String, _ place: String, _ message: String) {
    self.code = code
    self.place = place
    self.message = message
  }
}

/// Calls a plugin's fallible function and turns a status other than MILL_OK into a `PluginError`.
func call(_ place: String, _ what: String, _ body: (UnsafeMutablePointer<mill_error>) -> Int32) throws {
  var error = mill_error()
  error.struct_size = UInt32(MemoryLayout<mill_error>.size)
  let status = body(&error)
  guard status != Int32(MILL_OK) else { return }
  var text = withUnsafeBytes(of: &error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  if text.isEmpty { text = "\(what) failed with status \(status) and said nothing" }
  var result = PluginError("plugin-call-failed", place, "\(what): \(text)")
  result.errorClass =
    switch error.error_class {
    case Int32(MILL_CLASS_RETRY): .retry
    case Int32(MILL_CLASS_ROW): .row
    default: .fatal
    }
  throw result
}

/// Takes in a batch that a plugin handed over; a `BatchError` becomes a `PluginError` that names the plugin.
func admitting(_ place: String, _ what: String, _ body: () throws -> RecordBatch) throws -> RecordBatch {
  do { return try body() } catch let error as BatchError {
    throw PluginError("bad-batch", place, "\(what): \(error)")
  }
}
