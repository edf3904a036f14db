import Foundation

/// Schemas by id in the files of a directory, so that a start does without the registry where they suffice. What can't be
/// read is as good as not there; what can't be written is left out. Ids of a registry never change their meaning.
struct SchemaFiles {
  private let directory: String

  /// Makes the directory.
  init(_ directory: String) throws {
    self.directory = directory
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  private func path(_ id: SchemaId) -> String {
    switch id {
    case .id(let id): "\(directory)/\(id).json"
    case .guid(let guid): "\(directory)/guid-\(guid).json"
    case .contentId(let id): "\(directory)/content-\(id).json"
    case .globalId(let id): "\(directory)/global-\(id).json"
    }
  }

  func read(_ id: SchemaId) -> SchemaText? {
    guard let data = FileManager.default.contents(atPath: path(id)) else { return nil }
    return try? JSONDecoder().decode(SchemaText.self, from: data)
  }

  /// By a rename, so that a kill leaves a whole file or none.
  func write(_ schema: SchemaText, id: SchemaId) throws {
    try JSONEncoder().encode(schema).write(to: URL(fileURLWithPath: path(id)), options: .atomic)
  }
}
