import Checkpointing
import XCTest

final class StateChainTests: XCTestCase {
  private func file(_ name: String, _ size: Int64) -> Manifest.StateFile {
    .init(step: "s", worker: 0, kind: .run, name: name, size: size, sha256: "", keyGroups: .init(0..<128))
  }

  private func chain(_ sizes: [Int64]) -> StateChain {
    StateChain(sizes.enumerated().map { file("run-\($0)", $1) })
  }

  func testFewRunsStay() {
    XCTAssertNil(chain([]).compaction)
    XCTAssertNil(chain([1]).compaction)
    XCTAssertNil(chain(Array(repeating: 100, count: 7)).compaction)
    XCTAssertNil(chain([1 << 30] + Array(repeating: 100, count: 7)).compaction)
  }

  func testEightOfATierBecomeOne() {
    XCTAssertEqual(chain([1 << 30] + Array(repeating: 100, count: 8)).compaction, 1..<9)
    XCTAssertEqual(chain([1 << 30] + Array(repeating: 1 << 20, count: 8) + [100, 100]).compaction, 1..<11)
    XCTAssertEqual(chain([1 << 30, 1 << 25] + Array(repeating: 1 << 20, count: 8)).compaction, 2..<10)
  }

  func testAllBecomeOneWhenWhatIsNewerHasTheSizeOfTheOldest() {
    XCTAssertEqual(chain([700] + Array(repeating: 100, count: 7)).compaction, 0..<8)
    XCTAssertEqual(chain([1 << 20, 1 << 20, 1 << 10, 1, 1, 1, 1, 1]).compaction, 0..<8)
  }

  func testTooManyRunsAreMergedWhateverTheirSizes() {
    let sizes = [Int64(1) << 50] + (0..<49).map { Int64(1) << (49 - $0) }
    XCTAssertNotNil(chain(sizes).compaction)
  }

  /// However runs come, their number stays bounded, and so does what is written for what came.
  func testNumberOfRunsAndBytesWrittenAreBounded() {
    var chain = StateChain()
    var (came, written, longest) = (Int64(0), Int64(0), 0)
    for number in 0..<20_000 {
      let size = Int64(50_000 + number % 7 * 20_000)
      chain.append(file("new-\(number)", size))
      came += size
      while let range = chain.compaction {
        let files = chain.files[range]
        // As if no key came twice: the most that can be left.
        let merged = file("merged-\(number)-\(range.count)-\(files.count)", files.reduce(0) { $0 + $1.size })
        written += merged.size
        XCTAssert(chain.replace(Array(files), by: merged))
      }
      longest = max(longest, chain.files.count)
    }
    XCTAssertEqual(chain.files.reduce(0) { $0 + $1.size }, came)
    XCTAssertLessThan(longest, 49)
    XCTAssertLessThan(Double(written) / Double(came), 8)
  }

  func testReplacingWhatIsNotThereIsRefused() {
    var chain = chain([1, 2, 3])
    let before = chain
    let files = chain.files
    XCTAssertFalse(chain.replace([files[0], files[2]], by: nil))
    XCTAssertFalse(chain.replace([files[2], file("run-3", 1)], by: nil))
    XCTAssertFalse(chain.replace([file("x", 1)], by: nil))
    XCTAssertEqual(chain, before)
    XCTAssertTrue(chain.replace([files[1], files[2]], by: file("new", 4)))
    XCTAssertEqual(chain.files.map(\.name), ["run-0", "new"])
    XCTAssertTrue(chain.replace([files[0]], by: nil))
    XCTAssertEqual(chain.files.map(\.name), ["new"])
  }

  /// A run that was dealt to two workers which became one is in the chain for each one's key groups.
  func testARunMayBeThereForSeveralKeyGroups() {
    var (low, high) = (file("run", 10), file("run", 10))
    low.keyGroups = .init(0..<64)
    high.keyGroups = .init(64..<128)
    var chain = StateChain([low, file("between", 1), high])
    XCTAssertTrue(chain.replace([file("between", 1), high], by: file("new", 5)))
    XCTAssertEqual(chain.files, [low, file("new", 5)])
  }
}
