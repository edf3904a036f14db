import Glibc

/// What a look into the plugin directories found out about a file.
package enum PluginFinding: Sendable {
  /// Loaded; it offers these ids with their versions.
  case loaded(path: String, offers: [String])
  /// Refused, with the reason. The file is not looked at again until it changes.
  case refused(PluginError)
}

/// The plugins of some directories: operators, serdes and sources by id and version. [control]
package final class PluginRegistry {
  private let directories: [String]
  private let loader: PluginLoader
  private var seen: [String: PluginFile.Stamp] = [:]
  private var owners: [String: String] = [:]  // "kind id version" → path
  private var digests: Set<String> = []
  package private(set) var plugins: [LoadedPlugin] = []
  package private(set) var operators: [String: [OperatorType]] = [:]
  package private(set) var serdes: [String: [SerdeType]] = [:]
  package private(set) var sources: [String: [SourceType]] = [:]

  /// Nothing is loaded until `scan`. `cacheDirectory`: where content-addressed copies go.
  package init(directories: [String], cacheDirectory: String) {
    self.directories = directories
    loader = PluginLoader(cacheDirectory: cacheDirectory)
  }

  /// How many plugins are in the process; none is ever unloaded.
  package var loadedCount: Int { plugins.count }

  /// Loads what is new or changed in the directories: `*.so`, in order of their names.
  package func scan() -> [PluginFinding] {
    directories.flatMap { directory in
      files(directory).compactMap { path -> PluginFinding? in
        guard let stamp = PluginFile.stamp(path), seen[path] != stamp else { return nil }
        seen[path] = stamp
        return add(path)
      }
    }
  }

  private func files(_ directory: String) -> [String] {
    guard let handle = opendir(directory) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasSuffix(".so") && !name.hasPrefix(".") { names.append("\(directory)/\(name)") }
    }
    return names.sorted()
  }

  private func add(_ path: String) -> PluginFinding? {
    do {
      let file = try PluginFile(path: path)
      if digests.contains(file.sha256) { return nil }  // the same content under another name
      let plugin = try loader.load(file)
      try register(plugin)
      digests.insert(file.sha256)
      return .loaded(path: path, offers: Self.offers(plugin))
    } catch let error as PluginError { return .refused(error) } catch {
      return .refused(PluginError("unreadable", path, "\(error)"))
    }
  }

  static func offers(_ plugin: LoadedPlugin) -> [String] {
    plugin.operators.map { "\($0.descriptor.id) \($0.descriptor.version)" }
      + plugin.serdes.map { "\($0.descriptor.id) \($0.descriptor.version)" }
      + plugin.sources.map { "\($0.descriptor.id) \($0.descriptor.version)" }
  }

  private func register(_ plugin: LoadedPlugin) throws {
    let names =
      plugin.operators.map { "operator \($0.descriptor.id) \($0.descriptor.version)" }
      + plugin.serdes.map { "serde \($0.descriptor.id) \($0.descriptor.version)" }
      + plugin.sources.map { "source \($0.descriptor.id) \($0.descriptor.version)" }
    for name in names {
      if let owner = owners[name] {
        throw PluginError(
          "duplicate", plugin.file.path, "offers \(name), as \(owner) does; raise the version or remove one of them")
      }
    }
    for name in names { owners[name] = plugin.file.path }
    plugins.append(plugin)
    for type in plugin.operators { operators[type.descriptor.id, default: []].append(type) }
    for type in plugin.serdes { serdes[type.descriptor.id, default: []].append(type) }
    for type in plugin.sources { sources[type.descriptor.id, default: []].append(type) }
  }

  /// The greatest version of an operator.
  package func newestOperator(_ id: String) -> OperatorType? {
    operators[id]?.max { $0.descriptor.version < $1.descriptor.version }
  }
  /// The greatest version of a serde.
  package func newestSerde(_ id: String) -> SerdeType? {
    serdes[id]?.max { $0.descriptor.version < $1.descriptor.version }
  }
  /// The greatest version of a source.
  package func newestSource(_ id: String) -> SourceType? {
    sources[id]?.max { $0.descriptor.version < $1.descriptor.version }
  }
}
