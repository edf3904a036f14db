extension SettingsReader {
  /// `state:`; `checkpoint` says whether there is a directory to keep RocksDB's files in.
  func state(_ node: YamlNode?, _ checkpoint: CheckpointSettings) -> StateSettings {
    var settings = StateSettings()
    guard let node, let reader = MappingReader(node, what: "state", diagnostics: diagnostics) else { return settings }
    let store = reader.choice("store", StateSettings.Store.self)
    settings.store = store ?? .memory
    settings.memory = reader.size("memory", atLeast: StateSettings.leastMemory)?.value
    let path = reader.text("directory")
    settings.directory = path.map { Paths.resolve($0.value, in: directory) }
    switch store ?? .memory {
    case .memory:
      if let path {
        diagnostics.warning(path.position, "state: \"directory\" has no effect: the store is memory")
      }
    case .rocksdb:
      if !reader.has("directory"), checkpoint.directory == nil { missingDirectory(reader) }
    }
    reader.finish()
    return settings
  }

  private func missingDirectory(_ reader: MappingReader) {
    diagnostics.error(
      reader.place(of: "store"),
      "state: the store rocksdb needs a \"directory\" when there is no checkpoint storage; write, say, "
        + "`directory: /var/tmp/millrace`")
  }

  /// `metrics:`.
  func metrics(_ node: YamlNode?) -> MetricsSettings {
    var settings = MetricsSettings()
    guard let node, let reader = MappingReader(node, what: "metrics", diagnostics: diagnostics) else {
      return settings
    }
    let path = reader.requiredText("file", example: "file: ./millrace.prom")
    settings.file = path.map { Paths.resolve($0.value, in: directory) }
    let interval = reader.duration("interval", atLeast: .milliseconds(100))
    settings.interval = interval?.value ?? settings.interval
    reader.finish()
    return settings
  }
}
