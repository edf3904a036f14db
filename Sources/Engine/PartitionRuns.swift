/// The rows of a batch in the order in which they go out: partition by partition, those of each as they lie in the batch.
/// Where the client chooses partitions for some rows and not for others they all go out as they lie: nobody knows which of
/// them meet.
struct PartitionRuns: Equatable {
  struct Run: Equatable {
    /// -1: the client chooses.
    var partition: Int32
    /// Where its rows end in `rows`; they begin where those of the run before end.
    var end: Int
  }
  private(set) var rows: [UInt32] = []
  private(set) var runs: [Run] = []

  /// `bad`: rows left aside, ascending. `partition`: of each other row, from -1 to `partitionCount` - 1.
  init(rowCount: Int, bad: [Int], partitionCount: Int32, partition: (Int) -> Int32) {
    var counts = Array(repeating: 0, count: Int(partitionCount) + 1)  // by partition + 1
    var partitions = Array(repeating: Int32(-1), count: rowCount)
    Self.forEach(rowCount, bad) { row in
      partitions[row] = partition(row)
      counts[Int(partitions[row]) + 1] += 1
    }
    let count = counts.reduce(0, +)
    if counts[0] > 0 && counts[0] < count {
      keepOrder(partitions, bad)
    } else {
      sort(partitions, bad, counts)
    }
  }

  private mutating func keepOrder(_ partitions: [Int32], _ bad: [Int]) {
    Self.forEach(partitions.count, bad) { row in
      rows.append(UInt32(truncatingIfNeeded: row))
      if let last = runs.indices.last, runs[last].partition == partitions[row] {
        runs[last].end = rows.count
      } else {
        runs.append(Run(partition: partitions[row], end: rows.count))
      }
    }
  }

  /// `counts`: by partition + 1, how many rows.
  private mutating func sort(_ partitions: [Int32], _ bad: [Int], _ counts: [Int]) {
    var places = counts  // where the next row of each goes
    var end = 0
    for place in places.indices where counts[place] > 0 {
      runs.append(Run(partition: Int32(place) - 1, end: end + counts[place]))
      (places[place], end) = (end, end + counts[place])
    }
    rows = Array(repeating: 0, count: end)
    Self.forEach(partitions.count, bad) { row in
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
