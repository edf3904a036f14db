import Foundation
import Synchronization

/// The schemas that subjects had last when they were asked for, in a file: a start does without the registry if it must. What
/// can't be read is as good as not there. [any]
package final class LatestVersions: Sendable {
  /// What a subject has last.
  package struct Version: Codable, Sendable, Equatable {
    package var ids: SchemaIds
    package var schema: SchemaText

    package init(ids: SchemaIds, schema: SchemaText) { (self.ids, self.schema) = (ids, schema) }

    private enum CodingKeys: CodingKey { case schema }

    package init(from decoder: any Decoder) throws {
      ids = try SchemaIds(from: decoder)
      schema = try decoder.container(keyedBy: CodingKeys.self).decode(SchemaText.self, forKey: .schema)
    }

    package func encode(to encoder: any Encoder) throws {
      try ids.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(schema, forKey: .schema)
    }
  }

  private let path: String?
  private let versions: Mutex<[String: Version]>

  /// `path`: of the file, whose directory is there; nil: versions are forgotten at the end.
  package init(path: String?) {
    self.path = path
    let data = path.flatMap { FileManager.default.contents(atPath: $0) }
    versions = Mutex(data.flatMap { try? JSONDecoder().decode([String: Version].self, from: $0) } ?? [:])
  }

  /// What a subject had last; nil if it was never asked for.
  package subscript(subject: String) -> Version? { versions.withLock { $0[subject] } }

  /// Notes what a subject has last. What can't be written is only noted until the end.
  package func note(subject: String, _ version: Version) {
    versions.withLock { versions in
      guard versions[subject] != version else { return }
      versions[subject] = version
      guard let path, let data = try? JSONEncoder().encode(versions) else { return }
      try? data.write(to: URL(fileURLWithPath: path), options: .atomic)
    }
  }
}
