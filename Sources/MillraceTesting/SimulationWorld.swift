import Checkpointing

/// The whole model. What a process knows is in `process`; the rest outlives it.
struct SimulationWorld {
  /// A checkpoint on disk.
  struct Stored {
    var epoch: UInt64
    var digest: String
    var position: Int
    var sum: Int64
    var isMarked = false
    /// Rows for the other cluster.
    var outbox: [Int64] = []
  }

  static let timeout_us: Int64 = 2_000
  static let stepLimit = 20_000

  let commitPoint: CommitPoint
  let fault: SimulationFault?
  var transactional: Bool { commitPoint == .transaction }
  var random: SimulationRandom
  var result: SimulationResult
  var now_us: Int64 = 0
  let input: [Int64]
  var broker = SimulationBroker()
  var other = SimulationOtherCluster()
  var network: [SimulationRequest] = []
  var disk: [Stored] = []
  var attempt = 0
  var process: SimulationProcess
  var isDone = false
  /// How many more things may go wrong, and how rarely they do.
  var mishaps: Int
  let mishapRarity: Int
  let settings: EpochProtocol.Settings

  init(seed: UInt64, commitPoint: CommitPoint, fault: SimulationFault?) {
    self.commitPoint = commitPoint
    self.fault = fault
    result = SimulationResult(seed: seed)
    random = SimulationRandom(seed: seed)
    var values: [Int64] = []
    for _ in 0..<(4 + random.below(32)) { values.append(Int64(random.below(1000))) }
    input = values
    mishaps = random.below(8)
    mishapRarity = 8 + random.below(60)
    settings = EpochProtocol.Settings(
      commitPoint: commitPoint, interval_us: Int64(random.below(80)), minPause_us: Int64(random.below(40)),
      timeout_us: Self.timeout_us, retryDelay_us: 10)
    process = SimulationProcess(settings: settings)
  }

  mutating func run() -> SimulationResult {
    while !isDone && result.failure == nil {
      result.steps += 1
      guard result.steps < Self.stepLimit else {
        fail("did not end")
        break
      }
      if mishaps > 0 && random.once(in: mishapRarity) { mishap() } else { step() }
    }
    if result.failure == nil { check() }
    return result
  }

  mutating func fail(_ reason: String) {
    guard result.failure == nil else { return }
    result.failure = "\(reason) (seed \(result.seed), \(commitPoint.rawValue), step \(result.steps))"
  }

  // MARK: the network

  /// Lets one request arrive.
  mutating func deliver() {
    let picked = network[random.below(network.count)]
    // The oldest of the same lane goes first.
    guard
      let index = network.firstIndex(where: {
        $0.attempt == picked.attempt && $0.producer == picked.producer && $0.lane == picked.lane
      })
    else { return }
    let request = network.remove(at: index)
    let isHeard = request.attempt == attempt
    switch request.kind {
    case .produce(let partition, let value):
      let taken = broker.produce(request, partition: partition, value: value, transactional: transactional)
      if isHeard { process.replies.append(.produced(request.producer, taken)) }
    case .endTransaction:
      let taken = broker.endTransaction(request)
      if isHeard { process.replies.append(.ended(taken)) }
    case .deliver(let record, let rows):
      let taken = other.deliver(record, rows, producerEpoch: request.producerEpoch)
      if isHeard { process.replies.append(.delivered(taken)) }
    }
  }

  // MARK: mishaps

  mutating func mishap() {
    mishaps -= 1
    switch random.below(transactional ? 13 : 12) {
    case 0...3: crash()
    case 4...6:
      _ = broker.fence(random.below(2))  // a transaction times out on the broker
      result.timeouts += 1
    case 7:
      _ = broker.fence(0)  // a second instance comes and goes
      _ = broker.fence(1)
    case 8:
      now_us += Self.timeout_us  // a stall
      handle(.tick)
    case 9:
      if process.isRunning {
        result.stops += 1
        process.isStopping = true
        handle(.stopRequested)
      }
    case 10: handle(.epochRequested)
    case 12:
      _ = other.fence()  // its transaction times out
      result.timeouts += 1
    default: if random.once(in: 2) { forget() } else { crash() }
    }
  }

  /// The process dies; what it sent may still arrive.
  mutating func crash() {
    result.crashes += 1
    attempt += 1
    process = SimulationProcess(settings: settings)
  }

  /// The process dies and stays away so long that Kafka forgets the record.
  mutating func forget() {
    crash()
    network.removeAll()
    _ = broker.fence(0)
    _ = broker.fence(1)
    if broker.record != nil { result.forgottenRecords += 1 }
    broker.record = nil
    // Had it rows to get, nobody but a person could tell whether it has them: `RecoveryTests` has that.
    if other.record == broker.visible { other.record = nil }
  }

  // MARK: the end

  private mutating func check() {
    var expected: [[Int64]] = [[], [], []]
    var sum: Int64 = 0
    for (row, value) in input.enumerated() {
      sum += value
      expected[row % 2].append(Int64(row) << 32 | value)
      expected[2].append(Int64(row) << 32 | sum)
    }
    // A decided commit gets its markers sooner or later.
    for producer in 0..<2 { broker.complete(producer) }
    for partition in 0..<3 {
      let seen = broker.values(of: partition, transactional: transactional)
      if let wrong = difference(seen, expected[partition]) { fail("partition \(partition): \(wrong)") }
    }
    let seen = other.rows.map { $0 >> 32 }
    if transactional && other.rows != expected[2] {
      fail("the other cluster: " + (difference(other.rows, expected[2]) ?? "wrong rows \(seen)"))
    }
    if transactional && broker.sourceOffset != input.count {
      fail("the source offset is \(broker.sourceOffset) at the end of \(input.count) rows")
    }
  }
  /// What is wrong with a partition's content; nil if nothing. Without transactions rows may repeat.
  private func difference(_ seen: [Int64], _ expected: [Int64]) -> String? {
    let (seenSet, expectedSet) = (Set(seen), Set(expected))
    func rows(_ values: Set<Int64>) -> String { "\(values.map { $0 >> 32 }.sorted()) of \(expected.map { $0 >> 32 })" }
    if !seenSet.isSubset(of: expectedSet) { return "wrong rows \(rows(seenSet.subtracting(expectedSet)))" }
    if seenSet != expectedSet { return "lost rows \(rows(expectedSet.subtracting(seenSet)))" }
    guard transactional && seen != expected else { return nil }
    return (seen.count > expected.count ? "repeated rows: " : "reordered: ") + "\(seen.map { $0 >> 32 })"
  }
}
