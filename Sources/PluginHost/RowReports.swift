import CMillrace

/// A bad row that a serde or sink reported.
package struct RowError: Sendable {
  package var row: Int
  package var code: Int32
  package var message: String

  package init(row: Int, code: Int32, message: String) {
    self.row = row
    self.code = code
    self.message = message
  }
}

/// Collects the bad rows that a plugin reports during a call. One thread at a time.
final class RowReports {
  private var errors: [RowError] = []
  /// A report that goes against the rules: rows in ascending order, each once, none that is not there.
  private var strayReport: Int64?
  private var rowCount = 0

  /// What the plugin reports through, for a call with so many rows. Valid while this object lives.
  func begin(rowCount: Int) -> mill_row_errors {
    errors.removeAll(keepingCapacity: true)
    strayReport = nil
    self.rowCount = rowCount
    return mill_row_errors(
      struct_size: UInt32(MemoryLayout<mill_row_errors>.size), reserved: 0,
      context: Unmanaged.passUnretained(self).toOpaque(),
      report: { errors, row, code, message in
        guard let context = errors?.pointee.context else { return }
        Unmanaged<RowReports>.fromOpaque(context).takeUnretainedValue().add(row, code, message)
      })
  }

  private func add(_ row: Int64, _ code: Int32, _ message: UnsafePointer<CChar>?) {
    guard row >= 0, row < rowCount, errors.last.map({ $0.row < row }) ?? true else {
      strayReport = row
      return
    }
    errors.append(RowError(row: Int(row), code: code, message: message.map { String(cString: $0) } ?? "bad row"))
  }

  /// The bad rows of the call that `what` names, of plugin `id`. Throws if some report could not be one: a bad row would
  /// pass as good.
  func end(_ id: String, _ what: String) throws -> [RowError] {
    guard let row = strayReport else { return errors }
    throw PluginError(
      "bad-report", id, "\(what) reported row \(row) of \(rowCount): bad rows go in ascending order, each once")
  }
}
