import XCTest

@testable import Columnar

/// Batches cut by key.
final class KeyPartitionerTests: XCTestCase {
  private let schema = Schema([Field("row", .int32), Field("key", .utf8, nullable: true)])

  private func rows(_ batch: RecordBatch) -> [Int32] {
    (0..<batch.rowCount).map {
      batch.column(0).pointee.buffers[1]!.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)
    }
  }

  func testEachRowGoesToTheWorkerOfItsKeyAndOrderIsKept() throws {
    var random = seededRandom("partition")
    for workers in [1, 2, 3, 8, 128] {
      let partitioner = try KeyPartitioner(schema: schema, keyColumns: [1], keyGroups: 128, workers: workers)
      var home: [Value: Int] = [:]
      for _ in 0..<5 {
        let count = Int.random(in: 0...500, using: &random)
        let keys = (0..<count).map { _ -> Value in
          let number = Int.random(in: 0..<40, using: &random)
          return number == 0 ? .null : .text("key \(number) with a long name")
        }
        let batch = ArrayMaker().batch(schema, [(0..<count).map { .integer(Int32($0)) }, keys])
        var parts = [RecordBatch?](repeating: batch, count: workers)
        partitioner.partition(batch, into: &parts)
        var seen: [Int32] = []
        for (worker, part) in parts.enumerated() {
          guard let part, workers > 1 || count > 0 else { continue }
          XCTAssertGreaterThan(part.rowCount, 0)
          let own = rows(part)
          XCTAssertEqual(own, own.sorted())
          XCTAssertEqual(ArrayReader.columns(part, schema)[1], own.map { keys[Int($0)] })
          for row in own { XCTAssertEqual(home.updateValue(worker, forKey: keys[Int(row)]) ?? worker, worker) }
          seen += own
        }
        XCTAssertEqual(seen.sorted(), (0..<Int32(count)).map { $0 })
      }
    }
  }

  func testTheWorkerIsThatOfTheKeyGroup() throws {
    let partitioner = try KeyPartitioner(schema: schema, keyColumns: [1], keyGroups: 128, workers: 4)
    // Key group 63 of 128: worker 1 of 4. The canonical bytes are those pinned in KeyHashTests.
    let batch = ArrayMaker().batch(schema, [[.integer(Int32(7))], [.text("N14228")]])
    var parts = [RecordBatch?](repeating: nil, count: 4)
    partitioner.partition(batch, into: &parts)
    XCTAssertEqual(parts.map { $0?.rowCount }, [nil, 1, nil, nil])
    XCTAssert(parts[1] === batch, "a batch of one worker's rows only is not copied")
  }
}

extension Value: Hashable {
  func hash(into hasher: inout Hasher) { hasher.combine("\(self)") }
}
