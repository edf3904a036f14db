/// Takes the canonical bytes of single keys apart, and makes them from values: what `KeyEncoder` does for batches, for
/// those who look at state.
package struct KeyCodec: Sendable {
  /// The key's columns.
  package let fields: [Field]

  /// Throws `KeyError` if a column's type can't be part of a key.
  package init(_ fields: [Field]) throws {
    for field in fields where field.type.byteWidth == nil && !field.type.isView && field.type != .bool {
      throw KeyError(description: "field \"\(field.name)\" of type \(field.type) can't be part of a key")
    }
    self.fields = fields
  }

  /// A value for each column; nil if the bytes are no key of these columns.
  package func values(_ key: UnsafeBufferPointer<UInt8>) -> [Scalar]? {
    var rest = UnsafeRawBufferPointer(key)[...]
    func take(_ count: Int) -> UnsafeRawBufferPointer? {
      guard count <= rest.count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
    }
    var values: [Scalar] = []
    for (place, field) in fields.enumerated() {
      if field.nullable {
        guard let flag = take(1), flag[0] <= 1 else { return nil }
        if flag[0] == 0 {
          values.append(.null)
          continue
        }
      }
      let isLast = place == fields.count - 1
      guard let value = Self.value(field.type, isLast: isLast, restCount: rest.count, take) else { return nil }
      values.append(value)
    }
    return rest.isEmpty ? values : nil
  }

  private static func value(
    _ type: DataType, isLast: Bool, restCount: Int, _ take: (Int) -> UnsafeRawBufferPointer?
  ) -> Scalar? {
    guard type.isView else {
      return take(type.byteWidth ?? 1).flatMap { Scalar(fixedWidth: $0, type: type) }
    }
    if isLast { return take(restCount).map { .bytes(Array($0)) } }
    guard let word = take(4) else { return nil }
    return take(Int(UInt32(littleEndian: word.loadUnaligned(as: UInt32.self)))).map { .bytes(Array($0)) }
  }

  /// The canonical bytes of a key. `values`: one for each column, of its type; null only where the field is nullable.
  package func bytes(_ values: [Scalar]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (place, (field, value)) in zip(fields, values).enumerated() {
      if field.nullable { bytes.append(value == .null ? 0 : 1) }
      guard !field.nullable || value != .null else { continue }
      guard field.type.isView else {
        bytes += value.fixedWidthBytes(field.type)
        continue
      }
      guard case .bytes(let text) = value else { continue }
      if place < fields.count - 1 {
        withUnsafeBytes(of: UInt32(text.count).littleEndian) { bytes.append(contentsOf: $0) }
      }
      bytes += text
    }
    return bytes
  }

  /// The canonical bytes of a key from the text of each column. Throws `Scalar.SyntaxError`.
  package func bytes(parsing texts: [String]) throws -> [UInt8] {
    guard texts.count == fields.count else {
      let columns = fields.map(\.description).joined(separator: ", ")
      throw Scalar.SyntaxError(description: "the key has \(fields.count) columns (\(columns)), found \(texts.count)")
    }
    return bytes(try zip(texts, fields).map { try Scalar(parsing: $0, field: $1) })
  }
}
