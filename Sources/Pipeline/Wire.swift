/// Protobuf's encoding, as far as the engine itself has to do with it:
/// https://protobuf.dev/programming-guides/encoding/.
package enum Wire {
  /// The number that `rest` begins with, which is taken off; nil if it begins with none.
  package static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return number }
    }
    return nil
  }

  /// A number's bytes.
  package static func bytes(_ number: UInt64) -> [UInt8] {
    number < 0x80 ? [UInt8(number)] : [UInt8(truncatingIfNeeded: number) | 0x80] + bytes(number >> 7)
  }

  /// The bytes of each field `number` of a message that has a size before it; nil if `message` is none.
  package static func sized(_ message: ArraySlice<UInt8>, field number: UInt64) -> [ArraySlice<UInt8>]? {
    var rest = message
    var found: [ArraySlice<UInt8>] = []
    while !rest.isEmpty {
      guard let tag = varint(&rest), tag >> 3 > 0, let size = size(of: tag & 7, &rest), size <= UInt64(rest.count)
      else { return nil }
      if tag == number << 3 | 2 { found.append(rest.prefix(Int(size))) }
      rest = rest.dropFirst(Int(size))
    }
    return found
  }

  /// How many bytes the rest of a field of a wire type takes; nil if that is none.
  private static func size(of type: UInt64, _ rest: inout ArraySlice<UInt8>) -> UInt64? {
    switch type {
    case 0: varint(&rest).map { _ in 0 }
    case 1: 8
    case 2: varint(&rest)
    case 5: 4
    default: nil
    }
  }
}
