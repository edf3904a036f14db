import Columnar
import Dataflow
import Pipeline
import State
import StateRocksDB

/// Makes the cold stores of a job's keyed state. Any thread.
struct ColdStores: Sendable {
  private let directory: String
  private let resources: RocksResources

  /// Nil if the plan keeps state in memory only. `stateCount`: how many instances there will be.
  init?(plan: LogicalPlan, memory: MemoryBudget, stateCount: Int) {
    guard plan.state.store == .rocksdb else { return nil }
    let jobDirectory = plan.checkpoint.directory.map { "\($0)/\(plan.job)/scratch" }
    guard let directory = plan.state.directory.map({ "\($0)/\(plan.job)" }) ?? jobDirectory else { return nil }
    self.directory = directory
    let share = memory.shares[.coldStore]
    resources = RocksResources(
      cacheCapacity: share / 2, writeBufferSize: max(1 << 20, share / 8 / max(1, stateCount)))
  }

  /// An empty store for a step's state on a worker. Throws `StateError`.
  func open(step: String, worker: Int) throws -> any ColdStore {
    let unique = String(UInt32.random(in: 0...UInt32.max), radix: 36)
    return try RocksColdStore(
      directory: "\(directory)/\(step)-\(worker)-\(unique)", resources: resources, now: { Clock.realtime_us() })
  }
}
