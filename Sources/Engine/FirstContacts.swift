import Kafka
import Pipeline

/// Which connections of a job have had an answer in this process. From then on a broker that does not let the job in is waited
/// for like one that is away: credentials rotate, and the brokers may be behind. [control]
final class FirstContacts {
  private var made: Set<String> = []

  /// Waits for the first answer of every connection that the job needs and that has had none, as long as `isWanted`. Throws
  /// `KafkaFailure` if brokers do not let the job in.
  func make(
    _ plan: LogicalPlan, _ kafka: [String: KafkaProperties], _ status: StatusBoard, isWanted: () -> Bool
  ) throws {
    for name in KafkaNeeds.of(plan).keys.sorted() where !made.contains(name) {
      guard let properties = kafka[name] else { continue }
      status.prepares("connects to \(name)")
      try FirstContact("connection \"\(name)\"", properties).make(isWanted: isWanted)
      if isWanted() { made.insert(name) }
    }
  }
}
