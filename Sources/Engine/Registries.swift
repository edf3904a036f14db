import Pipeline
import PluginHost
import SchemaRegistry

/// The schema registries of a job: what readers need of them, and what was registered for writers. [any]
final class Registries: Sendable {
  /// What is known of an id.
  typealias Answer = SchemaCache<HostSchema>.Answer

  private struct Registry: Sendable {
    let settings: RegistrySettings
    let schemas: SchemaCache<HostSchema>
    let written: WrittenIds
    let latest: LatestVersions
  }

  private let registries: [String: Registry]
  /// Partitions that schemas stop.
  let stops: SchemaStops

  /// `settings`: by name. `directory`: where schemas are kept for the next start; nil: nowhere. `errors`: is told of failures
  /// that are tried again. Throws `JobError`.
  init(_ settings: [String: RegistrySettings], directory: String?, errors: ConnectionLog) throws {
    stops = SchemaStops(errors: errors)
    do {
      registries = try Dictionary(
        uniqueKeysWithValues: settings.map { name, settings in
          let place = directory.map { "\($0)/\(name)" }
          let schemas = try SchemaCache(
            directory: place, makeClient: { settings.makeClient() },
            make: { HostSchema($0, name: "\($1)") }, onTrouble: { Self.tell($0, of: name, to: errors) })
          let written = WrittenIds(path: place.map { "\($0)/written.json" })
          let latest = LatestVersions(path: place.map { "\($0)/latest.json" })
          return (name, Registry(settings: settings, schemas: schemas, written: written, latest: latest))
        })
    } catch {
      throw JobError(
        .failed, "storage",
        "the directory \(directory ?? "") for what schema registries say can't be made: \(error); make its parent one that "
          + "can be written to")
    }
  }

  private static func tell(_ trouble: SchemaTrouble?, of name: String, to errors: ConnectionLog) {
    let waiting = MetricsRegistry.shared.gauge(
      "millrace_schemas_waited_for", help: "Schemas that the registry could not give yet.", ["registry": name])
    waiting.set(trouble?.waitingCount ?? 0)
    guard let trouble else {
      return Log.write(.info, "schemas", "the schema registry answers again", ["registry": name])
    }
    errors.failed(name, "\(trouble.failure)")
    // The first, then ever more rarely.
    guard trouble.count & (trouble.count - 1) == 0 else { return }
    Log.write(
      .warning, "schemas", "partitions wait for a schema: \(trouble.failure)",
      ["registry": name, "tries": String(trouble.count)])
  }

  /// Ends their threads.
  func close() { for registry in registries.values { registry.schemas.close() } }

  // MARK: - Reading

  /// What a worker reads keys or values by; nil without a registry.
  func schemas(_ use: RegistryUse?, _ part: MessagePart) -> WorkerSchemas? {
    guard let use, let registry = registries[use.registry] else { return nil }
    return WorkerSchemas(use, part) { registry.schemas.look(up: $0) }
  }

  // MARK: - Latest versions

  /// Asks what the subject has last that a part of a topic goes by; nothing if it goes by none. Blocks for a request or two. If
  /// the registry can't be reached, what it said before counts. Throws `RegistryFailure` or `JobError`.
  func askForLatest(_ use: RegistryUse?, topic: String, _ part: MessagePart) throws {
    guard let use, use.usesLatestVersion, let registry = registries[use.registry] else { return }
    let subject = try use.subject(topic: topic, part: part, recordName: "")
    do {
      let version = try registry.settings.makeClient().latest(subject: subject)
      if registry.latest[subject]?.ids != version.ids {
        Log.write(
          .info, "schemas", "the latest version of a subject", ["subject": subject, "id": version.ids.description])
      }
      registry.latest.note(subject: subject, version)
    } catch {
      guard error.mayPass, registry.latest[subject] != nil else { throw error }
      Log.write(.warning, "schemas", "\(error). What it said before is taken", ["subject": subject])
    }
  }

  /// The schema that a part of a topic is read into and written with: what its subject had last, or the file's; nil: none.
  func given(_ part: Topic.Part, topic: String, _ kind: MessagePart) throws -> HostSchema? {
    guard let (subject, version) = try latest(part.registry, topic: topic, kind) else {
      return part.serde.schema?.forPlugin
    }
    return HostSchema(version.schema, name: "the latest of subject \(subject)")
  }

  private func latest(
    _ use: RegistryUse?, topic: String, _ part: MessagePart
  ) throws -> (subject: String, version: LatestVersions.Version)? {
    guard let use, use.usesLatestVersion, let registry = registries[use.registry] else { return nil }
    let subject = try use.subject(topic: topic, part: part, recordName: "")
    return registry.latest[subject].map { (subject, $0) }
  }

  // MARK: - Writing

  /// How messages say that they are written with `schema`; nil if that was never registered.
  func framing(
    _ use: RegistryUse, _ part: MessagePart, subject: String, _ schema: WrittenSchema
  ) -> WrittenFraming? {
    registries[use.registry]?.written.ids(subject: subject, text: schema.text).flatMap {
      try? use.written($0, schema, part, of: "")
    }
  }

  /// Registers a schema, or looks it up if it must be there. Blocks for a request or two. If the registry can't be reached,
  /// what it said of the same schema before counts. Throws `RegistryFailure`.
  func register(_ use: RegistryUse, _ part: MessagePart, subject: String, _ schema: WrittenSchema) throws {
    guard let registry = registries[use.registry] else { return }
    if use.usesLatestVersion, let version = registry.latest[subject], version.schema.text == schema.text {
      return try note(version.ids, use, part, subject: subject, schema)
    }
    let client = registry.settings.makeClient()
    let text = SchemaText(format: .init(schema.format), text: schema.text)
    do {
      let ids =
        try use.autoRegister ? client.register(subject: subject, text) : client.lookUp(subject: subject, text)
      try note(ids, use, part, subject: subject, schema)
    } catch let failure as RegistryFailure {
      guard failure.mayPass, framing(use, part, subject: subject, schema) != nil else { throw failure }
      Log.write(.warning, "schemas", "\(failure). What it said before of this schema is taken", ["subject": subject])
    }
  }

  /// Notes a schema's ids, if messages can say them.
  private func note(
    _ ids: SchemaIds, _ use: RegistryUse, _ part: MessagePart, subject: String, _ schema: WrittenSchema
  ) throws {
    _ = try use.written(ids, schema, part, of: "subject \"\(subject)\"")
    registries[use.registry]?.written.note(subject: subject, text: schema.text, ids: ids)
  }
}

extension SchemaText.Format {
  init(_ format: HostSchema.Format) {
    switch format {
    case .avro: self = .avro
    case .protobuf: self = .protobuf
    case .json: self = .json
    }
  }
}

extension HostSchema {
  /// A registry's schema, with all that it refers to.
  convenience init(_ text: SchemaText, name: String) {
    let format: Format =
      switch text.format {
      case .avro: .avro
      case .protobuf: .protobuf
      case .json: .json
      }
    self.init(
      format: format, name: name, text: text.text,
      references: text.references.map { ($0.name, HostSchema($0.schema, name: "\($0.name), which \(name) refers to")) })
  }
}

extension RegistryUse {
  /// The subject of a schema that is written to `topic`. Throws `JobError` if the strategy needs a name that it lacks.
  func subject(topic: String, part: MessagePart, recordName: String) throws -> String {
    if subjectStrategy != .topic && recordName.isEmpty {
      throw JobError(
        .failed, "registry",
        "topic \"\(topic)\": subject_strategy \(subjectStrategy.rawValue) names subjects after the record, and the serde's "
          + "schema has no name; use `subject_strategy: topic`")
    }
    switch subjectStrategy {
    case .topic: return "\(topic)-\(part.rawValue)"
    case .record: return recordName
    case .topicRecord: return "\(topic)-\(recordName)"
    }
  }
}
