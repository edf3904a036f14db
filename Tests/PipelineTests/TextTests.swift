import XCTest

@testable import Pipeline

/// The small readers of text: durations, plain scalars, JSON, paths, nearest names.
final class TextTests: XCTestCase {
  func testDurations() {
    let right: [(String, Duration)] = [
      ("0s", .zero), ("200ms", .milliseconds(200)), ("1s", .seconds(1)), ("5m", .seconds(300)),
      ("1h", .seconds(3600)), ("2d", .seconds(172_800)), ("36500d", .seconds(3_153_600_000)),
    ]
    for (text, duration) in right { XCTAssertEqual(DurationText.parse(text), duration, text) }
    for text in ["", "s", "5", "-1s", "+1s", "1.5s", "1 s", "1S", "1us", "1w", "36501d", "9223372036854775807d", "٣s"] {
      XCTAssertNil(DurationText.parse(text), text)
    }
    for text in ["0s", "1ms", "1500ms", "90s", "5m", "36h", "2d"] {
      XCTAssertEqual(DurationText.parse(text).map(DurationText.text), text)
    }
  }

  func testSizes() {
    let right: [(String, Int)] = [
      ("0", 0), ("16777216", 16 << 20), ("64KiB", 64 << 10), ("512MiB", 512 << 20), ("4GiB", 4 << 30),
      ("1TiB", 1 << 40), ("1024TiB", 1 << 50),
    ]
    for (text, size) in right { XCTAssertEqual(SizeText.parse(text), size, text) }
    let wrong = [
      "", "MiB", "-1MiB", "+1MiB", "1.5GiB", "1 GiB", "1GB", "1G", "1Gi", "1gib", "1B", "1025TiB", "٣MiB",
      "9223372036854775807KiB", "99999999999999999999",
    ]
    for text in wrong { XCTAssertNil(SizeText.parse(text), text) }
    for text in ["0", "1", "1025", "1KiB", "1536MiB", "2GiB", "3TiB"] {
      XCTAssertEqual(SizeText.parse(text).map(SizeText.text), text)
    }
    for text in ["512MB", "512M", "512m", "512Mi", "512 MiB", "512mb"] {
      XCTAssertEqual(SizeText.likely(text), "512MiB", text)
    }
    for text in ["512", "512X", "M", "", "1.5GiB", "1025TB"] { XCTAssertNil(SizeText.likely(text), text) }
  }

  func testPlainScalars() {
    func kind(_ text: String) -> String { "\(PlainScalar(text))" }
    let expected = [
      "true": "bool(true)", "False": "bool(false)", "yes": "text", "7": "integer(7)", "-7": "integer(-7)",
      "+7": "integer(7)", "0x1F": "integer(31)", "0o17": "integer(15)", "0xg": "text", "0x": "text",
      "007": "integer(7)",
      "1.5": "float(1.5)", ".5": "float(0.5)", "5.": "float(5.0)", "1e3": "float(1000.0)", "-1.5E-1": "float(-0.15)",
      "1e": "text", ".": "text", "+": "text", "1.2.3": "text", "1_000": "text", ".inf": "text", "nan": "text",
      "9223372036854775807": "integer(9223372036854775807)", "9223372036854775808": "tooLarge", "1e999": "tooLarge",
      "0x8000000000000000": "tooLarge", "": "text",
    ]
    for (text, kind_) in expected { XCTAssertEqual(kind(text), kind_, text) }
  }

  func testJsonBothWays() throws {
    let text = #"{"a":[1,-2.5,true,null,"x\"\\\n\u0001é"],"b":{"c":9007199254740993}}"#
    XCTAssertEqual(try XCTUnwrap(JsonValue(parsing: text)).encoded, text)
    XCTAssertNil(JsonValue(parsing: "{\"a\": "))
    XCTAssertNil(JsonValue(parsing: String(repeating: "[", count: 100_000)))
  }

  func testTopicPatterns() throws {
    let names = ["__consumer_offsets", "orders", "orders.de", "orders.us", "old.orders.de", "orders.de.dead"]
    let pattern = try XCTUnwrap(TopicPattern(#"orders\.[a-z]+"#))
    XCTAssertEqual(pattern.matching(names), ["orders.de", "orders.us"])
    XCTAssertEqual(try XCTUnwrap(TopicPattern(".*")).matching(names), Array(names.dropFirst()))
    XCTAssertEqual(try XCTUnwrap(TopicPattern("a|orders")).matching(names), ["orders"])
    XCTAssertEqual(try XCTUnwrap(TopicPattern("")).matching(names), [])
    XCTAssertNil(TopicPattern("orders("))
  }

  func testPaths() {
    XCTAssertEqual(Paths.resolve("./a/../b", in: "/x/y"), "/x/y/b")
    XCTAssertEqual(Paths.resolve("../../../a", in: "/x/y"), "/a")
    XCTAssertEqual(Paths.resolve("/a//b/.", in: "/x/y"), "/a/b")
  }

  func testNearestNames() {
    XCTAssertEqual(Suggestions.nearest(to: "tiem", among: ["item", "time", "name"]), "item")
    XCTAssertEqual(Suggestions.nearest(to: "Fliht", among: ["flights", "flight"]), "flight")
    XCTAssertNil(Suggestions.nearest(to: "other", among: ["flights"]))
    XCTAssertNil(Suggestions.nearest(to: "", among: ["a"]))
    XCTAssertEqual(Suggestions.distance(Array("ab"), Array("ba")), 1)
    XCTAssertEqual(Suggestions.distance(Array("kitten"), Array("sitting")), 3)
  }
}
