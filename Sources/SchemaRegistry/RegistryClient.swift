import Foundation

/// Asks a registry, by Confluent's API: https://docs.confluent.io/platform/current/schema-registry/develop/api.html.
/// Of several instances the one that answered last is asked first. One thread at a time; calls block.
package final class RegistryClient {
  /// How deep schemas may refer to others.
  private static let depthLimit = 32
  /// How many schemas one may refer to in all.
  private static let referenceLimit = 1000

  private let urls: [String]
  private let sender: any HTTPSending
  private var current = 0

  /// Asks by the network. Does not connect.
  package convenience init(_ settings: RegistrySettings) {
    self.init(urls: settings.urls, sender: HTTPClient(settings))
  }

  /// `urls`: at least one.
  package init(urls: [String], sender: any HTTPSending) {
    (self.urls, self.sender) = (urls, sender)
  }

  /// The kinds of schemas that the registry knows: the least question there is. Throws `RegistryFailure`.
  package func types() throws(RegistryFailure) -> [String] {
    try ask("kinds of schemas", HTTPRequest(path: "/schemas/types"))
  }

  /// The schema with an id, and all that it refers to. Throws `RegistryFailure`.
  package func schema(_ id: SchemaId) throws(RegistryFailure) -> SchemaText {
    let (what, path) =
      switch id {
      case .id(let id): ("schema \(id)", "/schemas/ids/\(id)")
      case .guid(let guid): ("schema \(guid)", "/schemas/guids/\(guid)")
      }
    let answer: Schema = try ask(what, HTTPRequest(path: path))
    var left = Self.referenceLimit
    return try resolved(answer, what, depth: 0, &left)
  }

  /// Registers a schema under a subject, unless it is there; gives its ids. Throws `RegistryFailure`.
  package func register(subject: String, _ schema: SchemaText) throws(RegistryFailure) -> SchemaIds {
    let answer: Ids = try ask(
      "registering a schema under subject \"\(subject)\"",
      HTTPRequest(method: "POST", path: "/subjects/\(Self.escaped(subject))/versions", body: try body(schema)))
    return answer.ids
  }

  /// The ids of a schema that is registered under a subject. Throws `RegistryFailure`, of kind unregistered if it is not.
  package func lookUp(subject: String, _ schema: SchemaText) throws(RegistryFailure) -> SchemaIds {
    try asUnregistered { () throws(RegistryFailure) in
      let answer: Ids = try ask(
        "looking a schema up under subject \"\(subject)\"",
        HTTPRequest(method: "POST", path: "/subjects/\(Self.escaped(subject))", body: try body(schema)))
      return answer.ids
    }
  }

  /// The schema that a subject has last, with all that it refers to, and its ids. Throws `RegistryFailure`, of kind
  /// unregistered if there is no such subject.
  package func latest(subject: String) throws(RegistryFailure) -> LatestVersions.Version {
    let what = "the latest schema of subject \"\(subject)\""
    return try asUnregistered { () throws(RegistryFailure) in
      let answer: Schema = try ask(what, HTTPRequest(path: "/subjects/\(Self.escaped(subject))/versions/latest"))
      guard let id = answer.id else { throw RegistryFailure(what, "the registry's answer has no id", .malformed) }
      var left = Self.referenceLimit
      let ids = SchemaIds(id: id, guid: answer.guid)
      return LatestVersions.Version(ids: ids, schema: try resolved(answer, what, depth: 0, &left))
    }
  }

  /// What a subject does not have is unregistered, which is no question of messages' ids.
  private func asUnregistered<Found>(_ body: () throws(RegistryFailure) -> Found) throws(RegistryFailure) -> Found {
    do { return try body() } catch {
      var failure = error
      if failure.kind == .unknown { failure.kind = .unregistered }
      throw failure
    }
  }

  // MARK: - References

  private func resolved(
    _ schema: Schema, _ what: String, depth: Int, _ left: inout Int
  ) throws(RegistryFailure) -> SchemaText {
    guard let format = SchemaText.Format(rawValue: schema.schemaType ?? "AVRO") else {
      throw RegistryFailure(what, "its type is \"\(schema.schemaType ?? "")\", which no serde here knows", .unusable)
    }
    var references: [SchemaText.Reference] = []
    for reference in schema.references ?? [] {
      left -= 1
      guard depth < Self.depthLimit, left >= 0 else {
        throw RegistryFailure(
          what, "it refers to more than \(Self.referenceLimit) others, or deeper than \(Self.depthLimit)", .unusable)
      }
      let version = "\(reference.subject)\" version \(reference.version)"
      let other: Schema = try ask(
        "\(what), which refers to subject \"\(version)",
        HTTPRequest(path: "/subjects/\(Self.escaped(reference.subject))/versions/\(reference.version)"))
      references.append(
        .init(name: reference.name, schema: try resolved(other, what, depth: depth + 1, &left)))
    }
    return SchemaText(format: format, text: schema.schema, references: references)
  }

  private func body(_ schema: SchemaText) throws(RegistryFailure) -> String {
    // What is written here refers to nothing.
    let sent = Schema(
      schema: schema.text, schemaType: schema.format == .avro ? nil : schema.format.rawValue, references: nil)
    guard let data = try? JSONEncoder().encode(sent) else {
      throw RegistryFailure("a schema", "it can't be written as JSON", .malformed)
    }
    return String(decoding: data, as: UTF8.self)
  }

  private static func escaped(_ subject: String) -> String {
    let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    return subject.addingPercentEncoding(withAllowedCharacters: plain) ?? subject
  }

  // MARK: - Asking

  private struct Schema: Codable {
    struct Reference: Codable {
      var name: String
      var subject: String
      var version: Int
    }
    var schema: String
    var schemaType: String?
    var references: [Reference]?
    /// Of a subject's version.
    var id: Int64?
    var guid: SchemaGuid?
  }

  private struct Ids: Codable {
    var id: Int64
    /// Registries before Confluent's 8.0 have none.
    var guid: SchemaGuid?
    var ids: SchemaIds { SchemaIds(id: id, guid: guid) }
  }

  private struct Problem: Codable {
    var error_code: Int?
    var message: String?
  }

  private func ask<Answer: Decodable>(_ what: String, _ request: HTTPRequest) throws(RegistryFailure) -> Answer {
    var troubles: [String] = []
    for _ in urls.indices {
      do {
        let answer = try sender.send(request, to: urls[current])
        guard answer.status >= 500 || answer.status == 429 else { return try read(what, answer) }
        troubles.append("\(urls[current]): \(Self.message(of: answer))")
      } catch let trouble as HTTPTrouble {
        troubles.append(trouble.message)
      } catch { throw error as? RegistryFailure ?? RegistryFailure(what, "\(error)", .malformed) }
      current = (current + 1) % urls.count
    }
    throw RegistryFailure(what, troubles.joined(separator: "; "), .unavailable)
  }

  private func read<Answer: Decodable>(_ what: String, _ answer: HTTPAnswer) throws(RegistryFailure) -> Answer {
    switch answer.status {
    case 200..<300: break
    case 401, 403: throw RegistryFailure(what, "the registry refuses: \(Self.message(of: answer))", .refused)
    case 404 where Self.isOfRegistry(answer):
      throw RegistryFailure(what, "the registry does not have it: \(Self.message(of: answer))", .unknown)
    case 409, 422: throw RegistryFailure(what, "the registry rejects it: \(Self.message(of: answer))", .rejected)
    default: throw RegistryFailure(what, "the registry answers \(Self.message(of: answer))", .malformed)
    }
    guard let read = try? JSONDecoder().decode(Answer.self, from: Data(answer.body)) else {
      throw RegistryFailure(what, "the registry's answer is not what its API says", .malformed)
    }
    return read
  }

  /// Whether it is the registry that does not have something (40401 to 40403), and not a server that knows of no registry.
  private static func isOfRegistry(_ answer: HTTPAnswer) -> Bool {
    let problem = try? JSONDecoder().decode(Problem.self, from: Data(answer.body))
    return problem?.error_code.map { $0 / 100 == 404 } ?? false
  }

  private static func message(of answer: HTTPAnswer) -> String {
    let problem = try? JSONDecoder().decode(Problem.self, from: Data(answer.body))
    return "HTTP \(answer.status)" + (problem?.message.map { ", \($0)" } ?? "")
  }
}
