import Foundation
import Synchronization

/// The ids of schemas that were written with, by subject and text, in a file: a start does without the registry where they
/// suffice. What can't be read is as good as not there. [any]
package final class WrittenIds: Sendable {
  private struct Entry: Codable, Equatable {
    var subject: String
    var text: String
    var id: Int64
  }

  private let path: String?
  private let entries: Mutex<[Entry]>

  /// `path`: of the file, whose directory is there; nil: ids are forgotten at the end.
  package init(path: String?) {
    self.path = path
    let data = path.flatMap { FileManager.default.contents(atPath: $0) }
    entries = Mutex(data.flatMap { try? JSONDecoder().decode([Entry].self, from: $0) } ?? [])
  }

  /// The id of a schema that was registered under a subject; nil if it is not known.
  package func id(subject: String, text: String) -> Int64? {
    entries.withLock { $0.first { $0.subject == subject && $0.text == text }?.id }
  }

  /// Notes an id. What can't be written is only noted until the end.
  package func note(subject: String, text: String, id: Int64) {
    entries.withLock { entries in
      let entry = Entry(subject: subject, text: text, id: id)
      guard !entries.contains(entry) else { return }
      entries.removeAll { $0.subject == subject && $0.text == text }
      entries.append(entry)
      guard let path, let data = try? JSONEncoder().encode(entries) else { return }
      try? data.write(to: URL(fileURLWithPath: path), options: .atomic)
    }
  }
}
