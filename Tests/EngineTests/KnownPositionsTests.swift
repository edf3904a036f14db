import Checkpointing
import Kafka
import XCTest

@testable import Engine

/// What a checkpoint says of the partitions that a step reads.
final class KnownPositionsTests: XCTestCase {
  private func place(_ topic: String, _ partition: Int32) -> TopicPartition {
    TopicPartition(topic: topic, partition: partition)
  }

  private var manifest: Manifest {
    var manifest = Manifest(
      job: "j", epoch: 3, engineVersion: "1", createdAt_us: 0, guarantee: .exactlyOnce, commitPoint: .manifest,
      keyGroups: 128, parallelism: 1)
    func source(_ step: String, _ topic: String, _ partition: Int32, _ next: Int64) -> Manifest.Source {
      Manifest.Source(step: step, topic: topic, partition: partition, nextOffset: next, watermark_us: 5)
    }
    manifest.sources = [
      source("in", "a", 0, 7), source("in", "a", 1, 8), source("in", "b", 0, 9), source("other", "c", 0, 10),
    ]
    return manifest
  }

  func testPositionsAreThoseOfTheStep() {
    let known = KnownPositions(step: "in", manifest: manifest)
    XCTAssertEqual(known[place("a", 1)]?.offset, 8)
    XCTAssertEqual(known[place("a", 1)]?.watermark_us, 5)
    XCTAssertNil(known[place("a", 2)])
    XCTAssertNil(known[place("c", 0)])
    XCTAssertFalse(known.isEmpty)
    XCTAssertTrue(KnownPositions(step: "new", manifest: manifest).isEmpty)
    XCTAssertTrue(KnownPositions(step: "in", manifest: nil).isEmpty)
  }

  func testWhatIsGone() {
    let known = KnownPositions(step: "in", manifest: manifest)
    let now = [place("a", 0), place("a", 2), place("d", 0)]
    XCTAssertEqual(known.partitionsGone(among: now), [place("a", 1)])
    XCTAssertEqual(known.topicsGone(among: now), ["b"])
    let more = [place("a", 0), place("a", 1), place("a", 2), place("b", 0)]
    XCTAssertEqual(known.partitionsGone(among: more), [])
    XCTAssertEqual(known.topicsGone(among: more), [])
  }
}
