import Foundation

/// Asks Apicurio Registry, by its own API: https://www.apicur.io/registry/docs/apicurio-registry/3.0.x/. Subjects are the ids
/// of artifacts of one group. One thread at a time; calls block.
package final class ApicurioClient: RegistryAsking {
  private let asker: RegistryAsker
  private let group: String

  /// `urls`: at least one, each with the path of the API. `group`: name of the artifacts' group.
  package init(urls: [String], group: String, sender: any HTTPSending) {
    asker = RegistryAsker(urls: urls, sender: sender, problem: Self.problem)
    self.group = group
  }

  package func greet() throws(RegistryFailure) -> String {
    let info: Info = try asker.ask("what the registry is", HTTPRequest(path: "/system/info"))
    return "\(info.name) \(info.version)"
  }

  package func schema(_ id: SchemaId) throws(RegistryFailure) -> SchemaText {
    let what = "schema \(id)"
    let (query, path): (String, String)
    switch id {
    case .contentId(let id): (query, path) = ("contentId=\(id)", "/ids/contentIds/\(id)")
    case .globalId(let id): (query, path) = ("globalId=\(id)", "/ids/globalIds/\(id)")
    case .id, .guid: throw RegistryFailure(what, "Apicurio's own API knows no such ids", .unsupported)
    }
    let text = try asker.text(what, HTTPRequest(path: path))
    // Of an id alone the API does not say the type.
    let found: Found = try asker.ask(what, HTTPRequest(path: "/search/versions?\(query)&limit=1"))
    guard let version = found.versions.first else {
      throw RegistryFailure(
        what, "the registry has its text, but no version of an artifact, which says its type", .unusable)
    }
    var limit = ReferenceLimit()
    let format = try SchemaText.Format(named: version.artifactType, of: what)
    return try resolved(text, format, path, what, depth: 0, &limit)
  }

  package func register(subject: String, _ schema: SchemaText) throws(RegistryFailure) -> SchemaIds {
    let content = NewArtifact.Content(content: schema.text, contentType: schema.format.contentType)
    let artifact = NewArtifact(
      artifactId: subject, artifactType: schema.format.rawValue, firstVersion: .init(content: content))
    guard let data = try? JSONEncoder().encode(artifact) else {
      throw RegistryFailure("a schema", "it can't be written as JSON", .malformed)
    }
    let made: Made = try asker.ask(
      "registering a schema as artifact \"\(subject)\"",
      HTTPRequest(
        method: "POST", path: "/groups/\(group.escapedForURL)/artifacts?ifExists=FIND_OR_CREATE_VERSION",
        body: String(decoding: data, as: UTF8.self), contentType: "application/json"))
    return made.version.ids
  }

  package func lookUp(subject: String, _ schema: SchemaText) throws(RegistryFailure) -> SchemaIds {
    let what = "looking a schema up as artifact \"\(subject)\""
    let place = "groupId=\(group.escapedForURL)&artifactId=\(subject.escapedForURL)"
    let query = "\(place)&artifactType=\(schema.format.rawValue)&orderby=globalId&order=desc&limit=1"
    let found: Found = try asker.ask(
      what,
      HTTPRequest(
        method: "POST", path: "/search/versions?\(query)", body: schema.text, contentType: schema.format.contentType))
    guard let version = found.versions.first else {
      throw RegistryFailure(what, "the registry does not have it", .unregistered)
    }
    return version.ids
  }

  package func latest(subject: String) throws(RegistryFailure) -> LatestVersions.Version {
    let what = "the latest schema of artifact \"\(subject)\""
    return try asUnregistered { () throws(RegistryFailure) in
      let version: Version = try asker.ask(what, HTTPRequest(path: versionPath(group, subject, "branch=latest")))
      // The version that was told, though there may be another meanwhile.
      let path = "/ids/globalIds/\(version.globalId)"
      let text = try asker.text(what, HTTPRequest(path: path))
      var limit = ReferenceLimit()
      let format = try SchemaText.Format(named: version.artifactType, of: what)
      return .init(ids: version.ids, schema: try resolved(text, format, path, what, depth: 0, &limit))
    }
  }

  // MARK: - References

  /// `path`: what the text is of.
  private func resolved(
    _ text: String, _ format: SchemaText.Format, _ path: String, _ what: String, depth: Int,
    _ limit: inout ReferenceLimit
  ) throws(RegistryFailure) -> SchemaText {
    let references: [Reference] = try asker.ask(what, HTTPRequest(path: "\(path)/references"))
    var all: [SchemaText.Reference] = []
    for reference in references {
      try limit.count(what, depth: depth)
      let place = "\(what), which refers to artifact \"\(reference.artifactId)\" version \"\(reference.version)\""
      let path = versionPath(reference.groupId ?? "default", reference.artifactId, reference.version.escapedForURL)
      let version: Version = try asker.ask(place, HTTPRequest(path: path))
      let format = try SchemaText.Format(named: version.artifactType, of: place)
      let text = try asker.text(place, HTTPRequest(path: "\(path)/content"))
      let schema = try resolved(text, format, path, what, depth: depth + 1, &limit)
      all.append(.init(name: reference.name, schema: schema))
    }
    return SchemaText(format: format, text: text, references: all)
  }

  /// `version`: as it stands in the path.
  private func versionPath(_ group: String, _ artifact: String, _ version: String) -> String {
    "/groups/\(group.escapedForURL)/artifacts/\(artifact.escapedForURL)/versions/\(version)"
  }

  // MARK: - Answers

  private struct Info: Codable {
    var name: String
    var version: String
  }

  private struct Version: Codable {
    var artifactType: String
    var globalId: Int64
    var contentId: Int64
    var ids: SchemaIds { SchemaIds(contentId: contentId, globalId: globalId) }
  }

  private struct Found: Codable { var versions: [Version] }

  private struct Made: Codable { var version: Version }

  private struct Reference: Codable {
    var groupId: String?
    var artifactId: String
    var version: String
    var name: String
  }

  private struct NewArtifact: Codable {
    struct Content: Codable {
      var content: String
      var contentType: String
    }
    struct Version: Codable { var content: Content }
    var artifactId: String
    var artifactType: String
    var firstVersion: Version
  }

  private struct Problem: Codable {
    var title: String?
    /// Of the exception.
    var name: String?
  }

  private static func problem(_ body: [UInt8]) -> RegistryAsker.Problem? {
    guard let problem = try? JSONDecoder().decode(Problem.self, from: Data(body)) else { return nil }
    let name = problem.name ?? ""
    // The server says NotFoundException, as it stands, of paths that it does not know.
    return .init(
      message: problem.title, isAbsence: name.hasSuffix("NotFoundException") && name != "NotFoundException",
      isObjection: name.hasSuffix("Exception"))
  }
}

extension SchemaText.Format {
  /// Of its texts.
  fileprivate var contentType: String {
    switch self {
    case .avro, .json: "application/json"
    case .protobuf: "application/x-protobuf"
    }
  }
}
