import Columnar
import Pipeline
import PluginHost

/// Deals with the rows that an operator rejects on one worker.
final class RejectedRows {
  private let handler: BadRowHandler
  private let inputs: [Schema]
  private let topic: Topic?
  private let serdes: [String: SerdeType]
  /// By input schema: rows are written as the topic above writes its values, where its serde can.
  private var encoders: [Schema: SerdeEncoder?] = [:]

  /// `encoder`: the topic whose serde writes the rows down.
  init(handler: BadRowHandler, inputs: [Schema], encoder topic: Topic?, serdes: [String: SerdeType]) {
    self.handler = handler
    self.inputs = inputs
    self.topic = topic
    self.serdes = serdes
  }

  func handle(_ rejected: RejectedRow, epoch: UInt64) throws {
    let schema = inputs[rejected.port]
    try handler.handle(rejected, schema: schema, encoder: encoder(schema), epoch: epoch)
  }

  private func encoder(_ schema: Schema) -> SerdeEncoder? {
    if let known = encoders[schema] { return known }
    let made = topic.flatMap { topic in
      serdes[topic.value.serde.id].flatMap {
        try? SerdeEncoder(type: $0, config: topic.value.serde.options, part: MessagePart.value.code, schema: schema)
      }
    }
    encoders[schema] = made
    return made
  }
}

extension LogicalPlan {
  /// The first topic that rows of `step` come from, if any: what becomes of its bad rows becomes of those that the
  /// operator of `step` rejects.
  func topic(above step: Int) -> Topic? {
    if case .topicSource(let source) = steps[step].kind { return source.topics[0] }
    for input in steps[step].inputs { if let topic = topic(above: input.step) { return topic } }
    return nil
  }
}
