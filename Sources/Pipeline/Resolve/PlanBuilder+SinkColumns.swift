import Columnar

/// Columns that say where and how a row is written, beside those that make up its key and value.
struct SinkColumns {
  /// In the order of the topic's headers.
  var headers: [Int] = []
  var timestamp: Int?
  var partition: Int?
}

extension PlanBuilder {
  /// The columns that a topic's declaration names; nil, with diagnostics for all that are wrong, if `schema` lacks one.
  /// `what` names the topic.
  func sinkColumns(_ topic: TopicDeclaration, in schema: Schema, _ what: String) -> SinkColumns? {
    var columns = SinkColumns()
    var isRight = true
    /// Puts the column that `find` gives, if the topic names one, into its place.
    func put(_ name: Located<String>?, _ place: WritableKeyPath<SinkColumns, Int?>, _ find: (Located<String>) -> Int?) {
      guard let name else { return }
      columns[keyPath: place] = find(name)
      isRight = columns[keyPath: place] != nil && isRight
    }
    let headers = topic.headers.map { viewColumn($0.field, in: schema, place: "\(what): headers") }
    columns.headers = headers.compactMap { $0 }
    isRight = columns.headers.count == headers.count
    put(topic.timestampField, \.timestamp) { timestampColumn($0, in: schema, place: "\(what): timestamp") }
    if case .field(let name) = topic.partition {
      put(name, \.partition) { integerColumn($0, in: schema, place: "\(what): partition") }
    }
    return isRight ? columns : nil
  }

  /// The index of a utf8 or binary field; a diagnostic if it is something else.
  func viewColumn(_ name: Located<String>, in schema: Schema, place: String) -> Int? {
    column(name, in: schema, place: place, of: "utf8 or binary") { $0.isView }
  }

  /// A sink's `route`; nil, with a diagnostic, if the field does not suit.
  func route(_ route: StepDeclaration.Route, in schema: Schema, _ step: StepDeclaration) -> Route? {
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
