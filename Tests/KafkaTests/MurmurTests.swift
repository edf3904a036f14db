import XCTest

@testable import Kafka

/// Without a broker.
final class MurmurTests: XCTestCase {
  /// `UtilsTest.testMurmur2` of Apache Kafka.
  func testHashesAreJavas() {
    let known: [(String, Int32)] = [
      ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
      ("a-little-bit-longer-string", -1_486_304_829),
      ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
    ]
    for (key, hash) in known {
      let bytes = Array(key.utf8)
      bytes.withUnsafeBytes {
        XCTAssertEqual(Int32(bitPattern: Murmur2.hash($0)), hash, key)
        XCTAssertEqual(Murmur2.partition(of: $0, count: 7), (hash & 0x7FFF_FFFF) % 7, key)
      }
    }
  }

  func testAnyLengthAndAlignment() {
    XCTAssertEqual(Murmur2.partition(of: UnsafeRawBufferPointer(start: nil, count: 0), count: 1), 0)
    let bytes = (0..<64).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    for count in 0..<32 {
      let aligned = Array(bytes[3..<3 + count]).withUnsafeBytes { Murmur2.hash($0) }
      let other = bytes.withUnsafeBytes { Murmur2.hash(UnsafeRawBufferPointer(rebasing: $0[3..<3 + count])) }
      XCTAssertEqual(aligned, other)
    }
  }
}
