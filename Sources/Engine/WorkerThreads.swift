import Dataflow
import Glibc

/// The workers of one attempt, each on a thread of its own.
final class WorkerThreads {
  private final class Start {
    let worker: Worker
    let restored: Worker.Restored
    init(worker: Worker, restored: Worker.Restored) {
      self.worker = worker
      self.restored = restored
    }
  }
  /// Messages in a ring between two workers.
  static let ringCapacity = 64
  let workers: [Worker]
  private let control: WorkerControl
  private var threads: [pthread_t] = []

  /// Makes the workers for `graph`; nothing runs yet.
  init(
    graph: Graph, count: Int, control: WorkerControl, endsWithSources: Bool,
    sideOutputs: @escaping @Sendable (Int) throws -> [any SideOutput]
  ) {
    self.control = control
    let rings = graph.rings(workerCount: count, capacity: Self.ringCapacity, budget: control.budget)
    workers = (0..<count).map {
      Worker(
        index: $0, count: count, graph: graph, rings: rings, control: control, endsWithSources: endsWithSources,
        sideOutputs: sideOutputs)
    }
  }

  /// Starts them, each with its share of the restored state. Throws `JobError` if there can't be so many threads; those that
  /// run have ended then.
  func start(restored: [Worker.Restored]) throws {
    for (worker, state) in zip(workers, restored) {
      var thread = pthread_t()
      let start = Unmanaged.passRetained(Start(worker: worker, restored: state))
      let failed = pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
          nameThread("worker-\(start.worker.index)")
          start.worker.run(restored: start.restored)
          return nil
        }, start.toOpaque())
      guard failed == 0 else {
        start.release()
        stop()
        throw JobError(
          .failed, "threads",
          "can't start a thread for worker \(worker.index): \(String(cString: strerror(failed))). Allow more, or lower "
            + "`parallelism`")
      }
      threads.append(thread)
    }
  }

  /// Ends them and waits until they have ended.
  func stop() {
    control.stop()
    for thread in threads { pthread_join(thread, nil) }
    threads = []
  }
}

/// Names the calling thread, for top and perf: at most 15 bytes. The C function for it is not visible to Swift.
private func nameThread(_ name: String) {
  let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
  guard file >= 0 else { return }
  _ = name.withCString { write(file, $0, strlen($0)) }
  close(file)
}
