import Checkpointing
import Kafka
import Pipeline

/// Whether transactions may stay open for as long as epochs need them to.
struct TransactionTime {
  let plan: LogicalPlan
  /// By connection.
  let kafka: [String: KafkaProperties]

  /// What is wrong, at the property or the job's first property; nil if transactions live long enough, or there are none.
  var diagnostic: Diagnostic? {
    guard plan.checkpoint.guarantee == .exactlyOnce, let record = plan.recordTopic,
      let properties = kafka[record.connection], let connection = plan.connections[record.connection]
    else { return nil }
    let name = "transaction.timeout.ms"
    let timeout_ms = properties[name].flatMap(Int64.init) ?? Int64(plan.checkpoint.transactionTimeout_ms)
    let least_ms = Self.least_ms(plan.checkpoint)
    guard timeout_ms < least_ms else { return nil }
    let place = connection.properties.first { $0.name == name } ?? connection.properties.first
    return Diagnostic(
      severity: .error, file: plan.file, position: place?.position ?? Position(line: 1, column: 1),
      message:
        "connection \"\(connection.name)\": \"\(name)\" is \(timeout_ms), but an epoch's transaction stays open for "
        + "two intervals: set it to more than \(least_ms) (the brokers' transaction.max.timeout.ms bounds it), or shorten "
        + "checkpoint.interval, or min_pause if that is longer")
  }

  /// A transaction begins with the barrier before its epoch's own, and commits after that.
  private static func least_ms(_ checkpoint: CheckpointSettings) -> Int64 {
    let (sum, overflow) = checkpoint.barrierGap_ms.multipliedReportingOverflow(by: 2)
    return overflow ? .max : sum
  }
}
