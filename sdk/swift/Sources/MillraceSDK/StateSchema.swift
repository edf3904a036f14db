/// The type of a state: an Arrow format, and for a struct its fields.
struct StateSchema: Sendable {
  var format: String
  var fields: [(String, String)]

  /// Bytes of a record of these fields, laid out as C lays them out; nil if it is no struct of fixed-width fields.
  var recordSize: Int? {
    guard format == "+s" else { return nil }
    var size = 0
    var widest = 1
    for (_, format) in fields {
      guard let (width, alignment) = StateSchema.layout(of: format) else { return nil }
      size = StateSchema.round(size, to: alignment) + width
      widest = max(widest, alignment)
    }
    return StateSchema.round(size, to: widest)
  }

  private static func round(_ size: Int, to alignment: Int) -> Int { (size + alignment - 1) / alignment * alignment }

  /// Width and alignment of a fixed-width format, in bytes.
  private static func layout(of format: String) -> (width: Int, alignment: Int)? {
    switch format {
    case "c", "C", "b": return (1, 1)
    case "s", "S": return (2, 2)
    case "i", "I", "f", "tdD", "tts", "ttm": return (4, 4)
    case "l", "L", "g", "tdm", "ttu", "ttn": return (8, 8)
    default:
      if format.hasPrefix("ts") { return (8, 8) }
      guard format.hasPrefix("w:"), let width = Int(format.dropFirst(2)), (0...1 << 20).contains(width) else {
        return nil
      }
      return (width, 1)
    }
  }
}
