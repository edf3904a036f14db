import Foundation

/// A pipeline file, read but not yet checked against the plugins: its settings are at hand (they say where plugins
/// are), `plan(catalog:)` does the rest.
package struct PipelineDocument {
  /// The file, as the user named it.
  package let file: String
  /// What plugins are to be loaded before `plan(catalog:)`; the default if the file is wrong there.
  package let plugins: PluginSettings

  let diagnostics: Diagnostics
  var job = ""
  var parallelism = 1
  var keyGroups = 128
  var checkpoint = CheckpointSettings()
  /// Where keyed state lives; defaults where the file is wrong.
  package private(set) var state = StateSettings()
  var metrics = MetricsSettings()
  /// Brokers.
  var connections: [String: Connection] = [:]
  /// Schema registries: those of `connections` that have a `url`.
  var registries: [String: Connection] = [:]
  var topics: [TopicDeclaration] = []
  var steps: [StepDeclaration] = []

  /// What of the connections' values must not be shown, to anybody.
  package var secrets: [String] {
    (Array(connections.values) + registries.values).flatMap { $0.properties.flatMap(\.value.secrets) }
  }

  /// Reads the file at `path`. What is wrong in it, also that it can't be read, is told by `plan(catalog:)`.
  package init(path: String) {
    let absolute = Paths.resolve(path, in: FileManager.default.currentDirectoryPath)
    let directory = Paths.resolve("..", in: absolute)
    guard let handle = FileHandle(forReadingAtPath: path) else {
      self.init(unreadable: path, directory: directory, because: String(cString: strerror(errno)))
      return
    }
    defer { try? handle.close() }
    do {
      let bytes = try handle.read(upToCount: YamlReader.sizeLimit + 1) ?? Data()
      self.init(bytes: Array(bytes), file: path, directory: directory)
    } catch {
      self.init(unreadable: path, directory: directory, because: error.localizedDescription)
    }
  }

  private init(unreadable file: String, directory: String, because reason: String) {
    let diagnostics = Diagnostics(file: file)
    diagnostics.error(Position(line: 1, column: 1), "the file can't be read: \(reason)")
    self.init(nil, file: file, directory: directory, diagnostics, .process)
  }

  /// Reads the bytes of a file; relative paths in it start at `directory`, which is absolute. References in connections
  /// find their values in `references`.
  package init(bytes: [UInt8], file: String, directory: String, references: ReferenceSources = .process) {
    let diagnostics = Diagnostics(file: file)
    let root = YamlReader.read(bytes, diagnostics: diagnostics)
    self.init(root, file: file, directory: directory, diagnostics, references)
  }

  private init(
    _ root: YamlNode?, file: String, directory: String, _ diagnostics: Diagnostics, _ references: ReferenceSources
  ) {
    self.file = file
    self.diagnostics = diagnostics
    let settings = SettingsReader(diagnostics: diagnostics, directory: directory)
    guard let root, let reader = MappingReader(root, what: "pipeline", diagnostics: diagnostics) else {
      plugins = settings.plugins(nil)
      return
    }
    plugins = settings.plugins(reader.optional("plugins"))
    job = Self.job(reader)
    parallelism = reader.integer("parallelism", in: 1...256)?.value ?? 1
    let groups = reader.integer("key_groups", in: 1...32_768)
    keyGroups = groups?.value ?? max(128, parallelism)
    if let groups, groups.value < parallelism {
      diagnostics.error(
        groups.position,
        "pipeline: \"key_groups\" is \(groups.value), but must not be less than parallelism, \(parallelism)")
    }
    checkpoint = settings.checkpoint(reader.optional("checkpoint"))
    state = settings.state(reader.optional("state"), checkpoint)
    metrics = settings.metrics(reader.optional("metrics"))
    let values = PropertyReader(diagnostics: diagnostics, directory: directory, sources: references)
    let all = ConnectionReader(diagnostics: diagnostics, values: values).connections(reader.optional("connections"))
    connections = all.filter { !$0.value.isRegistry }
    registries = all.filter(\.value.isRegistry)
    topics = TopicReader(diagnostics: diagnostics, directory: directory, sources: references).topics(
      reader.optional("topics"))
    steps = StepReader(diagnostics: diagnostics).steps(
      reader.required("steps", example: "steps: [{ id: in, from_topic: orders }, …]"))
    reader.finish()
  }

  /// `<storage>/<job>`, where the job keeps its checkpoints; nil if it makes none, or the file does not say where.
  package var jobDirectory: String? {
    guard Names.isJob(job), checkpoint.guarantee != .none, let storage = checkpoint.directory else { return nil }
    return "\(storage)/\(job)"
  }

  private static func job(_ reader: MappingReader) -> String {
    guard let name = reader.requiredText("job", example: "job: my-job") else { return "" }
    if !Names.isJob(name.value) {
      let rule =
        "expected lower-case letters, digits, \"-\", \"_\" and \".\", a letter or digit first, at most 64 of them"
      reader.diagnostics.error(name.position, "bad job name \(Suggestions.quoted(name.value)); \(rule)")
    }
    return name.value
  }
}

/// What became of a pipeline file.
package struct PlanResult: Sendable {
  /// Nil if there is an error among the diagnostics.
  package var plan: LogicalPlan?
  /// Errors and warnings, by place in the file.
  package var diagnostics: [Diagnostic]

  /// The diagnostics as lines.
  package var text: String { diagnostics.map { "\($0)\n" }.joined() }
}
