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

final class HangingUpTests: XCTestCase {
  /// A broker that goes down during a handshake looks like a port without TLS, until it can't be reached.
  func testABrokerThatGoesDownIsWaitedFor() throws {
    let port = try hangUpOnce()
    try FirstContact("here", KafkaProperties(["bootstrap.servers": "127.0.0.1:\(port)", "security.protocol": "ssl"]))
      .make(isWanted: wanted(for: 12))
  }

  /// The port of a listener that hangs up on who comes first, and then is gone.
  private func hangUpOnce() throws -> UInt16 {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutableBytes(of: &address) { bytes in
      let place = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      return bind(listener, place, size) == 0 && listen(listener, 1) == 0 && getsockname(listener, place, &size) == 0
    }
    XCTAssert(isListening, String(cString: strerror(errno)))
    Thread.detachNewThread {
      let client = accept(listener, nil, nil)
      close(listener)
      var hello = [UInt8](repeating: 0, count: 4096)
      _ = read(client, &hello, hello.count)
      close(client)
    }
    return UInt16(bigEndian: address.sin_port)
  }

  private func wanted(for seconds: Double) -> () -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    return { Date() < end }
  }
}

final class ClientRefusalTests: XCTestCase {
  func testWhoWasLetInBeforeTriesAgain() {
    XCTAssertEqual(KafkaCode.kind(RD_KAFKA_RESP_ERR__AUTHENTICATION), .retriable)
    XCTAssertEqual(KafkaCode.kind(RD_KAFKA_RESP_ERR__SSL), .retriable)
    XCTAssertEqual(KafkaCode.kind(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), .refused)
  }

  func testWhatBrokersCantDoNowIsTriedAgain() {
    for code in [
      RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__TRANSPORT,
      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
    ] { XCTAssertEqual(KafkaCode.kind(code), .retriable, String(cString: rd_kafka_err2name(code))) }
    for code in [
      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__FATAL,
    ] { XCTAssertEqual(KafkaCode.kind(code), .fatal, String(cString: rd_kafka_err2name(code))) }
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
    for text in [
      "SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener? (after 1ms in state SSL_HANDSHAKE)",
      "ssl://127.0.0.1:9092/bootstrap: Disconnected (after 4ms in state SSL_HANDSHAKE, 1 identical error(s) suppressed)",
    ] {
      let plain = ClientRefusal(RD_KAFKA_RESP_ERR__TRANSPORT, text)
      XCTAssertEqual(plain?.code, RD_KAFKA_RESP_ERR__SSL, text)
      XCTAssertEqual(plain?.isGuess, true, text)
    }
    XCTAssertNil(code(RD_KAFKA_RESP_ERR__TRANSPORT, "Disconnected (after 4012ms in state UP)"))
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
