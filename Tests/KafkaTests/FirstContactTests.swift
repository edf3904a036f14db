import CRdKafka
import Foundation
import XCTest

@testable import Kafka

final class FirstContactTests: BrokerTestCase {
  private func contact(_ more: [String: String], for seconds: Double = 20) throws {
    let deadline = Date().addingTimeInterval(seconds)
    try FirstContact("connection \"c\"", properties(more)).make { Date() < deadline }
  }

  func testBrokersThatDoNotAskAreNotAsked() throws {
    // Nobody listens there: asking would wait.
    try FirstContact("connection \"c\"", properties(["bootstrap.servers": "127.0.0.1:9"])).make {
      XCTFail("it waits")
      return false
    }
  }

  func testTLSThatDoesNotComeAboutIsRefused() throws {
    let found = try failure { try self.contact(["security.protocol": "ssl"]) }
    XCTAssertEqual(found.name, "_SSL")
    XCTAssertEqual(found.epochKind, .refused)
    let text = "\(found)"
    XCTAssert(text.hasPrefix("connection \"c\": brokers do not let "), text)
    XCTAssert(text.contains("Check security.protocol"), text)
  }

  func testBrokersThatAreAwayAreWaitedFor() throws {
    let start = Date()
    try contact(["bootstrap.servers": "127.0.0.1:9", "security.protocol": "ssl"], for: 6)
    XCTAssertGreaterThan(Date().timeIntervalSince(start), 6, "it has not waited")
  }
}

final class ClientRefusalTests: XCTestCase {
  func testWhoWasLetInBeforeTriesAgain() {
    XCTAssertEqual(KafkaCode.kind(RD_KAFKA_RESP_ERR__AUTHENTICATION), .retriable)
    XCTAssertEqual(KafkaCode.kind(RD_KAFKA_RESP_ERR__SSL), .retriable)
    XCTAssertEqual(KafkaCode.kind(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), .refused)
  }

  func testWhatIsARefusal() {
    func code(_ code: rd_kafka_resp_err_t, _ text: String = "") -> rd_kafka_resp_err_t? {
      ClientRefusal(code, text)?.code
    }
    XCTAssertEqual(code(RD_KAFKA_RESP_ERR__AUTHENTICATION), RD_KAFKA_RESP_ERR__AUTHENTICATION)
    XCTAssertEqual(code(RD_KAFKA_RESP_ERR__SSL), RD_KAFKA_RESP_ERR__SSL)
    XCTAssertNil(code(RD_KAFKA_RESP_ERR__TRANSPORT, "Connect to ipv4#127.0.0.1:9 failed: Connection refused"))
    XCTAssertEqual(
      code(
        RD_KAFKA_RESP_ERR__TRANSPORT,
        "Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate required: SSL alert number 116"),
      RD_KAFKA_RESP_ERR__SSL)
  }

  func testWhichClientsAreAsked() throws {
    func properties(_ more: [String: String]) throws -> KafkaProperties {
      try KafkaProperties(["bootstrap.servers": "a:1"].merging(more) { $1 })
    }
    XCTAssertFalse(try properties([:]).isSecured)
    XCTAssertFalse(try properties(["security.protocol": "PLAINTEXT"]).isSecured)
    for name in ["ssl", "SASL_SSL", "sasl_plaintext"] {
      XCTAssertTrue(try properties(["security.protocol": name, "sasl.mechanism": "PLAIN"]).isSecured, name)
    }
    XCTAssertEqual(try properties(["sasl.mechanism": "scram-sha-256"]).mechanism, "SCRAM-SHA-256")
  }
}
