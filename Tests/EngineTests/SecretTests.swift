import Kafka
import XCTest

@testable import Engine
@testable import Pipeline

/// Secrets of the pipeline file stay out of what the process says.
final class SecretTests: XCTestCase {
  private func message(_ name: String, _ value: PropertyValue) -> String {
    let place = Position(line: 3, column: 5)
    let connection = Connection(
      name: "kafka",
      properties: [
        .init(name: "bootstrap.servers", value: PropertyValue("a:1", of: "bootstrap.servers"), position: place),
        .init(name: name, value: value, position: place),
      ])
    do {
      _ = try ConnectionCheck(
        file: "a.yaml", connection: connection, memory: .most, errors: ConnectionLog()
      ).properties()
      return ""
    } catch { return "\(error)" }
  }

  func testLibrdkafkasQuotesOfWrongValuesAreRedacted() {
    let name = "compression.codec"
    let value = "not-for-your-eyes"
    XCTAssert(message(name, PropertyValue(value, of: name)).contains(value), "librdkafka quotes wrong values no more")
    let redacted = message(name, PropertyValue(value, of: name, fromOutside: [value]))
    XCTAssertFalse(redacted.contains(value), redacted)
    XCTAssert(redacted.contains(Redactor.mask), redacted)
    XCTAssert(redacted.hasPrefix("a.yaml:3:5: error: connection \"kafka\": "), redacted)
  }

  func testWhatIsHiddenStaysHidden() {
    Redaction.hide(["first-secret"])
    Redaction.hide(["second-secret"])
    XCTAssertEqual(Redaction.redact("first-secret and second-secret"), "[redacted] and [redacted]")
    XCTAssertEqual(Redaction.redact("nothing"), "nothing")
  }
}
