import CMillrace

@testable import Columnar

/// Makes arrays from values, slow and plain.
struct ArrayMaker {
  /// Rows that lie before `offset`, with nonsense in them.
  var skipped = 0
  /// How strings lie, at every depth.
  var strings = StringLayout.views
  /// Whether nulls are counted or -1 is given.
  var countsNulls = true

  func array(_ field: Field, _ values: [Value]) -> ArrowArray {
    let rows = Array(repeating: Value.null, count: skipped) + values
    var target = OwnedArray()
    target.add(field.nullable || values.contains(.null) ? bits(rows.map { $0 != .null }, in: target) : nil)
    switch field.type {
    case .bool: target.add(bits(rows.map { $0 == .bool(true) }, in: target))
    case .utf8, .binary: addStrings(rows, to: &target)
    case .list(let item): addItems(rows, item, to: &target)
    case .map(let key, let value): addItems(rows, Field("entries", .structure([key, value])), to: &target)
    case .structure(let fields): addFields(rows, fields, to: &target)
    default: addFixed(rows, width: field.type.byteWidth ?? 0, to: &target)
    }
    let nulls = countsNulls ? values.filter { $0 == .null }.count : -1
    return target.finish(length: values.count, nullCount: nulls, offset: skipped)
  }

  /// A batch with a column per field.
  func batch(_ schema: Schema, _ columns: [[Value]]) -> RecordBatch {
    var target = OwnedArray()
    target.add(nil)
    for (field, values) in zip(schema.fields, columns) { target.add(child: array(field, values)) }
    return RecordBatch(
      columns: target.finish(length: columns.first?.count ?? 0, nullCount: 0), eventTimes: nil, rowKinds: nil,
      keeping: nil)
  }

  func layout(_ type: DataType) -> ColumnLayout {
    ColumnLayout(
      strings: type.isView ? strings : .views, children: type.childFields.map { layout($0.type) })
  }

  private func bits(_ values: [Bool], in target: OwnedArray) -> UnsafePointer<UInt8> {
    let size = values.count / 8 + 1
    let bits = target.allocate(UInt8.self, count: size)
    bits.update(repeating: 0, count: size)
    for (index, value) in values.enumerated() where value { bits[index / 8] |= 1 << UInt8(index % 8) }
    return UnsafePointer(bits)
  }

  private func add(_ bytes: [UInt8], to target: inout OwnedArray) {
    let memory = target.allocate(UInt8.self, count: bytes.count)
    memory.update(from: bytes, count: bytes.count)
    target.add(memory)
  }

  private func add<Element: BitwiseCopyable>(_ values: [Element], to target: inout OwnedArray) {
    add(values.withUnsafeBytes { Array($0) }, to: &target)
  }

  private func addFixed(_ rows: [Value], width: Int, to target: inout OwnedArray) {
    var bytes: [UInt8] = []
    for row in rows {
      if case .bytes(let own) = row { bytes += own } else { bytes += Array(repeating: 0xee, count: width) }
    }
    add(bytes, to: &target)
  }

  private func addStrings(_ rows: [Value], to target: inout OwnedArray) {
    var data: [UInt8] = Array("front".utf8)
    var offsets: [Int] = []
    var views: [UInt8] = []
    for row in rows {
      offsets.append(data.count)
      guard case .bytes(let own) = row else {
        // A null's view may be anything.
        views += Array(repeating: strings == .views ? 0xff : 0, count: 16)
        data += Array("nul".utf8)
        continue
      }
      views += view(own, at: data.count)
      data += own
    }
    offsets.append(data.count)
    switch strings {
    case .views:
      add(views, to: &target)
      add(data, to: &target)
      add([Int64(data.count)], to: &target)
    case .offsets32:
      add(offsets.map { Int32($0) }, to: &target)
      add(data, to: &target)
    case .offsets64:
      add(offsets.map { Int64($0) }, to: &target)
      add(data, to: &target)
    }
  }

  private func view(_ bytes: [UInt8], at place: Int) -> [UInt8] {
    func word(_ value: Int) -> [UInt8] { withUnsafeBytes(of: Int32(value).littleEndian) { Array($0) } }
    if bytes.count <= 12 { return word(bytes.count) + bytes + Array(repeating: 0, count: 12 - bytes.count) }
    return word(bytes.count) + bytes.prefix(4) + word(0) + word(place)
  }

  private func addItems(_ rows: [Value], _ item: Field, to target: inout OwnedArray) {
    var offsets: [Int32] = [0]
    var items: [Value] = []
    for row in rows {
      if case .items(let own) = row { items += own }
      offsets.append(Int32(items.count))
    }
    add(offsets, to: &target)
    target.add(child: array(item, items))
  }

  private func addFields(_ rows: [Value], _ fields: [Field], to target: inout OwnedArray) {
    for (index, field) in fields.enumerated() {
      let values = rows.map { row -> Value in
        guard case .fields(let own) = row else { return .null }
        return own[index]
      }
      target.add(child: array(field, values))
    }
  }
}
