/// The rows of a batch in the order in which they go out: partition by partition, those of each as they lie in the batch.
struct PartitionRuns: Equatable {
  struct Run: Equatable {
    /// -1: by their keys.
    var partition: Int32
    /// Where its rows end in `rows`; they begin where those of the run before end.
    var end: Int
  }
  private(set) var rows: [UInt32] = []
  private(set) var runs: [Run] = []

  /// `bad`: rows left aside, ascending. `partition`: of each other row, from -1 to `partitionCount` - 1.
  init(rowCount: Int, bad: [Int], partitionCount: Int32, partition: (Int) -> Int32) {
    // By partition + 1: how many rows, then where the next one goes.
    var places = Array(repeating: 0, count: Int(partitionCount) + 1)
    var partitions = Array(repeating: Int32(-1), count: rowCount)
    Self.forEach(rowCount, bad) { row in
      partitions[row] = partition(row)
      places[Int(partitions[row]) + 1] += 1
    }
    var end = 0
    for place in places.indices where places[place] > 0 {
      runs.append(Run(partition: Int32(place) - 1, end: end + places[place]))
      (places[place], end) = (end, end + places[place])
    }
    rows = Array(repeating: 0, count: end)
    Self.forEach(rowCount, bad) { row in
      let place = Int(partitions[row]) + 1
      rows[places[place]] = UInt32(truncatingIfNeeded: row)
      places[place] += 1
    }
  }

  private static func forEach(_ rowCount: Int, _ bad: [Int], _ body: (Int) -> Void) {
    var bad = bad[...]
    for row in 0..<rowCount {
      if bad.first == row { bad.removeFirst() } else { body(row) }
    }
  }
}
