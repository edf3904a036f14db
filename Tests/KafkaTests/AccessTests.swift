import XCTest

@testable import Kafka

/// How failures for lack of permissions read.
final class AccessTests: XCTestCase {
  private func principal(_ properties: [String: String]) -> KafkaPrincipal { KafkaPrincipal { properties[$0] } }

  private func failure(_ name: String) -> KafkaFailure {
    KafkaFailure("reading it", name: name, "Broker: no", .refused, remedy: "Grant something")
  }

  func testThePrincipalIsNamedAsFarAsPropertiesTell() {
    let scram = ["security.protocol": "SASL_SSL", "sasl.mechanism": "scram-sha-512", "sasl.username": "fraud"]
    XCTAssertEqual(principal(scram).description, "principal User:fraud")
    XCTAssertEqual(principal([:]).description, "principal User:ANONYMOUS")
    XCTAssertEqual(principal(["security.protocol": "ssl"]).description, "principal User:ANONYMOUS")
    XCTAssertEqual(
      principal(["security.protocol": "ssl", "ssl.certificate.location": "a.pem"]).description,
      "the principal of the client's certificate")
    XCTAssertEqual(
      principal(["security.protocol": "sasl_ssl", "sasl.mechanisms": "OAUTHBEARER"]).description,
      "the principal that OAUTHBEARER gives this client")
  }

  func testALackingPermissionIsNamedWithTheWayToGrantIt() {
    let needed = [KafkaAccess(.read, .group("job.epochs")), KafkaAccess(.read, .topic("out"))]
    let named = failure("GROUP_AUTHORIZATION_FAILED").lacking(
      needed, principal(["security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN", "sasl.username": "fraud"]))
    XCTAssertEqual(
      named.description,
      "reading it: principal User:fraud may not READ group \"job.epochs\" (GROUP_AUTHORIZATION_FAILED). Grant it, say by "
        + "`kafka-acls.sh --add --allow-principal 'User:fraud' --operation READ --group 'job.epochs'`; "
        + "`millrace check --connect` lists all that is missing")
  }

  func testAllThatMayBeLackingIsNamed() {
    let needed = [
      KafkaAccess(.write, .topic("a")), KafkaAccess(.write, .topic("b")), KafkaAccess(.idempotentWrite, .cluster),
    ]
    XCTAssertEqual(
      failure("TOPIC_AUTHORIZATION_FAILED").lacking(needed, principal([:])).message,
      "principal User:ANONYMOUS may not WRITE topic \"a\", or may not WRITE topic \"b\"")
    XCTAssertEqual(
      failure("CLUSTER_AUTHORIZATION_FAILED").lacking(needed, principal([:])).message,
      "principal User:ANONYMOUS may not IDEMPOTENT_WRITE the cluster")
  }

  func testOtherFailuresStayAsTheyAre() {
    let other = failure("_TIMED_OUT")
    XCTAssertEqual(
      other.lacking([KafkaAccess(.write, .topic("a"))], principal([:])).description, other.description)
    let unasked = failure("TRANSACTIONAL_ID_AUTHORIZATION_FAILED")
    XCTAssertEqual(
      unasked.lacking([KafkaAccess(.write, .topic("a"))], principal([:])).description, unasked.description)
  }
}
