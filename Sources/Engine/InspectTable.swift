import Columnar

/// How rows are printed.
package enum InspectFormat: String, CaseIterable, Sendable {
  /// Columns for people.
  case table
  /// One JSON object a line.
  case json
  /// An Arrow IPC stream.
  case arrow
}

/// Prints rows of given columns. `finish` must be called after the last row, once.
final class RowPrinter {
  private static let arrowRows = 4096
  /// A batch ends earlier at about as many bytes of text and bytes in it.
  private static let arrowBytes = 16 << 20
  private static let lineBytes = 1 << 16

  private let fields: [Field]
  private let format: InspectFormat
  private let output: (String) throws -> Void
  private var arrow: ArrowStreamWriter?
  private var rows: [[Scalar]] = []
  private var rowBytes = 0
  private var lines = ""

  /// `output` gets pieces of text, `bytes` of an Arrow stream; what they throw comes out of every call.
  init(
    _ fields: [Field], format: InspectFormat, output: @escaping ([UInt8]) throws -> Void
  ) throws {
    self.fields = fields
    self.format = format
    self.output = { try output(Array($0.utf8)) }
    if format == .arrow { arrow = try ArrowStreamWriter(fields, sink: output) }
  }

  /// Adds a row: a value for each column.
  func add(_ row: [Scalar]) throws {
    guard format != .json else { return try addLine(row) }
    rows.append(row)
    rowBytes += row.reduce(0) { $0 + $1.roughSize }
    if format == .arrow, rows.count >= Self.arrowRows || rowBytes >= Self.arrowBytes { try writeBatch() }
  }

  func finish() throws {
    switch format {
    case .json: try output(lines)
    case .table: try output(TextTable(fields, rows, limit: TextTable.cellLimit).text)
    case .arrow:
      if !rows.isEmpty { try writeBatch() }
      try arrow?.finish()
    }
  }

  private func writeBatch() throws {
    try arrow?.write(rows)
    rows.removeAll(keepingCapacity: true)
    rowBytes = 0
  }

  private func addLine(_ row: [Scalar]) throws {
    Scalar.structure(row).writeJSON(.structure(fields), to: &lines)
    lines += "\n"
    guard lines.utf8.count >= Self.lineBytes else { return }
    try output(lines)
    lines = ""
  }
}

extension Scalar {
  /// Bytes of texts and bytes in it.
  fileprivate var roughSize: Int {
    switch self {
    case .bytes(let bytes): bytes.count
    case .list(let items), .structure(let items): items.reduce(0) { $0 + $1.roughSize }
    default: 0
    }
  }
}

/// Rows in columns, numbers to the right. Columns without any value are left out.
struct TextTable {
  /// Characters of a value in `millrace state` and `checkpoints list`; what is longer is cut.
  static let cellLimit = 60
  private let columns: [(header: String, cells: [String], isNumber: Bool)]

  /// `limit`: of characters, from which on values are cut.
  init(_ fields: [Field], _ rows: [[Scalar]], limit: Int = .max) {
    columns = fields.enumerated().compactMap { index, field in
      guard rows.isEmpty || rows.contains(where: { $0[index] != .null }) else { return nil }
      return (field.name, rows.map { Self.cut($0[index].text(field.type), limit) }, field.type.isNumber)
    }
  }

  /// One row, a line for each column that has a value.
  static func upright(_ fields: [Field], _ row: [Scalar]) -> TextTable {
    TextTable(
      [Field("column", .utf8), Field("value", .utf8)],
      zip(fields, row).filter { $1 != .null }.map { [.text($0.name), .text($1.text($0.type))] })
  }

  private static func cut(_ text: String, _ limit: Int) -> String {
    text.count > limit ? text.prefix(limit - 1) + "…" : text
  }

  /// The lines, each with a newline; the first has the columns' names.
  var text: String {
    let widths = columns.map { column in (column.cells + [column.header]).map(\.count).max() ?? 0 }
    func line(_ cells: [String]) -> String {
      var line = ""
      for (index, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: widths[index] - cell.count)
        line += (index == 0 ? "" : "  ") + (columns[index].isNumber ? padding + cell : cell + padding)
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }
    let count = columns.first?.cells.count ?? 0
    return line(columns.map(\.header)) + (0..<count).map { row in line(columns.map { $0.cells[row] }) }.joined()
  }
}

extension DataType {
  fileprivate var isNumber: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float32, .float64, .decimal128: true
    default: false
    }
  }
}
