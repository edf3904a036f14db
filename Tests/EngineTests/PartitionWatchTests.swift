import Kafka
import XCTest

@testable import Engine

/// What changes about the partitions of a step while it runs.
final class PartitionWatchTests: XCTestCase {
  private func places(_ topic: String, _ count: Int32) -> [TopicPartition] {
    (0..<count).map { TopicPartition(topic: topic, partition: $0) }
  }

  func testNewPartitionsAreFoundUntilTheyAreRead() {
    var watch = PartitionWatch(known: places("a", 2))
    XCTAssertEqual(watch.look(at: places("a", 2)), .init())
    let more = places("b", 1) + places("a", 3)
    let new = [TopicPartition(topic: "b", partition: 0), TopicPartition(topic: "a", partition: 2)]
    XCTAssertEqual(watch.look(at: more), .init(new: new))
    XCTAssertEqual(watch.look(at: more), .init(new: new), "they could not be read")
    watch.add(new)
    XCTAssertEqual(watch.look(at: more), .init())
  }

  func testWhatIsMissingTwiceIsGone() {
    var watch = PartitionWatch(known: places("a", 2) + places("b", 1))
    XCTAssertEqual(watch.look(at: places("a", 1)), .init(isDoubtful: true))
    XCTAssertEqual(watch.look(at: places("a", 2) + places("b", 1)), .init(), "a broker did not know yet")
    XCTAssertEqual(watch.look(at: places("a", 2)), .init(isDoubtful: true), "the count begins anew")
    XCTAssertEqual(watch.look(at: places("b", 1)), .init(isDoubtful: true), "others are missing")
    XCTAssertEqual(watch.look(at: []), .init(gone: places("a", 2)))
  }

  func testNothingIsNewWhileSomethingIsMissing() {
    var watch = PartitionWatch(known: places("a", 2))
    XCTAssertEqual(watch.look(at: places("a", 1) + places("b", 1)), .init(isDoubtful: true))
    XCTAssertEqual(watch.look(at: places("a", 2) + places("b", 1)), .init(new: places("b", 1)))
  }

  func testArrivalsAreTakenOnceInOrder() {
    let arrivals = PartitionArrivals()
    XCTAssertEqual(arrivals.take().count, 0)
    for place in places("a", 3) { arrivals.put(.init(place: place, offset: 7, end: nil)) }
    XCTAssertEqual(arrivals.take().map(\.place), places("a", 3))
    XCTAssertEqual(arrivals.take().count, 0)
  }
}
