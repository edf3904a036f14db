import Foundation

/// Asks a registry, by Confluent's API: https://docs.confluent.io/platform/current/schema-registry/develop/api.html.
/// Of several instances the one that answered last is asked first. One thread at a time; calls block.
package final class RegistryClient: RegistryAsking {
  private let asker: RegistryAsker

  /// `urls`: at least one.
  package init(urls: [String], sender: any HTTPSending) {
    asker = RegistryAsker(urls: urls, sender: sender, problem: Self.problem)
  }

  /// The kinds of schemas that the registry knows.
  package func greet() throws(RegistryFailure) -> String {
    let types: [String] = try asker.ask("kinds of schemas", HTTPRequest(path: "/schemas/types"))
    return types.joined(separator: ", ")
  }

  package func schema(_ id: SchemaId) throws(RegistryFailure) -> SchemaText {
    let (what, path): (String, String)
    switch id {
    case .id(let id): (what, path) = ("schema \(id)", "/schemas/ids/\(id)")
    case .guid(let guid): (what, path) = ("schema \(guid)", "/schemas/guids/\(guid)")
    case .contentId, .globalId: throw RegistryFailure("schema \(id)", "Confluent's API knows no such ids", .unsupported)
    }
    let answer: Schema = try asker.ask(what, HTTPRequest(path: path))
    var limit = ReferenceLimit()
    return try resolved(answer, what, depth: 0, &limit)
  }

  package func register(subject: String, _ schema: SchemaText) throws(RegistryFailure) -> SchemaIds {
    let answer: Ids = try asker.ask(
      "registering a schema under subject \"\(subject)\"",
      HTTPRequest(method: "POST", path: "/subjects/\(subject.escapedForURL)/versions", body: try body(schema)))
    return answer.ids
  }

  package func lookUp(subject: String, _ schema: SchemaText) throws(RegistryFailure) -> SchemaIds {
    try asUnregistered { () throws(RegistryFailure) in
      let answer: Ids = try asker.ask(
        "looking a schema up under subject \"\(subject)\"",
        HTTPRequest(method: "POST", path: "/subjects/\(subject.escapedForURL)", body: try body(schema)))
      return answer.ids
    }
  }

  package func latest(subject: String) throws(RegistryFailure) -> LatestVersions.Version {
    let what = "the latest schema of subject \"\(subject)\""
    return try asUnregistered { () throws(RegistryFailure) in
      let answer: Schema = try asker.ask(what, HTTPRequest(path: "/subjects/\(subject.escapedForURL)/versions/latest"))
      guard let id = answer.id else { throw RegistryFailure(what, "the registry's answer has no id", .malformed) }
      var limit = ReferenceLimit()
      let ids = SchemaIds(id: id, guid: answer.guid)
      return LatestVersions.Version(ids: ids, schema: try resolved(answer, what, depth: 0, &limit))
    }
  }

  // MARK: - References

  private func resolved(
    _ schema: Schema, _ what: String, depth: Int, _ limit: inout ReferenceLimit
  ) throws(RegistryFailure) -> SchemaText {
    let format = try SchemaText.Format(named: schema.schemaType ?? "AVRO", of: what)
    var references: [SchemaText.Reference] = []
    for reference in schema.references ?? [] {
      try limit.count(what, depth: depth)
      let version = "\(reference.subject)\" version \(reference.version)"
      let other: Schema = try asker.ask(
        "\(what), which refers to subject \"\(version)",
        HTTPRequest(path: "/subjects/\(reference.subject.escapedForURL)/versions/\(reference.version)"))
      references.append(
        .init(name: reference.name, schema: try resolved(other, what, depth: depth + 1, &limit)))
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

  // MARK: - Answers

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

  private static func problem(_ body: [UInt8]) -> RegistryAsker.Problem? {
    guard let problem = try? JSONDecoder().decode(Problem.self, from: Data(body)) else { return nil }
    // 40401 to 40403; a server that knows of no registry has none.
    return .init(message: problem.message, isAbsence: problem.error_code.map { $0 / 100 == 404 } ?? false)
  }
}
