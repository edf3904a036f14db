import Columnar

/// A pipeline file that was found right, with all names, paths and types resolved. Everything in it is a value: it may
/// cross threads.
package struct LogicalPlan: Sendable {
  /// The file it came from, as the user named it.
  package var file: String
  /// Name of the job: lower-case letters, digits, '-', '_' and '.'; at most 64 characters. Transactional ids, the
  /// job's lock and its directory in the checkpoint storage are made from it.
  package var job: String
  /// Workers, so instances of each step: 1…256.
  package var parallelism: Int
  /// Into how many groups keys fall, the most that `parallelism` may ever be: 1…32768, at least `parallelism`.
  package var keyGroups: Int
  /// When and where checkpoints are made, and what they promise.
  package var checkpoint: CheckpointSettings
  /// Where keyed state lives.
  package var state: StateSettings
  /// Where metrics are written.
  package var metrics: MetricsSettings
  /// Where plugins come from.
  package var plugins: PluginSettings
  /// Brokers, by name.
  package var connections: [String: Connection]
  /// Schema registries, by name; their properties are those of `url` and its kind.
  package var registries: [String: Connection]
  /// All topics that the file declares, by name; steps hold their own resolved copy of what they use.
  package var topics: [String: Topic]
  /// The steps, each after those it takes rows from; otherwise in the file's order.
  package var steps: [Step]
}

extension LogicalPlan {
  /// The edges out of output `port` of step `step`: (index of the reading step, its input port).
  package func readers(of step: Int, port: Int) -> [(step: Int, input: Int)] {
    steps.enumerated().flatMap { reader in
      reader.element.inputs.enumerated().compactMap { input in
        input.element.step == step && input.element.outputPort == port ? (reader.offset, input.offset) : nil
      }
    }
  }
}
