/// What a job promises about its results when something fails.
package enum Guarantee: String, Codable, Sendable, CaseIterable {
  /// Every result is visible once.
  case exactlyOnce = "exactly_once"
  /// Every result is visible, some more than once after a failure.
  case atLeastOnce = "at_least_once"
  /// No checkpoints: a restart has no state, and goes on about where the job had read to.
  case none
}

/// The one step that makes an epoch count: a crash before it replays the epoch, a crash after it does not.
package enum CommitPoint: String, Codable, Sendable {
  /// The commit of the epoch's Kafka transaction, which holds the commit record.
  case transaction
  /// The rename of the epoch's manifest to its final name.
  case manifest
  /// No epoch ever counts.
  case none

  /// The commit point of a job with this guarantee; `hasKafkaSink`: one of its sinks writes to Kafka.
  package init(guarantee: Guarantee, hasKafkaSink: Bool) {
    switch guarantee {
    case .exactlyOnce: self = hasKafkaSink ? .transaction : .manifest
    case .atLeastOnce: self = .manifest
    case .none: self = .none
    }
  }
}
