import XCTest

@testable import Kafka

final class HeaderListTests: XCTestCase {
  private func same(_ one: [HeaderList.Header]?, _ other: [HeaderList.Header]) -> Bool {
    guard let one, one.count == other.count else { return false }
    return zip(one, other).allSatisfy { $0.name == $1.name && $0.value == $1.value }
  }

  func testKafkasOwnBytes() {
    // Zigzag varints: 2 headers; "a" with [255]; "bc" without a value.
    XCTAssertEqual(HeaderList.bytes([("a", [255]), ("bc", nil)]), [4, 2, 97, 2, 255, 4, 98, 99, 1])
  }

  func testWhatIsWrittenIsRead() {
    let lists: [[HeaderList.Header]] = [
      [], [("", [])], [("a", nil), ("a", [1]), ("a", [])], [("ü", Array(repeating: 3, count: 20_000))],
      (0..<100).map { ("h\($0)", [UInt8($0)]) },
    ]
    for list in lists { XCTAssert(same(HeaderList.headers(HeaderList.bytes(list)), list), "\(list)") }
  }

  func testOtherBytesAreRefused() {
    let good = HeaderList.bytes([("a", [1, 2]), ("b", nil)])
    for count in 0..<good.count { XCTAssertNil(HeaderList.headers(good.prefix(count)), "\(count) bytes") }
    XCTAssertNil(HeaderList.headers(good + [0]), "something behind it")
    let wrong: [[UInt8]] = [
      [1], [2, 1, 1], [2, 2, 0xff, 1], [2, 2, 0, 1], [2, 3, 1],
      [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], Array(repeating: 0xff, count: 12),
      [2, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    ]
    for bytes in wrong { XCTAssertNil(HeaderList.headers(bytes), "\(bytes)") }
  }
}
