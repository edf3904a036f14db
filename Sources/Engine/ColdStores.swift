import Checkpointing
import Columnar
import Dataflow
import Foundation
import Pipeline
import State
import StateRocksDB

/// Makes the cold stores of a job's keyed state, in a directory that is this process's alone. Any thread.
struct ColdStores: Sendable {
  /// Name of the directory, in the job's own one or in `state.directory`, that holds RocksDB's files.
  private static let name = "scratch"

  private let directory: String
  private let resources: RocksResources
  private let lock: JobLock

  /// Clears away what a process that was killed left. Nil if the plan keeps state in memory only. `stateCount`: how
  /// many instances there will be. Throws `JobError`.
  init?(plan: LogicalPlan, memory: MemoryBudget, stateCount: Int) throws {
    guard plan.state.store == .rocksdb else { return nil }
    guard let parent = plan.state.directory ?? plan.checkpoint.directory else { return nil }
    directory = "\(parent)/\(plan.job)/\(Self.name)"
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      lock = try JobLock(directory: directory, now_us: Clock.realtime_us())
      for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name != JobLock.fileName {
        try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
      }
    } catch let error as CheckpointError {
      throw JobError(.alreadyRunning, "scratch", "\(error)")
    } catch {
      throw JobError(
        .failed, "scratch",
        "\(directory): can't be used for RocksDB's files (\(error.localizedDescription)): give the engine's user "
          + "write access there, or set state.directory")
    }
    let share = memory.shares[.coldStore]
    let buffer_bytes = max(1 << 20, share / 8 / max(1, stateCount))
    resources = RocksResources(cacheCapacity: share / 2, writeBufferSize: buffer_bytes)
    // Counted as a whole and once: RocksDB fills its cache and then keeps it full. Four buffers of a store may wait.
    memory.charge(.coldStore, share / 2 + 4 * buffer_bytes * stateCount)
  }

  /// An empty store for a step's state on a worker. Throws `StateError`.
  func open(step: String, worker: Int) throws -> any ColdStore {
    let unique = String(UInt32.random(in: 0...UInt32.max), radix: 36)
    return try RocksColdStore(
      directory: "\(directory)/\(step)-\(worker)-\(unique)", resources: resources, now: { Clock.realtime_us() })
  }
}
