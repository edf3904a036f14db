/// The value of a connection's property. Made a text, it reads as it may be shown, without secrets.
package struct PropertyValue: Sendable, Equatable {
  /// Properties that hold secrets, wherever their values come from.
  private static let secret: Set<String> = [
    "sasl.password", "sasl.oauthbearer.config", "sasl.oauthbearer.client.secret", "ssl.key.password", "ssl.key.pem",
    "ssl.keystore.password", "basic.auth.user.info", "bearer.auth.token",
  ]
  /// Properties that hold names and places, which messages need, wherever their values come from.
  private static let open: Set<String> = [
    "bootstrap.servers", "metadata.broker.list", "client.id", "client.rack", "sasl.username", "sasl.mechanism",
    "sasl.mechanisms", "security.protocol", "ssl.ca.pem", "ssl.certificate.pem",
  ]
  /// A value from outside that is shorter, in bytes, is a number or a word, unless the property holds secrets.
  private static let leastFromOutside = 8

  /// The value itself: for librdkafka, not to be shown.
  package let revealed: String
  /// The parts of it that must not be shown.
  package let secrets: [String]

  /// `name`: of the property; `fromOutside`: parts of `revealed` that come from the environment or a file.
  init(_ revealed: String, of name: String, fromOutside: [String] = []) {
    self.revealed = revealed
    if Self.secret.contains(name) {
      secrets = [revealed] + fromOutside.filter { $0 != revealed }
    } else if Self.open.contains(name) || name.hasSuffix(".location") {
      secrets = []
    } else {
      secrets = fromOutside.filter { $0.utf8.count >= Self.leastFromOutside }
    }
  }
}

extension PropertyValue: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { Redactor(secrets).redact(revealed) }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: ["value": description]) }
}
