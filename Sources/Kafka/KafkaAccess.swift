/// Something that Kafka's ACLs allow a principal, or not.
package struct KafkaAccess: Sendable, Equatable {
  /// As Kafka names it.
  package enum Operation: String, Sendable {
    case read = "READ"
    case write = "WRITE"
    case describe = "DESCRIBE"
    case idempotentWrite = "IDEMPOTENT_WRITE"
    case create = "CREATE"
    case describeConfigs = "DESCRIBE_CONFIGS"
  }
  /// What it is about.
  package enum Resource: Sendable, Equatable {
    case topic(String)
    case group(String)
    case transactionalID(String)
    case cluster
  }
  package var operation: Operation
  package var resource: Resource

  package init(_ operation: Operation, _ resource: Resource) {
    self.operation = operation
    self.resource = resource
  }
}

extension KafkaAccess: CustomStringConvertible {
  /// E.g. `READ topic "flights"`.
  package var description: String { "\(operation.rawValue) \(resource)" }

  /// The command that grants it to `principal`.
  func grant(to principal: String) -> String {
    "kafka-acls.sh --add --allow-principal '\(principal)' --operation \(operation.rawValue) \(resource.option)"
  }

  /// Kafka's name of the error that says that it is lacking.
  var errorName: String {
    switch resource {
    case .topic: "TOPIC_AUTHORIZATION_FAILED"
    case .group: "GROUP_AUTHORIZATION_FAILED"
    case .transactionalID: "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"
    case .cluster: "CLUSTER_AUTHORIZATION_FAILED"
    }
  }
}

extension KafkaAccess.Resource: CustomStringConvertible {
  /// E.g. `topic "flights"`.
  package var description: String {
    switch self {
    case .topic(let name): "topic \"\(name)\""
    case .group(let name): "group \"\(name)\""
    case .transactionalID(let id): "transactional id \"\(id)\""
    case .cluster: "the cluster"
    }
  }

  /// As kafka-acls.sh takes it.
  fileprivate var option: String {
    switch self {
    case .topic(let name): "--topic '\(name)'"
    case .group(let name): "--group '\(name)'"
    case .transactionalID(let id): "--transactional-id '\(id)'"
    case .cluster: "--cluster"
    }
  }
}

extension KafkaFailure {
  /// The same failure, saying who lacks what, if that is what it is about. `needed`: what the call that failed needs.
  func lacking(_ needed: [KafkaAccess], _ principal: KafkaPrincipal) -> KafkaFailure {
    let missing = needed.filter { $0.errorName == name }
    guard let first = missing.first else { return self }
    var failure = self
    let list = missing.map(\.description).joined(separator: ", or may not ")
    failure.message = "\(principal.description) may not \(list)"
    failure.remedy =
      "Grant it, say by `\(first.grant(to: principal.forACL))`; "
      + "`millrace check --connect` lists all that is missing"
    return failure
  }
}

/// Runs `body`; what it throws for lack of one of `needed` says so.
func needing<T>(_ needed: [KafkaAccess], _ principal: KafkaPrincipal, _ body: () throws -> T) throws -> T {
  do { return try body() } catch let failure as KafkaFailure { throw failure.lacking(needed, principal) }
}
