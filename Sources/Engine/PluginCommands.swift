import PluginHost

/// What `millrace plugin …` does. [control]
package enum PluginCommands {
  /// What the plugins in some directories offer, and which files are refused. `isClean`: none is.
  package static func list(directories: [String]) throws -> (text: String, isClean: Bool) {
    let registry = PluginRegistry(directories: directories, cacheDirectory: try PluginCache.directory())
    let findings = registry.scan()
    let isClean = !findings.contains { if case .refused = $0 { true } else { false } }
    return (PluginReport.list(registry, findings: findings), isClean)
  }

  /// All that one plugin says of itself. Throws `JobError` with the reason if it would be refused.
  package static func inspect(file: String) throws -> String {
    do {
      let plugin = try PluginLoader(cacheDirectory: PluginCache.directory()).load(PluginFile(path: file))
      return PluginReport.inspect(plugin)
    } catch let error as PluginError { throw JobError(.failed, error.code, "refused: \(error)") }
  }
}
