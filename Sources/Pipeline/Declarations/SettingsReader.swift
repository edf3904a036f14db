/// Reads the settings of a file: everything but topics and steps.
struct SettingsReader {
  let diagnostics: Diagnostics
  /// Absolute path of the pipeline file's directory.
  let directory: String

  private static let longestIdleInterval = Duration.seconds(3 * 86_400)

  func checkpoint(_ node: YamlNode?) -> CheckpointSettings {
    var settings = CheckpointSettings()
    guard let node, let reader = MappingReader(node, what: "checkpoint", diagnostics: diagnostics) else {
      return settings
    }
    let guarantee = reader.choice("guarantee", DeliveryGuarantee.self)
    settings.guarantee = guarantee ?? .exactlyOnce
    let needed = settings.guarantee != .none
    if needed, !reader.has("interval") { missing(reader, "interval", settings.guarantee, "interval: 1s") }
    if needed, !reader.has("storage") {
      missing(reader, "storage", settings.guarantee, "storage: file:///var/lib/millrace")
    }
    let interval = reader.duration("interval", atLeast: .milliseconds(1))
    settings.interval = interval?.value ?? settings.interval
    settings.minPause = reader.duration("min_pause")?.value ?? settings.minPause
    let idleInterval = reader.duration("idle_interval")
    settings.idleInterval = idleInterval?.value ?? settings.idleInterval
    if let idleInterval, idleInterval.value > Self.longestIdleInterval {
      diagnostics.warning(
        idleInterval.position,
        "checkpoint: \"idle_interval\" is longer than three days: Kafka forgets what was committed after "
          + "offsets.retention.minutes, seven days unless brokers say otherwise, and then a start needs --assume-epoch")
    }
    settings.timeout = reader.duration("timeout", atLeast: .milliseconds(1))?.value ?? settings.timeout
    settings.retention = reader.integer("retention", in: 1...10_000)?.value ?? settings.retention
    settings.directory = reader.text("storage").flatMap(storage)
    if !needed, let interval {
      diagnostics.warning(interval.position, "checkpoint: \"interval\" has no effect: the guarantee is none")
    }
    reader.finish()
    return settings
  }

  private func missing(_ reader: MappingReader, _ key: String, _ guarantee: DeliveryGuarantee, _ example: String) {
    diagnostics.error(
      reader.position,
      "checkpoint: guarantee \(guarantee.rawValue) needs \"\(key)\"; write, say, `\(example)`, or choose guarantee none"
    )
  }

  private func storage(_ text: Located<String>) -> String? {
    let expected = "file:///absolute/directory or file://./directory, which starts at the pipeline file"
    guard text.value.hasPrefix("file://") else {
      let later = text.value.hasPrefix("s3:") ? "s3 storage is not available yet" : "not a place that is known"
      diagnostics.error(
        text.position, "checkpoint: \"storage\" \(Suggestions.quoted(text.value)): \(later); expected \(expected)")
      return nil
    }
    let path = String(text.value.dropFirst("file://".count))
    guard path.hasPrefix("/") || path.hasPrefix("./") || path.hasPrefix("../") else {
      diagnostics.error(
        text.position,
        "checkpoint: \"storage\" \(Suggestions.quoted(text.value)) names a host or nothing; expected \(expected)")
      return nil
    }
    return Paths.resolve(path, in: directory)
  }

  func plugins(_ node: YamlNode?) -> PluginSettings {
    var settings = PluginSettings()
    settings.directories = [Paths.resolve("plugins", in: directory)]
    guard let node, let reader = MappingReader(node, what: "plugins", diagnostics: diagnostics) else {
      return settings
    }
    if let paths = reader.texts("directories") {
      settings.directories = paths.map { Paths.resolve($0.value, in: directory) }
    }
    settings.onNewVersion = reader.choice("on_new_version", PluginSettings.OnNewVersion.self) ?? .swap
    let interval = reader.duration("scan_interval", atLeast: .milliseconds(10))
    settings.scanInterval = interval?.value ?? settings.scanInterval
    reader.finish()
    return settings
  }
}

/// File paths.
package enum Paths {
  /// `path` as an absolute path without `.` and `..`; a relative one starts at `directory`, which is absolute.
  package static func resolve(_ path: String, in directory: String) -> String {
    var parts: [Substring] = []
    for part in (path.hasPrefix("/") ? path : "\(directory)/\(path)").split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
