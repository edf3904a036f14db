import Columnar

/// An error with the step that it happened in.
package struct StepError: Error {
  /// The step's id.
  package var step: String
  /// What happened.
  package var underlying: any Error
}

/// Where the rows of an output port go on this worker.
enum Edge {
  /// To a node of this worker.
  case direct(NodeRuntime, channel: Int)
  /// Through an exchange.
  case exchange(ExchangeSender)
}

/// A node on one worker: its inputs' alignment and event time, and its outputs.
///
/// A barrier that has come in by one input blocks that input until it has come in by all: what follows it waits in
/// the ring, or for an edge within the worker in a queue here. So does everything while a new event time is not through
/// yet, because more timers are due than downstream has room for what they give.
class NodeRuntime: Congestible {
  /// A replacement that is of no use.
  private struct WrongReplacement: Error, CustomStringConvertible {
    let description = "the replacement at the barrier is of another kind than what it replaces: this is a bug"
  }
  /// How many messages may wait at a blocked input before entries upstream pause.
  static let queueLimit = 64

  let index: NodeIndex
  let id: String
  unowned let worker: Worker
  var outputs: [[Edge]] = []
  /// The epoch that rows handled now belong to.
  private(set) var epoch: UInt64
  private var portOfChannel: [Int] = []
  private var blocked: [Bool] = []
  private var queues: [MessageQueue] = []
  private var blockedCount = 0
  private var tracker = WatermarkTracker(channelCount: 0)
  private var toldIdle = false
  /// Whether downstream was told of idleness before the event time that is not through yet; nil if there is none.
  private var unfinishedTime: Bool?

  init(index: NodeIndex, id: String, worker: Worker, epoch: UInt64) {
    self.index = index
    self.id = id
    self.worker = worker
    self.epoch = epoch
  }

  /// Sets the inputs up: the port of each channel.
  func setChannels(_ ports: [Int]) {
    portOfChannel = ports
    blocked = Array(repeating: false, count: ports.count)
    queues = Array(repeating: MessageQueue(), count: ports.count)
    tracker = WatermarkTracker(channelCount: ports.count)
  }

  /// Whether so much waits here to leave that entries upstream should pause.
  var isCongested: Bool { false }
  /// Whether so much waits at the blocked input `channel` that what feeds it should pause. Others must not: the
  /// barrier that it waits for may be in what they hold.
  func isCongested(channel: Int) -> Bool {
    queues[channel].count > Self.queueLimit || queues[channel].bytes > worker.limits.input
  }
  var channelCount: Int { blocked.count }
  /// Whether what comes by the input `channel` would have to wait.
  func isBlocked(channel: Int) -> Bool { blocked[channel] || isAdvancing }
  /// Whether a new event time is not through yet.
  var isAdvancing: Bool { unfinishedTime != nil }
  var watermark_us: Int64 { tracker.current_us }

  /// Takes a message of one input. Errors carry this step's id.
  func receive(_ message: Message, channel: Int) throws {
    if isBlocked(channel: channel) {
      message.charge(to: worker.control.budget)
      queues[channel].append(message)
      return
    }
    try naming { try handle(message, channel: channel) }
    if blockedCount == 0 { try naming { try drainQueues() } }
  }

  /// Gives errors of `body` this step's id, unless they have one.
  func naming<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as StepError { throw error } catch {
      throw StepError(step: id, underlying: error)
    }
  }

  /// Handles what waited at inputs that are no longer blocked; a barrier among it may block them, and unblock others,
  /// again.
  private func drainQueues() throws {
    var moved = true
    while moved {
      moved = false
      for channel in queues.indices {
        while !isBlocked(channel: channel), let message = queues[channel].removeFirst() {
          try handle(message, channel: channel)
          moved = true
        }
      }
    }
  }

  private func handle(_ message: Message, channel: Int) throws {
    let before = worker.spendTime(on: index)
    switch message {
    case .batch(let batch): try process(batch, port: portOfChannel[channel])
    case .watermark(let watermark):
      try moveTime(to: tracker.advance(channel: channel, to: watermark))
    case .idle:
      try moveTime(to: tracker.markIdle(channel: channel))
    case .barrier(let epoch):
      blocked[channel] = true
      blockedCount += 1
      if blockedCount == blocked.count { try complete(epoch) }
    }
    worker.spendTime(on: before)
  }

  /// Takes the inputs' new watermark, if there is one; tells downstream of it, and of idleness and its end.
  private func moveTime(to watermark_us: Int64?) throws {
    let wasIdle = toldIdle
    toldIdle = tracker.isIdle
    guard let watermark_us else { return try tell(hasMoved: false, wasIdle: wasIdle) }
    if try advance(to: watermark_us) { try tell(hasMoved: true, wasIdle: wasIdle) } else { unfinishedTime = wasIdle }
  }

  /// Goes on with the event time that is not through yet, and then with what has waited for that.
  func goOnAdvancing() throws {
    guard let wasIdle = unfinishedTime, try naming({ try advance(to: tracker.current_us) }) else { return }
    unfinishedTime = nil
    try naming {
      try tell(hasMoved: true, wasIdle: wasIdle)
      try drainQueues()
    }
  }

  private func tell(hasMoved: Bool, wasIdle: Bool) throws {
    if toldIdle {
      if !wasIdle { try broadcast(.idle) }
    } else if hasMoved || wasIdle {
      try broadcast(.watermark(tracker.current_us))
    }
  }

  /// What to put in the place of `current` at the barrier under way; nil: nothing.
  func replacement(of current: AnyObject) throws -> AnyObject? {
    try worker.control.replacement(for: index).map { try $0(current, worker.index) }
  }

  func checked<Kind>(_ successor: Kind?) throws -> Kind {
    guard let successor else { throw WrongReplacement() }
    return successor
  }

  private func complete(_ epoch: UInt64) throws {
    try endEpoch(epoch)
    try replacePartitioners()
    for channel in blocked.indices { blocked[channel] = false }
    blockedCount = 0
    startEpoch(epoch + 1)
    try broadcast(.barrier(epoch: epoch))
    worker.nodePassed(self)
  }

  func startEpoch(_ next: UInt64) { epoch = next }

  /// Rows of the next epoch may be of another schema than those before the barrier.
  func replacePartitioners() throws {
    for case .exchange(let sender) in outputs.joined() {
      guard let make = worker.control.partitioner(for: sender.exchange) else { continue }
      sender.replace(partitioner: try make(worker.index))
    }
  }

  func send(_ batch: RecordBatch, port: Int) throws {
    guard outputs.indices.contains(port) else { return }
    for edge in outputs[port] {
      switch edge {
      case .direct(let node, let channel): try node.receive(.batch(batch), channel: channel)
      case .exchange(let sender): try sender.send(batch)
      }
    }
  }

  func broadcast(_ message: Message) throws {
    for port in outputs {
      for edge in port {
        switch edge {
        case .direct(let node, let channel): try node.receive(message, channel: channel)
        case .exchange(let sender): sender.broadcast(message)
        }
      }
    }
  }

  func process(_ batch: RecordBatch, port: Int) throws {}
  /// Event time is `watermark_us` now. False if that is not through yet: to be called again.
  func advance(to watermark_us: Int64) throws -> Bool { true }
  func endEpoch(_ epoch: UInt64) throws {}
  func close() {}
}
