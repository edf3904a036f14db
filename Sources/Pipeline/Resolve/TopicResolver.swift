import Columnar

/// Looks up what topics name: connections, serdes, options.
final class TopicResolver {
  private let declarations: [String: TopicDeclaration]
  private let names: [String]
  private let connections: [String: Connection]
  private let registries: [String: Connection]
  private let catalog: any Catalog
  private let diagnostics: Diagnostics
  /// The topics that are right.
  private(set) var resolved: [String: Topic] = [:]
  private var used: Set<String> = []

  init(document: PipelineDocument, catalog: any Catalog, diagnostics: Diagnostics) {
    self.catalog = catalog
    self.diagnostics = diagnostics
    connections = document.connections
    registries = document.registries
    names = document.topics.map(\.name.value)
    declarations = Dictionary(document.topics.map { ($0.name.value, $0) }) { first, _ in first }
    for declaration in document.topics {
      resolved[declaration.name.value] = topic(declaration)
      if case .deadLetter(let name) = declaration.onBadRow { used.insert(name) }
    }
  }

  /// The topic that a step names; nil if it is unknown (then with a diagnostic) or wrong.
  func use(_ name: Located<String>) -> (topic: Topic, declaration: TopicDeclaration)? {
    used.insert(name.value)
    guard let declaration = declarations[name.value] else {
      let hint = Suggestions.hint(name.value, among: names, noun: "Topics")
      let message = "unknown topic \(Suggestions.quoted(name.value))\(hint)"
      diagnostics.error(name.position, "\(message); declare it under `topics`")
      return nil
    }
    return resolved[name.value].map { ($0, declaration) }
  }

  /// Warns of topics that no step names, unless errors may hide a step that does.
  func reportUnused() {
    guard !diagnostics.hasErrors else { return }
    for name in names where !used.contains(name) {
      guard let declaration = declarations[name] else { continue }
      diagnostics.warning(declaration.name.position, "no step reads or writes topic \(Suggestions.quoted(name))")
    }
  }

  private func topic(_ declaration: TopicDeclaration) -> Topic? {
    let what = "topic \(Suggestions.quoted(declaration.name.value))"
    let connection = connection(declaration, what)
    let value = declaration.value.flatMap(part)
    let key = declaration.key.flatMap(part)
    guard let connection, let value, key != nil || declaration.key == nil, !declaration.isBroken,
      hasNoFramingHeader(declaration, key, value, what)
    else { return nil }
    return Topic(
      name: declaration.name.value, connection: connection, key: key, value: value,
      eventTime: declaration.eventTime.map {
        EventTime(
          field: $0.field.value, outOfOrderness: $0.outOfOrderness, idleAfter: $0.idleAfter, maxDrift: $0.maxDrift)
      },
      onBadRow: declaration.onBadRow, onIncompatibleSchema: declaration.onIncompatibleSchema,
      headers: declaration.headers.map { Topic.Header(name: $0.name.value, field: $0.field.value) },
      otherHeadersField: declaration.otherHeadersField?.value, timestampField: declaration.timestampField?.value,
      partition: declaration.partition.resolved, tombstoneField: declaration.tombstoneField?.value,
      creation: declaration.creation)
  }

  /// What says schemas is written, and read, by the framing.
  private func hasNoFramingHeader(
    _ topic: TopicDeclaration, _ key: Topic.Part?, _ value: Topic.Part, _ what: String
  ) -> Bool {
    let names =
      (key?.registry?.framing.headerNames(.key) ?? []) + (value.registry?.framing.headerNames(.value) ?? [])
    guard let header = topic.headers.first(where: { names.contains($0.name.value) }) else { return true }
    diagnostics.error(
      header.name.position,
      "\(what): header \(Suggestions.quoted(header.name.value)) is where its `framing` says the schema; leave it out")
    return false
  }

  private func connection(_ topic: TopicDeclaration, _ what: String) -> String? {
    if let name = topic.connection {
      if connections[name.value] != nil { return name.value }
      guard registries[name.value] == nil else {
        diagnostics.error(
          name.position,
          "\(what): connection \(Suggestions.quoted(name.value)) is a schema registry, for `registry` of `key` and `value`; "
            + "topics are on brokers")
        return nil
      }
      let hint = Suggestions.hint(name.value, among: Array(connections.keys), noun: "Connections")
      diagnostics.error(name.position, "\(what): unknown connection \(Suggestions.quoted(name.value))\(hint)")
      return nil
    }
    if connections["kafka"] != nil { return "kafka" }
    if connections.count == 1 { return connections.keys.first }
    let message =
      connections.isEmpty
      ? "there is no connection; write, say, `connections: { kafka: { bootstrap.servers: \"127.0.0.1:9092\" } }`"
      : "there are several connections; say which with `connection: \(connections.keys.min() ?? "")`"
    diagnostics.error(topic.name.position, "\(what): \(message)")
    return nil
  }

  private func part(_ part: TopicDeclaration.Part) -> Topic.Part? {
    guard PluginLookup(catalog: catalog, diagnostics: diagnostics).exists(.serde, part.serde) else { return nil }
    let checker = ConfigChecker(diagnostics: diagnostics, owner: "serde \"\(part.serde.value)\"")
    let schema = catalog.configSchema(of: .serde, part.serde.value)
    guard let options = checker.object(part.options, at: part.position, schema: schema) else { return nil }
    if let position = part.givenPosition, !catalog.usesSchemas(serde: part.serde.value) {
      diagnostics.error(
        position, "serde \(Suggestions.quoted(part.serde.value)) goes by the columns alone; leave `schema` out")
      return nil
    }
    var resolved = Topic.Part(
      serde: SerdeUse(id: part.serde.value, options: options, schema: part.given), schema: part.schema,
      isNewlineDelimited: part.newlineDelimitedAt != nil)
    if let use = part.registry {
      guard let registry = registry(use, of: part) else { return nil }
      resolved.registry = registry
    }
    return resolved
  }

  private func registry(_ use: TopicDeclaration.Registry, of part: TopicDeclaration.Part) -> RegistryUse? {
    let name = use.name
    guard let connection = registries[name.value] else {
      let hint = Suggestions.hint(name.value, among: Array(registries.keys), noun: "Registries")
      let example = "; write, say, `connections: { \(name.value): { url: \"http://127.0.0.1:8081\" } }`"
      diagnostics.error(
        name.position,
        "unknown schema registry \(Suggestions.quoted(name.value))\(registries.isEmpty ? example : hint)")
      return nil
    }
    guard catalog.knowsSchemas(serde: part.serde.value) else {
      diagnostics.error(
        name.position,
        "serde \(Suggestions.quoted(part.serde.value)) knows no schemas; leave `registry` out, or use a serde that does"
      )
      return nil
    }
    if let position = use.usesLatestAt, let objection = objection(toLatestOf: use, of: part) {
      diagnostics.error(position, "`use_latest_version`: \(objection)")
      return nil
    }
    let framing = use.framing ?? connection.registryAPI.framing
    guard suits(framing, use, connection.registryAPI) else { return nil }
    return RegistryUse(
      registry: name.value, subjectStrategy: use.subjectStrategy, autoRegister: use.autoRegister,
      usesLatestVersion: use.usesLatestAt != nil, framing: framing,
      useId: use.useId ?? .content)
  }

  /// Whether a registry with an API has the ids of a framing.
  private func suits(_ framing: Framing, _ use: TopicDeclaration.Registry, _ api: RegistryAPI) -> Bool {
    let registry = Suggestions.quoted(use.name.value)
    guard framing.api == api else {
      let known = Framing.allCases.filter { $0.api == api }.map(\.rawValue).joined(separator: ", ")
      let other = "or give the connection `api: \(framing.api.rawValue)` and the address of that API"
      diagnostics.error(
        use.framingPosition,
        "registry \(registry) is asked by \(api.rawValue)'s API, which has no ids for `framing: \(framing.rawValue)`; "
          + "use one of \(known), \(other)")
      return false
    }
    guard use.useId == nil || api == .apicurio else {
      diagnostics.error(
        use.useIdPosition, "`use_id` is for framings of Apicurio's; `framing: \(framing.rawValue)` has one kind of id")
      return false
    }
    return true
  }

  /// Why a part can't use its subject's latest version; nil if it can.
  private func objection(toLatestOf use: TopicDeclaration.Registry, of part: TopicDeclaration.Part) -> String? {
    if !catalog.usesSchemas(serde: part.serde.value) {
      return "serde \(Suggestions.quoted(part.serde.value)) goes by the columns alone; leave it out"
    }
    if part.given != nil { return "`schema` names another schema; leave one of the two out" }
    if use.subjectStrategy != .topic {
      return "which subject it is can't be told before; write `subject_strategy: topic`"
    }
    return nil
  }
}

extension TopicDeclaration.Partition {
  /// The same without places in the file.
  fileprivate var resolved: Topic.Partition {
    switch self {
    case .key: .key
    case .roundRobin: .roundRobin
    case .field(let name): .field(name.value)
    }
  }
}
