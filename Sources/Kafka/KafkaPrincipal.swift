/// As whom Kafka knows the clients of a connection, as far as the properties tell.
package struct KafkaPrincipal: Sendable, Equatable, CustomStringConvertible {
  /// In words, e.g. `principal User:fraud`.
  package let description: String
  /// As ACLs have it; a placeholder where the properties do not tell.
  package let forACL: String

  /// `property`: the value of a property, nil where it is not set.
  init(_ property: (String) -> String?) {
    let protocolName = (property("security.protocol") ?? "plaintext").lowercased()
    let mechanism = (property("sasl.mechanisms") ?? property("sasl.mechanism") ?? "GSSAPI").uppercased()
    let hasCertificate =
      property("ssl.certificate.location") != nil || property("ssl.certificate.pem") != nil
      || property("ssl.keystore.location") != nil
    if protocolName.hasPrefix("sasl_") {
      if mechanism == "PLAIN" || mechanism.hasPrefix("SCRAM-"), let user = property("sasl.username") {
        (description, forACL) = ("principal User:\(user)", "User:\(user)")
      } else {
        (description, forACL) = ("the principal that \(mechanism) gives this client", "User:NAME")
      }
    } else if protocolName == "ssl", hasCertificate {
      (description, forACL) = ("the principal of the client's certificate", "User:CN=NAME")
    } else {
      (description, forACL) = ("principal User:ANONYMOUS", "User:ANONYMOUS")
    }
  }
}
