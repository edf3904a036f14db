/// A question that a registry did not answer as it should.
package struct RegistryFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// What to do about it.
  package enum Kind: Sendable, Equatable {
    /// It could not be reached, or has trouble of its own: ask again.
    case unavailable
    /// It does not have what was asked for.
    case unknown
    /// A schema that is to be there already is not.
    case unregistered
    /// It does not take a schema, because of those before it or because it is none.
    case rejected
    /// It does not let us in.
    case refused
    /// It has a schema that nothing can be made of.
    case unusable
    /// It lacks something that the framing needs.
    case unsupported
    /// It answers what no registry answers: a proxy may, while the registry is away. Ask again.
    case malformed
  }

  /// What was asked, e.g. "schema 7".
  package var what: String
  /// What came of it, without a remedy.
  package var message: String
  package var kind: Kind

  /// Whether the same question may be answered later: the registry, or the way to it, is to blame.
  package var mayPass: Bool { [.unavailable, .refused, .malformed].contains(kind) }

  package init(_ what: String, _ message: String, _ kind: Kind) {
    (self.what, self.message, self.kind) = (what, message, kind)
  }

  package var description: String {
    let remedy =
      switch kind {
      case .unavailable: "Check that the registry of `url` runs and can be reached from here"
      case .unknown: "Check that this is the registry that the writers use"
      case .unregistered: "Register it, or let the engine do it with `auto_register: true`"
      case .rejected: "Make the columns agree with the subject's schemas, or change the subject's compatibility"
      case .refused: "Check basic.auth.user.info or bearer.auth.token, and what the user may do"
      case .unusable: "Write with schemas that are Avro, Protobuf or JSON"
      case .unsupported:
        "Use a `framing` that the registry has ids for; GUIDs are given by Confluent's registry from version 8.0 on"
      case .malformed:
        "Check that `url` is the address of a registry's API: Confluent's, or, with `api: apicurio`, Apicurio's own"
      }
    return "\(what): \(message). \(remedy)"
  }
}
