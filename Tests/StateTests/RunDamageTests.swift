import Columnar
import MillraceTesting
import State
import XCTest

/// Wrong bytes get an error that says where, never a trap, never wrong entries.
final class RunDamageTests: XCTestCase {
  private let path = RunPath()

  /// Four blocks in some 300 bytes.
  private func small() throws -> (bytes: [UInt8], summary: RunSummary) {
    let entries = (0..<12).map { OwnedEntry([UInt8($0), 7], $0 % 4 == 0 ? nil : [0, 1, UInt8($0)]) }
    return try makeRun(of: entries, blockSize: 20)
  }

  private func readAll(_ bytes: [UInt8]) throws {
    try path.write(bytes)
    try path.open().verify()
  }

  func testEveryFlippedBitIsFound() throws {
    let (bytes, _) = try small()
    XCTAssertNoThrow(try readAll(bytes))
    for place in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << UInt8(bit)
        XCTAssertThrowsError(try readAll(damaged), "byte \(place), bit \(bit)") { error in
          XCTAssert((error as? RunError)?.isDamage == true, "\(error)")
          XCTAssert("\(error)".hasPrefix(path.path + ": ") && "\(error)".contains(" byte"), "\(error)")
        }
      }
    }
  }

  func testEveryOtherLengthIsFound() throws {
    let (bytes, _) = try small()
    for size in bytes.indices { XCTAssertThrowsError(try readAll(Array(bytes.prefix(size))), "\(size) bytes") }
    for more in 1...70 {
      XCTAssertThrowsError(try readAll(bytes + [UInt8](repeating: 0, count: more)), "\(more) bytes more")
      XCTAssertThrowsError(try readAll(Array(bytes.suffix(more)) + bytes), "\(more) bytes before")
    }
    XCTAssertThrowsError(try readAll(bytes + bytes))
  }

  func testMessages() throws {
    let (bytes, summary) = try small()
    func message(_ change: (inout [UInt8]) -> Void) -> String {
      var changed = bytes
      change(&changed)
      do {
        try readAll(changed)
        return "no error"
      } catch { return "\(error)".replacingOccurrences(of: path.path, with: "FILE") }
    }
    XCTAssertEqual(message { $0[9] ^= 1 }, "FILE: checksum mismatch in block 0 at byte 8")
    XCTAssertEqual(message { $0[40] ^= 1 }, "FILE: checksum mismatch in block 1 at byte 29")
    let index = bytes.count - summary.tail.count
    XCTAssertEqual(message { $0[index + 3] ^= 1 }, "FILE: checksum mismatch in the index at byte \(index)")
    XCTAssertEqual(
      message { $0[$0.count - 1] ^= 1 },
      "FILE: checksum mismatch in the footer at byte \(bytes.count - 56): the file was cut off or changed")
    XCTAssertEqual(
      message { $0 = [1, 2] },
      "FILE: has 2 bytes, a run has at least 64: it was cut off or is something else")
    XCTAssertEqual(message { $0[0] = 1 }, "FILE: does not begin as a run of state at byte 0")
  }

  func testFilesThatCannotBeRead() throws {
    XCTAssertThrowsError(try RunReader(path: path.path)) { XCTAssert("\($0)".hasSuffix("the file is missing")) }
    XCTAssertThrowsError(try RunReader(path: "/tmp")) { XCTAssert("\($0)".hasSuffix("not a regular file")) }
    XCTAssertThrowsError(try RunReader(path: "/dev/null")) { XCTAssert("\($0)".hasSuffix("not a regular file")) }
  }

  /// Files that say of themselves that they are right: sums and footer are made to fit whatever is in them.
  func testWrongBytesWithRightSums() throws {
    let (bytes, summary) = try small()
    var random = SimulationRandom(seed: testSeed())
    var refused = 0
    for _ in 0..<4000 {
      var changed = bytes
      for _ in 0..<(1 + random.below(3)) {
        let place = 8 + random.below(bytes.count - 16)
        changed[place] = random.once(in: 2) ? UInt8(random.below(256)) : [0, 1, 127, 128, 255][random.below(5)]
      }
      mendSums(&changed, tailSize: summary.tail.count)
      do { try readAll(changed) } catch { refused += 1 }
    }
    XCTAssertGreaterThan(refused, 1000, "hardly any change is harmless: keys would be out of order")
  }

  private func mendSums(_ bytes: inout [UInt8], tailSize: Int) {
    let footer = bytes.count - 56
    let index = bytes.count - tailSize
    for entry in stride(from: index, to: footer, by: 32) {
      let offset = Int(truncatingIfNeeded: word(bytes, entry + 8))
      let size = Int(truncatingIfNeeded: word(bytes, entry + 16) & 0xffff_ffff)
      guard offset >= 0, offset <= bytes.count, size <= bytes.count - offset else { continue }
      put(hashOfKey(Array(bytes[offset..<offset + size])), &bytes, entry + 24)
    }
    put(hashOfKey(Array(bytes[index..<footer])), &bytes, footer + 32)
    put(hashOfKey(Array(bytes[footer..<footer + 40])), &bytes, footer + 40)
  }

  private func word(_ bytes: [UInt8], _ place: Int) -> UInt64 {
    bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt64.self)) }
  }

  private func put(_ word: UInt64, _ bytes: inout [UInt8], _ place: Int) {
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self) }
  }

  func testAnIndexThatLies() throws {
    let (bytes, summary) = try small()
    let index = bytes.count - summary.tail.count
    var lies = 0
    for place in stride(from: index, to: bytes.count - 16, by: 4) {
      for value in [0, 1, 0x7f, 0xff] as [UInt8] {
        var changed = bytes
        for byte in place..<place + 4 { changed[byte] = value }
        mendSums(&changed, tailSize: summary.tail.count)
        guard changed != bytes else { continue }
        lies += 1
        XCTAssertThrowsError(try readAll(changed), "bytes \(place - index)… of the tail are \(value)")
      }
    }
    XCTAssertGreaterThan(lies, 100)
  }
}
