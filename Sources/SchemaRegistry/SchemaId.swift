/// What messages know a schema by.
package enum SchemaId: Hashable, Sendable {
  /// The id that Confluent's API gives it in one registry.
  case id(Int64)
  /// The id that Confluent's API gives it in any registry.
  case guid(SchemaGuid)
  /// The id that Apicurio gives a text, whatever artifacts have it.
  case contentId(Int64)
  /// The id that Apicurio gives a version of an artifact.
  case globalId(Int64)
}

extension SchemaId: CustomStringConvertible {
  /// For people, e.g. "id 7".
  package var description: String {
    switch self {
    case .id(let id): "id \(id)"
    case .guid(let guid): "guid \(guid)"
    case .contentId(let id): "content id \(id)"
    case .globalId(let id): "global id \(id)"
    }
  }
}

/// A UUID: https://www.rfc-editor.org/rfc/rfc9562.
package struct SchemaGuid: Hashable, Sendable {
  /// How many bytes it has.
  package static let size = 16

  private let high, low: UInt64

  /// Of 16 bytes, in the order of the text; nil if there are not as many.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.size else { return nil }
    func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    (high, low) = (number(bytes.prefix(8)), number(bytes.dropFirst(8)))
  }

  /// Of its text: 32 hexadecimal digits with dashes behind the 8th, 12th, 16th and 20th; nil if it is none.
  package init?(_ text: String) {
    let groups = text.split(separator: "-", omittingEmptySubsequences: false)
    guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12], groups.joined().allSatisfy({ $0.isASCII && $0.isHexDigit }),
      let high = UInt64(groups[0...2].joined(), radix: 16), let low = UInt64(groups[3...4].joined(), radix: 16)
    else { return nil }
    (self.high, self.low) = (high, low)
  }

  /// In the order of the text.
  package var bytes: [UInt8] {
    [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64($0))) } }
  }
}

extension SchemaGuid: CustomStringConvertible, Codable {
  /// In lower case.
  package var description: String {
    var digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }[...]
    return [4, 2, 2, 2, 6].map { count in
      defer { digits = digits.dropFirst(count) }
      return digits.prefix(count).joined()
    }.joined(separator: "-")
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let guid = SchemaGuid(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no GUID")
    }
    self = guid
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// What a registry calls a schema that it has.
package struct SchemaIds: Sendable, Equatable, Codable {
  package var id: Int64?
  /// Nil: the registry gives none.
  package var guid: SchemaGuid?

  /// Of Apicurio's own API.
  package var contentId, globalId: Int64?

  private enum CodingKeys: String, CodingKey {
    case id, guid
    case contentId = "content_id"
    case globalId = "global_id"
  }

  package init(id: Int64? = nil, guid: SchemaGuid? = nil, contentId: Int64? = nil, globalId: Int64? = nil) {
    (self.id, self.guid, self.contentId, self.globalId) = (id, guid, contentId, globalId)
  }
}

extension SchemaIds: CustomStringConvertible {
  /// The first that there is.
  package var description: String { [id, contentId, globalId].compactMap { $0 }.first.map { "\($0)" } ?? "" }
}
