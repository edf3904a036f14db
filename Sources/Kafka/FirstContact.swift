import CRdKafka

/// Finds out whether brokers let a connection's clients in. librdkafka itself tries again without end, whatever they say: right
/// for a job that has run with these credentials, but one that was never let in has wrong ones.
package struct FirstContact {
  /// How long brokers may go on refusing after the first that did: another may take the client, or is about to.
  private static let patience_ms: Int64 = 4000
  /// The same where that they refuse is a guess, and nothing else has been said since.
  private static let guessPatience_ms: Int64 = 8000
  /// How long one answer may take, in milliseconds.
  private static let requestTimeout_ms: Int32 = 500

  private let what: String
  private let properties: KafkaProperties

  /// `what`: how errors begin, e.g. `connection "kafka"`.
  package init(_ what: String, _ properties: KafkaProperties) {
    self.what = what
    self.properties = properties
  }

  /// Waits until a broker has answered, or `isWanted` is false; without end while none can be reached. Throws `KafkaFailure`
  /// with what to do (`refused`) if brokers can be reached but do not accept the credentials, or TLS does not come about. Does
  /// nothing for clients that brokers do not ask who they are.
  package func make(isWanted: () -> Bool) throws {
    guard properties.isSecured else { return }
    let client = try Client(properties)
    var isGuess: Bool?
    var since_ms: Int64 = 0
    while isWanted() {
      var answer: UnsafePointer<rd_kafka_metadata>?
      let code = rd_kafka_metadata(client.handle, 0, nil, &answer, Self.requestTimeout_ms)
      if code == RD_KAFKA_RESP_ERR_NO_ERROR {
        rd_kafka_metadata_destroy(answer)
        return
      }
      rd_kafka_poll(client.handle, 0)
      guard let refusal = client.callbacks.refusal else {
        isGuess = nil
        continue
      }
      let now_ms = Patience.now_ms()
      if isGuess != refusal.isGuess { (isGuess, since_ms) = (refusal.isGuess, now_ms) }
      if now_ms - since_ms >= (refusal.isGuess ? Self.guessPatience_ms : Self.patience_ms) { throw failure(refusal) }
    }
  }

  private func failure(_ refusal: ClientRefusal) -> KafkaFailure {
    KafkaFailure(
      what, name: String(cString: rd_kafka_err2name(refusal.code)),
      "brokers do not let \(properties.principal) in: \(refusal.text)", .refused, remedy: remedy(refusal))
  }

  private func remedy(_ refusal: ClientRefusal) -> String {
    if refusal.code == RD_KAFKA_RESP_ERR__SSL {
      return "Check security.protocol and the port; that ssl.ca.location has the authority that signed the brokers' "
        + "certificates, and those are for the names that bootstrap.servers has; and, where brokers ask for one, "
        + "ssl.certificate.location and ssl.key.location"
    }
    let mechanism = properties.mechanism
    var text =
      "Check that sasl.mechanism (\(mechanism)) and the name and password, or token, are those that the brokers know"
    if mechanism.hasPrefix("SCRAM-"), rd_kafka_version() < 0x0206_01ff {
      text +=
        ". librdkafka \(String(cString: rd_kafka_version_str())) can't log in by SCRAM at brokers from Kafka 4.0 on, whatever "
        + "the password: 2.6.1 and newer can"
    }
    return text
  }
}

/// A client with nothing but a connection.
private final class Client {
  let handle: OpaquePointer
  let callbacks: KafkaCallbacks

  init(_ properties: KafkaProperties) throws {
    let configuration = try properties.contact()
    callbacks = KafkaCallbacks(properties)
    callbacks.attach(to: configuration, deliveries: false)
    callbacks.noteRefusals(of: configuration)
    var text = [CChar](repeating: 0, count: 512)
    guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else {
      rd_kafka_conf_destroy(configuration)
      throw KafkaFailure.configuration("client", text)
    }
    self.handle = handle
  }

  deinit { rd_kafka_destroy(handle) }
}
