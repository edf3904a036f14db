import Foundation
import Synchronization

/// The ids of schemas that were written with, by subject and text, in a file: a start does without the registry where they
/// suffice. What can't be read is as good as not there. [any]
package final class WrittenIds: Sendable {
  private struct Entry: Codable, Equatable {
    var subject: String
    var text: String
    var ids: SchemaIds

    private enum CodingKeys: CodingKey { case subject, text }

    init(subject: String, text: String, ids: SchemaIds) {
      (self.subject, self.text, self.ids) = (subject, text, ids)
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      subject = try container.decode(String.self, forKey: .subject)
      text = try container.decode(String.self, forKey: .text)
      ids = try SchemaIds(from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(subject, forKey: .subject)
      try container.encode(text, forKey: .text)
      try ids.encode(to: encoder)
    }
  }

  private let path: String?
  private let entries: Mutex<[Entry]>

  /// `path`: of the file, whose directory is there; nil: ids are forgotten at the end.
  package init(path: String?) {
    self.path = path
    let data = path.flatMap { FileManager.default.contents(atPath: $0) }
    entries = Mutex(data.flatMap { try? JSONDecoder().decode([Entry].self, from: $0) } ?? [])
  }

  /// The ids of a schema that was registered under a subject; nil if they are not known.
  package func ids(subject: String, text: String) -> SchemaIds? {
    entries.withLock { $0.first { $0.subject == subject && $0.text == text }?.ids }
  }

  /// Notes ids. What can't be written is only noted until the end.
  package func note(subject: String, text: String, ids: SchemaIds) {
    entries.withLock { entries in
      let entry = Entry(subject: subject, text: text, ids: ids)
      guard !entries.contains(entry) else { return }
      entries.removeAll { $0.subject == subject && $0.text == text }
      entries.append(entry)
      guard let path, let data = try? JSONEncoder().encode(entries) else { return }
      try? data.write(to: URL(fileURLWithPath: path), options: .atomic)
    }
  }
}
