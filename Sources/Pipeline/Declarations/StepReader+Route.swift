extension StepReader {
  /// Reads the `route` of a topic sink.
  func route(_ step: MappingReader, _ node: YamlNode) -> StepDeclaration.Route? {
    let what = "\(step.what): route"
    guard let reader = MappingReader(node, what: what, diagnostics: diagnostics) else { return nil }
    let field = reader.requiredText("field", example: "field: region")
    _ = reader.required("topics", example: "topics: [orders.eu, \"orders.us.*\"]")
    let topics = reader.texts("topics", orOne: true)
    reader.finish()
    let wrong = topics?.filter { !Route.isPattern($0.value) } ?? []
    for name in wrong {
      diagnostics.error(
        name.position,
        "\(what): \(Suggestions.quoted(name.value)) can't be a topic's name; \"*\" in it stands for any characters")
    }
    guard let field, let topics, wrong.isEmpty else { return nil }
    return StepDeclaration.Route(field: field, topics: topics)
  }
}
