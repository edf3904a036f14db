import XCTest

@testable import Columnar

/// The hash of keys, and where it sends them. These figures stand in checkpoints: if a test here fails, the code is
/// wrong, not the figure. They were computed from the definition by other code.
final class KeyHashTests: XCTestCase {
  private static let golden: [(key: [UInt8], hash: UInt64, group128: Int, group10: Int)] = [
    ([], 0xa550_6ff5_2926_ac13, 82, 6),
    ([0], 0x8a5a_61c0_6e14_2adb, 69, 5),
    (Array("a".utf8), 0xfed0_d72e_1864_9d08, 127, 9),
    (Array("N14228".utf8), 0xe5ef_a168_4fa6_e4e8, 114, 8),
    (Array("seven77".utf8), 0x8e71_cef0_04ae_9c80, 71, 5),
    (Array("eight888".utf8), 0x3444_ef17_94ec_c5b7, 26, 2),
    (Array("nine99999".utf8), 0x1b44_1348_95ec_44d7, 13, 1),
    (Array("0123456789abcdef".utf8), 0x10a0_5e53_9cc4_7da5, 8, 0),
    (Array("0123456789abcdef0".utf8), 0x04a3_685a_9565_41a6, 2, 0),
    (Array("The quick brown fox jumps over the lazy dog".utf8), 0xdc4e_93b6_e5b5_911b, 110, 8),
    ([0, 0, 0, 0, 0, 0, 0, 0], 0xf595_fc77_b0de_af74, 122, 9),
    ([1, 0, 0, 0, 0, 0, 0, 0], 0xc901_cc68_807a_c3b7, 100, 7),
    (Array(repeating: 0xff, count: 8), 0x212e_8c41_1473_652a, 16, 1),
    ([0x39, 0x30, 0, 0], 0x374d_55a6_f08b_07bf, 27, 2),
    ([1] + Array("N14228".utf8), 0x7fa5_68a0_2d11_d350, 63, 4),
  ]

  func testHashesAndKeyGroupsNeverChange() {
    for (key, hash, group128, group10) in Self.golden {
      let padded = key + [0xaa]  // what lies behind a key does not count
      let found = padded.withUnsafeBufferPointer { keyHash($0.baseAddress!, key.count) }
      XCTAssertEqual(found, hash, "\(key)")
      XCTAssertEqual(keyGroup(hash: found, count: 128), group128, "\(key)")
      XCTAssertEqual(keyGroup(hash: found, count: 10), group10, "\(key)")
    }
  }

  func testWordsHashAsTheirBytes() {
    for (key, hash, _, _) in Self.golden where key.count == 8 {
      let word = key.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      XCTAssertEqual(keyHash(word: word), hash)
    }
  }

  func testKeyGroupsAreDealtOutToWorkersWithoutGapOrOverlap() {
    for groups in [1, 2, 7, 128, 1000] {
      for workers in 1...min(groups, 17) {
        var next = 0
        for one in 0..<workers {
          let own = keyGroups(ofWorker: one, keyGroups: groups, workers: workers)
          XCTAssertEqual(own.lowerBound, next)
          XCTAssert(own.allSatisfy { worker(ofKeyGroup: $0, keyGroups: groups, workers: workers) == one })
          XCTAssert(own.count == groups / workers || own.count == groups / workers + 1)
          next = own.upperBound
        }
        XCTAssertEqual(next, groups)
      }
    }
  }

  func testHashesSpread() {
    var counts = [Int](repeating: 0, count: 128)
    for number in 0..<128_000 { counts[keyGroup(hash: keyHash(word: UInt64(number)), count: 128)] += 1 }
    XCTAssertGreaterThan(counts.min() ?? 0, 800)
    XCTAssertLessThan(counts.max() ?? 0, 1200)
  }
}
