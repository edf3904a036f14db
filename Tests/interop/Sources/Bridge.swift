import CMillrace
import Columnar
import Glibc

// What tests in Python call: batches in Arrow's C form through the engine's columns and back.

/// Imports a batch (moved) of `schema` (not released), brings it to views, takes the rows at `rows` if there are any
/// to take (`row_count` ≥ 0), and exports what came of it. Returns 0, or 1 with the reason in `message`, 512 bytes.
@_cdecl("interop_pass")
public func pass(
  _ schema: UnsafeMutablePointer<ArrowSchema>, _ array: UnsafeMutablePointer<ArrowArray>,
  _ rows: UnsafePointer<UInt32>?, _ row_count: Int64, _ outSchema: UnsafeMutablePointer<ArrowSchema>,
  _ outArray: UnsafeMutablePointer<ArrowArray>, _ message: UnsafeMutablePointer<CChar>
) -> Int32 {
  answering(message) {
    let (batch, schema) = try admitted(schema, array)
    let rows = row_count < 0 ? nil : UnsafeBufferPointer(start: rows, count: Int(row_count))
    let result = try rows.map { try take(batch, schema: schema, indices: $0).checked(against: schema) } ?? batch
    schema.export(to: outSchema)
    give(result, to: outArray)
  }
}

/// Imports a batch as `interop_pass` does, and gives the text of each column's values as a line: malloc'd, the
/// caller's to free by `interop_free`.
@_cdecl("interop_text")
public func text(
  _ schema: UnsafeMutablePointer<ArrowSchema>, _ array: UnsafeMutablePointer<ArrowArray>,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, _ message: UnsafeMutablePointer<CChar>
) -> Int32 {
  answering(message) {
    let (batch, schema) = try admitted(schema, array)
    let lines = schema.fields.enumerated().map { index, field in
      (0..<batch.rowCount).map { ValueText.text(batch.column(index).pointee, field.type, row: $0) }
        .joined(separator: " ")
    }
    out.pointee = strdup(lines.joined(separator: "\n"))
  }
}

/// Frees what `interop_text` gave.
@_cdecl("interop_free")
public func release(_ text: UnsafeMutablePointer<CChar>?) { free(text) }

func admitted(
  _ schema: UnsafeMutablePointer<ArrowSchema>, _ array: UnsafeMutablePointer<ArrowArray>
) throws -> (RecordBatch, Schema) {
  let batch = RecordBatch(columns: array.pointee, eventTimes: nil, rowKinds: nil, keeping: nil)
  array.pointee.release = nil
  let producer = try ProducerSchema(importing: schema)
  return (try batch.admitted(as: producer), producer.schema)
}

private func give(_ batch: RecordBatch, to target: UnsafeMutablePointer<ArrowArray>) {
  target.initialize(to: batch.raw.pointee.columns)
  target.pointee.private_data = Unmanaged.passRetained(batch).toOpaque()
  target.pointee.release = { array in
    guard let array, let data = array.pointee.private_data else { return }
    array.pointee.release = nil
    Unmanaged<RecordBatch>.fromOpaque(data).release()
  }
}

func answering(_ message: UnsafeMutablePointer<CChar>, _ body: () throws -> Void) -> Int32 {
  do {
    try body()
    return 0
  } catch {
    _ = "\(error)".withCString { strncpy(message, $0, 511) }
    message[511] = 0
    return 1
  }
}
