import CMillrace

@testable import Columnar

/// A value of any type, for comparing what arrays hold.
enum Value: Equatable {
  case null
  case bool(Bool)
  /// The little-endian bytes of a value of fixed width, or a string's.
  case bytes([UInt8])
  /// A list's items, or a map's entries.
  case items([Value])
  case fields([Value])

  static func integer<Integer: FixedWidthInteger>(_ value: Integer) -> Value {
    .bytes(withUnsafeBytes(of: value.littleEndian) { Array($0) })
  }
  static func text(_ text: String) -> Value { .bytes(Array(text.utf8)) }
}

/// A seed replays a test: MILLRACE_SEED.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64: http://xoshiro.di.unimi.it/splitmix64.c
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

extension Value {
  /// Any value of a field's type.
  static func random(_ field: Field, _ random: inout SeededRandom) -> Value {
    if field.nullable && Int.random(in: 0..<4, using: &random) == 0 { return .null }
    switch field.type {
    case .bool: return .bool(Bool.random(using: &random))
    case .utf8, .binary:
      let size =
        Bool.random(using: &random) ? Int.random(in: 0...12, using: &random) : Int.random(in: 13...40, using: &random)
      return .bytes((0..<size).map { _ in UInt8.random(in: 97...122, using: &random) })
    case .list(let item):
      return .items((0..<Int.random(in: 0...4, using: &random)).map { _ in .random(item, &random) })
    case .map(let key, let value):
      let count = Int.random(in: 0...3, using: &random)
      return .items((0..<count).map { _ in .fields([.random(key, &random), .random(value, &random)]) })
    case .structure(let fields): return .fields(fields.map { .random($0, &random) })
    default:
      return .bytes((0..<(field.type.byteWidth ?? 0)).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
  }
}

/// Every type that Millrace carries.
enum AllTypes {
  static let flat: [DataType] =
    [
      .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float32, .float64, .utf8, .binary,
      .fixedSizeBinary(1), .fixedSizeBinary(3), .fixedSizeBinary(16), .date32, .date64, .time32(.second),
      .time32(.millisecond), .time64(.microsecond), .time64(.nanosecond), .decimal128(precision: 38, scale: 9),
    ] + TimeUnit.allCases.flatMap { [DataType.timestamp($0, zone: nil), .timestamp($0, zone: "Europe/Paris")] }

  static let nested: [DataType] = [
    .list(Field("item", .utf8, nullable: true)), .list(Field("item", .int32)),
    .structure([Field("a", .int16, nullable: true), Field("b", .utf8), Field("c", .bool, nullable: true)]),
    .map(key: Field("key", .utf8), value: Field("value", .float64, nullable: true)),
    .list(Field("item", .list(Field("item", .structure([Field("x", .binary, nullable: true)]), nullable: true)))),
    .structure([Field("s", .structure([Field("l", .list(Field("item", .utf8)))]), nullable: true)]),
  ]

  static var all: [DataType] { flat + nested }
}
