/// How messages say which schema they were written with.
package enum Framing: String, Sendable, CaseIterable {
  /// A byte 0 and the schema's id in four bytes, before the payload.
  case confluent
  /// A byte 1 and the schema's GUID in a header. Read: also a header as `confluent` begins, and `confluent` itself, where
  /// there is no such header.
  case confluentHeader = "confluent_header"
  /// A byte 0 and an id of Apicurio's in four bytes, before the payload.
  case apicurio
  /// A byte 0 and an id of Apicurio's in eight bytes, before the payload.
  case apicurioLegacy = "apicurio_legacy"
  /// An id of Apicurio's in a header. Read: `apicurio` where there is no such header.
  case apicurioHeader = "apicurio_header"

  /// The API that has the ids.
  package var api: RegistryAPI {
    switch self {
    case .confluent, .confluentHeader: .confluent
    case .apicurio, .apicurioLegacy, .apicurioHeader: .apicurio
    }
  }

  /// The headers of keys or values that are read for it; none if it is in what they are.
  package func headerNames(_ part: MessagePart) -> [String] {
    switch self {
    case .confluent, .apicurio, .apicurioLegacy: []
    case .confluentHeader: ["__\(part.rawValue)_schema_id"]
    case .apicurioHeader: ["contentId", "globalId", "encoding"].map { "apicurio.\(part.rawValue).\($0)" }
    }
  }

  /// The headers that say something of the schema of keys or values, or of how they are written, in any framing.
  package static func allHeaderNames(_ part: MessagePart) -> [String] {
    let others = ["contentHash", "groupId", "artifactId", "version", "msgType"].map {
      "apicurio.\(part.rawValue).\($0)"
    }
    let type = part == .key ? "apicurio.protobuf.type.key" : "apicurio.protobuf.type"
    return allCases.flatMap { $0.headerNames(part) } + others + [type]
  }
}

/// What a schema registry is asked by.
package enum RegistryAPI: String, Sendable, CaseIterable {
  /// Confluent's.
  case confluent
  /// Apicurio Registry's own.
  case apicurio

  /// What framing its writers use if they are told nothing.
  package var framing: Framing { self == .apicurio ? .apicurio : .confluent }
}

/// Apicurio's ids of a schema.
package enum ApicurioId: String, Sendable, CaseIterable {
  /// Of the text, whatever artifacts have it.
  case content = "content_id"
  /// Of a version of an artifact.
  case global = "global_id"
}

extension Connection {
  /// Of a schema registry; Confluent's if `api` says nothing that is one.
  package var registryAPI: RegistryAPI {
    properties.first { $0.name == "api" }.flatMap { RegistryAPI(rawValue: $0.value.revealed) } ?? .confluent
  }
}
