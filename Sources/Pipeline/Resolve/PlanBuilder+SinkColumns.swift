import Columnar

extension PlanBuilder {
  /// The columns that a topic's declaration and a step's route name; nil, with diagnostics for all that are wrong, if
  /// `schema` lacks one.
  func sinkColumns(
    _ topic: TopicDeclaration, _ route: StepDeclaration.Route?, in schema: Schema, _ step: StepDeclaration
  ) -> TopicSink.Columns? {
    let what = "topic \"\(topic.name.value)\""
    var columns = TopicSink.Columns()
    var isRight = true
    /// Puts the column that `find` gives, if a field is named, into its place.
    func put(
      _ name: Located<String>?, _ place: WritableKeyPath<TopicSink.Columns, Int?>, _ part: String,
      _ find: (Located<String>, String) -> Int?
    ) {
      guard let name else { return }
      columns[keyPath: place] = find(name, "\(what): \(part)")
      isRight = columns[keyPath: place] != nil && isRight
    }
    put(topic.key?.field, \.key, "key") { column($0, in: schema, place: $1) }
    let headers = topic.headers.map { viewColumn($0.field, in: schema, place: "\(what): headers") }
    columns.headers = headers.compactMap { $0 }
    isRight = isRight && columns.headers.count == headers.count
    put(topic.otherHeadersField, \.otherHeaders, "other_headers") {
      column($0, in: schema, place: $1, of: "binary") { $0 == .binary }
    }
    put(topic.timestampField, \.timestamp, "timestamp") { timestampColumn($0, in: schema, place: $1) }
    if case .field(let name) = topic.partition {
      put(name, \.partition, "partition") { integerColumn($0, in: schema, place: $1) }
    }
    put(topic.tombstoneField, \.tombstone, "tombstone") {
      column($0, in: schema, place: $1, of: "bool") { $0 == .bool }
    }
    if let route {
      columns.route = self.route(route, in: schema, step)
      isRight = columns.route != nil && isRight
    }
    return isRight ? columns : nil
  }

  /// The index of a utf8 or binary field; a diagnostic if it is something else.
  private func viewColumn(_ name: Located<String>, in schema: Schema, place: String) -> Int? {
    column(name, in: schema, place: place, of: "utf8 or binary") { $0.isView }
  }

  /// The step's `route`; nil, with a diagnostic, if the field does not suit.
  private func route(_ route: StepDeclaration.Route, in schema: Schema, _ step: StepDeclaration) -> Route? {
    let place = "step \"\(step.id.value)\": route"
    let column = column(route.field, in: schema, place: place, of: "utf8") { $0 == .utf8 }
    return column.map { Route(column: $0, topics: route.topics.map(\.value)) }
  }

  private func integerColumn(_ name: Located<String>, in schema: Schema, place: String) -> Int? {
    column(name, in: schema, place: place, of: "an integer, such as int32") { $0.isInteger }
  }

  /// The index of a field whose type `suits`; a diagnostic that says what was `expected` if there is none.
  private func column(
    _ name: Located<String>, in schema: Schema, place: String, of expected: String, _ suits: (DataType) -> Bool
  ) -> Int? {
    guard let index = column(name, in: schema, place: place) else { return nil }
    let found = schema.fields[index].type
    if suits(found) { return index }
    diagnostics.error(
      name.position, "\(place): field \(Suggestions.quoted(name.value)) must be \(expected), found \(found)")
    return nil
  }
}
