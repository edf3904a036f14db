import Glibc

/// What a look into the plugin directories found out about a file.
package enum PluginFinding: Sendable {
  /// Loaded; it offers these ids with their versions.
  case loaded(path: String, offers: [String])
  /// Refused, with the reason. The file is not looked at again until it changes.
  case refused(PluginError)
}

/// The plugins of some directories: operators, serdes, sources and sinks by id and version. [control]
package final class PluginRegistry {
  private let directories: [String]
  private let loader: PluginLoader
  private var seen: [String: PluginFile.Stamp] = [:]
  /// What is on offer: no two files may offer the same. Versions that differ only in build metadata are the same.
  private struct Offer: Hashable {
    var kind: String
    var id: String
    var version: SemanticVersion
  }
  private var owners: [Offer: String] = [:]  // → path
  /// What became of content, by digest, once its code had run: a plugin is initialised once only.
  private var outcomes: [String: PluginError?] = [:]
  package private(set) var plugins: [LoadedPlugin] = []
  package private(set) var operators: [String: [OperatorType]] = [:]
  package private(set) var serdes: [String: [SerdeType]] = [:]
  package private(set) var sources: [String: [SourceType]] = [:]
  package private(set) var sinks: [String: [SinkType]] = [:]

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
      if let outcome = outcomes[file.sha256] {
        guard var refusal = outcome else { return nil }  // the same content under another name
        refusal.place = path
        return .refused(refusal)
      }
      let plugin = try load(file)
      return .loaded(path: path, offers: Self.offers(plugin))
    } catch let error as PluginError { return .refused(error) } catch {
      return .refused(PluginError("unreadable", path, "\(error)"))
    }
  }

  private func load(_ file: PluginFile) throws -> LoadedPlugin {
    let code = try loader.open(file)
    do {
      let plugin = try loader.read(code, file)
      try register(plugin)
      outcomes[file.sha256] = .some(nil)
      return plugin
    } catch let error as PluginError {
      outcomes[file.sha256] = error
      throw error
    }
  }

  static func offers(_ plugin: LoadedPlugin) -> [String] {
    plugin.operators.map { "\($0.descriptor.id) \($0.descriptor.version)" }
      + plugin.serdes.map { "\($0.descriptor.id) \($0.descriptor.version)" }
      + plugin.sources.map { "\($0.descriptor.id) \($0.descriptor.version)" }
      + plugin.sinks.map { "\($0.descriptor.id) \($0.descriptor.version)" }
  }

  private func register(_ plugin: LoadedPlugin) throws {
    let offers =
      plugin.operators.map { Offer(kind: "operator", id: $0.descriptor.id, version: $0.descriptor.version) }
      + plugin.serdes.map { Offer(kind: "serde", id: $0.descriptor.id, version: $0.descriptor.version) }
      + plugin.sources.map { Offer(kind: "source", id: $0.descriptor.id, version: $0.descriptor.version) }
      + plugin.sinks.map { Offer(kind: "sink", id: $0.descriptor.id, version: $0.descriptor.version) }
    var own: Set<Offer> = []
    for offer in offers {
      let owner = own.insert(offer).inserted ? owners[offer] : "it itself"
      guard let owner else { continue }
      throw PluginError(
        "duplicate", plugin.file.path,
        "offers \(offer.kind) \(offer.id) \(offer.version), as \(owner) does; raise the version or remove one of them")
    }
    for offer in offers { owners[offer] = plugin.file.path }
    plugins.append(plugin)
    for type in plugin.operators { operators[type.descriptor.id, default: []].append(type) }
    for type in plugin.serdes { serdes[type.descriptor.id, default: []].append(type) }
    for type in plugin.sources { sources[type.descriptor.id, default: []].append(type) }
    for type in plugin.sinks { sinks[type.descriptor.id, default: []].append(type) }
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
