import Columnar

/// The rings of one exchange: one for each pair of workers, itself included.
package final class ExchangeRings: Sendable {
  private let rings: [ExchangeRing]
  private let workerCount: Int

  /// Rings of `capacity` messages each, and of about `byteLimit` bytes of rows.
  package init(workerCount: Int, capacity: Int, byteLimit: Int = .max) {
    self.workerCount = workerCount
    rings = (0..<workerCount * workerCount).map { _ in ExchangeRing(capacity: capacity, byteLimit: byteLimit) }
  }

  func ring(from: Int, to: Int) -> ExchangeRing { rings[from * workerCount + to] }
}

/// The sending side of an exchange on one worker. What does not fit in a ring waits here, and while something waits
/// the entries upstream pause: a worker never blocks.
final class ExchangeSender: Congestible {
  /// Index of the exchange in `Graph.exchanges`.
  let exchange: Int
  private let rings: [ExchangeRing]
  private let budget: MemoryBudget
  private var partitioner: any BatchPartitioner
  private var waiting: [MessageQueue]
  private var parts: [RecordBatch?]

  /// Counts rows on their way against `budget`.
  init(
    exchange: Int, rings: ExchangeRings, worker: Int, workerCount: Int, partitioner: any BatchPartitioner,
    budget: MemoryBudget
  ) {
    self.exchange = exchange
    self.rings = (0..<workerCount).map { rings.ring(from: worker, to: $0) }
    self.budget = budget
    self.partitioner = partitioner
    waiting = Array(repeating: MessageQueue(), count: workerCount)
    parts = Array(repeating: nil, count: workerCount)
  }

  var isCongested: Bool { waiting.contains { !$0.isEmpty } }

  func send(_ batch: RecordBatch) throws {
    try partitioner.partition(batch, into: &parts)
    for index in parts.indices {
      guard let part = parts[index] else { continue }
      parts[index] = nil
      send(.batch(part), to: index)
    }
  }

  /// Rows sent from now on are of another schema, or find their worker in another way.
  func replace(partitioner: any BatchPartitioner) { self.partitioner = partitioner }

  func broadcast(_ message: Message) {
    for index in rings.indices { send(message, to: index) }
  }

  private func send(_ message: Message, to index: Int) {
    message.charge(to: budget)
    if !waiting[index].isEmpty || !rings[index].push(message) { waiting[index].append(message) }
  }

  /// Pushes what waits as far as there is room. True if anything moved.
  func flush() -> Bool {
    var moved = false
    for index in rings.indices {
      while let message = waiting[index].front, rings[index].push(message) {
        _ = waiting[index].removeFirst()
        moved = true
      }
    }
    return moved
  }
}

/// Something that can ask the entries upstream of it on the same worker to pause.
protocol Congestible: AnyObject {
  var isCongested: Bool { get }
}

/// One input of a node, as what feeds it sees it.
final class InputQueue: Congestible {
  private let node: NodeRuntime
  private let channel: Int

  init(node: NodeRuntime, channel: Int) {
    self.node = node
    self.channel = channel
  }

  var isCongested: Bool { node.isCongested(channel: channel) }
}
