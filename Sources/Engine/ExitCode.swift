import Checkpointing
import Kafka
import PluginHost

/// How the process ends, for whoever supervises it.
package enum ExitCode: Int32, Sendable {
  /// All done: a bounded run reached its end, or a stop was asked for and drained.
  case success = 0
  /// The job failed and would fail again: a plugin's fatal error, lost state, a broker that refuses.
  case failed = 1
  /// The command line or the pipeline file is wrong; nothing was started.
  case usage = 2
  /// Another instance of this job is running, or has fenced this one and gone on.
  case alreadyRunning = 3
  /// A checkpoint that is needed is damaged or missing; the message says what can be done.
  case recovery = 4
  /// Kafka does not allow the job what it needs, and the message names principal, operation and resource; or brokers do not
  /// let it in.
  case refused = 5
  /// A second signal stopped the process before it had drained; the last committed epoch stands.
  case interrupted = 130
}

/// A failure with its exit code and a message that says what happened, where, and the remedy.
package struct JobError: Error, CustomStringConvertible {
  /// How the process should end.
  package var exitCode: ExitCode
  /// Short and stable, for alerts: e.g. "checkpoint-damaged".
  package var code: String
  /// What happened, where, and the remedy.
  package var message: String

  package init(_ exitCode: ExitCode, _ code: String, _ message: String) {
    self.exitCode = exitCode
    self.code = code
    self.message = message
  }

  package var description: String { "\(message) [\(code)]" }

  /// Kafka does not allow it, as `message` says.
  static func refused(_ message: String) -> JobError { JobError(.refused, "kafka-refused", message) }

  /// An error of a lower floor, as the end of the job.
  init(wrapping error: any Error) {
    switch error {
    case let error as JobError: self = error
    case let error as CheckpointError: self.init(.failed, "storage", "\(error)")
    case let error as KafkaFailure where error.epochKind == .refused: self = .refused("\(error)")
    case let error as KafkaFailure: self.init(.failed, "kafka", "\(error)")
    case let error as PluginError: self.init(.failed, error.code, "\(error)")
    default: self.init(.failed, "failed", "\(error)")
    }
  }
}
