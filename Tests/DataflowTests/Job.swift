import Columnar
import Dataflow
import Foundation
import XCTest

/// Workers that run a graph on threads of their own, and what they report.
final class Job {
  let control: WorkerControl
  let workers: [Worker]
  private var threads: [Thread] = []
  private(set) var failures: [(node: String?, error: any Error)] = []
  private(set) var ended: Set<Int> = []
  private(set) var stopped: Set<Int> = []
  private(set) var wanted: [(worker: Int, epoch: UInt64)] = []
  private var isStuck = false
  private var passed: [UInt64: [Int: WorkerSnapshot]] = [:]

  init(
    _ nodes: [Graph.Node], workers count: Int, ringCapacity: Int = 4, bounded: Bool = true, lastEpoch: UInt64 = 0,
    budget: MemoryBudget = .unlimited, onHeldBack: @escaping @Sendable (HeldBack) -> Void = { _ in }
  ) {
    let graph = Graph(nodes: nodes)
    let control = WorkerControl(lastEpoch: lastEpoch, budget: budget, onHeldBack: onHeldBack)
    let rings = graph.rings(workerCount: count, capacity: ringCapacity, budget: budget)
    self.control = control
    workers = (0..<count).map {
      Worker(index: $0, count: count, graph: graph, rings: rings, control: control, endsWithSources: bounded)
    }
  }

  func start(restored: [Worker.Restored] = []) {
    control.gate.advance(to: control.firstEpoch)
    for worker in workers {
      let state = worker.index < restored.count ? restored[worker.index] : Worker.Restored()
      let thread = Thread { worker.run(restored: state) }
      threads.append(thread)
      thread.start()
    }
  }

  /// Takes events in until `done` or `seconds` have gone by. True if done.
  func wait(seconds: Double = 60, until done: () -> Bool) -> Bool {
    let deadline = Date().addingTimeInterval(seconds)
    while !done() {
      if Date() > deadline { return false }
      for event in control.events.receive(timeout_us: 1000) { note(event) }
    }
    return true
  }

  private func note(_ event: WorkerEvent) {
    switch event {
    case .ready: break
    case .passed(let worker, let epoch, let snapshot): passed[epoch, default: [:]][worker] = snapshot
    case .epochWanted(let worker, let epoch): wanted.append((worker, epoch))
    case .sourcesEnded(let worker): ended.insert(worker)
    case .failed(_, let node, let error): failures.append((node, error))
    case .stopped(let worker): stopped.insert(worker)
    }
  }

  /// Ends an epoch on all workers; gives their snapshots, by worker. Opens the gate for the next if `opensGate`.
  func endEpoch(
    _ epoch: UInt64, replacements: [NodeIndex: Replacement] = [:], opensGate: Bool = true, line: UInt = #line
  ) -> [WorkerSnapshot] {
    guard !isStuck else { return [] }
    control.injectBarrier(epoch: epoch, replacements: Replacements(nodes: replacements))
    let done = wait { self.passed[epoch]?.count == workers.count || !failures.isEmpty }
    isStuck = !done
    XCTAssert(done, "epoch \(epoch) did not end", line: line)
    XCTAssert(failures.isEmpty, "\(failures)", line: line)
    if opensGate { control.gate.advance(to: epoch + 1) }
    return (0..<workers.count).compactMap { passed[epoch]?[$0] }
  }

  func hasPassed(_ epoch: UInt64) -> Bool { passed[epoch]?.count == workers.count }

  func waitForEnd(line: UInt = #line) {
    XCTAssert(wait { ended.count == workers.count || !failures.isEmpty }, "the sources did not end", line: line)
    XCTAssert(failures.isEmpty, "\(failures)", line: line)
  }

  func stop(line: UInt = #line) {
    control.stop()
    XCTAssert(wait { stopped.count == workers.count }, "the workers did not stop", line: line)
    while !threads.allSatisfy(\.isFinished) { usleep(100) }
  }
}

extension Graph.Node {
  /// A source whose splits, numbered from 0, are shared out over the workers.
  static func source(
    _ id: String = "source", tap: FakeSource.Tap, splits: Int64, workers: Int, batchRows: Int64 = 7,
    policy: WatermarkPolicy = WatermarkPolicy(outOfOrderness_us: 0, idleAfter_us: nil),
    alignment: EventTimeAlignment? = nil, first: Int64 = 0, from positions: [SplitPosition] = []
  ) -> Graph.Node {
    Graph.Node(
      id: id,
      kind: .source(policy: policy, alignment: alignment) { worker in
        FakeSource(
          numbers: (0..<splits).filter { Int($0) % workers == worker }.map { $0 + first }, tap: tap,
          batchRows: batchRows, from: positions)
      }, inputs: [])
  }

  static func pass(
    _ id: String, log: FakeOperator.Log, inputs: [Graph.Input], rowsPerWatermark: Int64 = 0,
    onBatch: (@Sendable (_ worker: Int, _ rows: [Row]) throws -> Void)? = nil
  ) -> Graph.Node {
    Graph.Node(
      id: id,
      kind: .operator { FakeOperator(worker: $0, log: log, rowsPerWatermark: rowsPerWatermark, onBatch: onBatch) },
      inputs: inputs)
  }

  static func sink(_ store: FakeSink.Store, from: NodeIndex) -> Graph.Node {
    Graph.Node(id: "sink", kind: .sink { _ in FakeSink(store) }, inputs: [Graph.Input(from: from)])
  }
}

extension Graph.Input {
  static func keyed(from: NodeIndex, workers: Int) -> Graph.Input {
    Graph.Input(from: from) { _ in try KeyExchange(workers: workers) }
  }
}
