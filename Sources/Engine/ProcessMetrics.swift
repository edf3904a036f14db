import Columnar
import Dataflow
import Glibc
import Kafka
import PluginHost

/// What the process uses, its limits, and the names that Prometheus' client libraries give to such.
enum ProcessMetrics {
  /// Fills `registry` with the process's use of memory, files and processor time whenever it is read.
  static func register(in registry: MetricsRegistry, budget: MemoryBudget) {
    registry.gauge("millrace_memory_limit_bytes", help: "The memory budget, state.memory.").set(budget.limit)
    for kind in MemoryKind.allCases {
      registry.gauge(
        "millrace_memory_share_bytes", help: "What of the budget a kind may use; slots and plugins share theirs.",
        ["kind": kind.name]
      ).set(budget.shares[kind])
    }
    registry.collect("process") {
      collectBudget(registry, budget)
      collectProcess(registry)
    }
    registerLimits(in: registry)
  }

  private static func collectBudget(_ registry: MetricsRegistry, _ budget: MemoryBudget) {
    for kind in MemoryKind.allCases {
      registry.gauge(
        "millrace_memory_used_bytes", help: "What is counted against the budget, by kind.", ["kind": kind.name]
      ).set(budget.used(kind))
    }
  }

  private static func collectProcess(_ registry: MetricsRegistry) {
    if let bytes = residentBytes() {
      registry.gauge("process_resident_memory_bytes", help: "Resident memory of the process.").set(bytes)
    }
    if let count = openFiles() {
      registry.gauge("process_open_fds", help: "Open file descriptors.").set(count)
    }
    registry.counter("process_cpu_seconds_total", help: "User and system time of the process.").set(processorTime_s())
  }

  private static func registerLimits(in registry: MetricsRegistry) {
    var files = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 {
      registry.gauge("process_max_fds", help: "Limit of open file descriptors.").set(files.rlim_cur)
    }
    let limits: [(name: String, help: String, value: Int)] = [
      ("millrace_batch_rows_limit", "Rows of a batch that a source is asked for.", Worker.batchRows),
      ("millrace_topic_batch_bytes_limit", "Bytes of a topic's rows in a batch.", KafkaReader.batchLimit_bytes),
      ("millrace_ring_messages_limit", "Messages in a ring between two workers.", WorkerThreads.ringCapacity),
      (
        "millrace_input_messages_limit", "Messages that wait at a blocked input before what feeds it pauses.",
        Worker.inputMessageLimit
      ),
      (
        "millrace_sink_rows_limit", "Rows that wait at a sink on a worker before what feeds it pauses.",
        Worker.sinkRowLimit
      ),
      (
        "millrace_dead_letters_limit", "Dead letters that wait on a worker before its sources pause.",
        DeadLetterQueue.waitingLimit
      ),
      (
        "millrace_dead_letter_bytes_limit", "Bytes of dead letters that wait on a worker before its sources pause.",
        DeadLetterQueue.waitingByteLimit
      ),
    ]
    for limit in limits { registry.gauge(limit.name, help: limit.help).set(limit.value) }
  }

  /// Resident memory in bytes; nil if /proc does not tell.
  static func residentBytes() -> Int? {
    guard let file = fopen("/proc/self/statm", "re") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return nil }
    let words = line.prefix { $0 != 0 }.split(separator: CChar(bitPattern: UInt8(ascii: " ")))
    guard words.count > 1 else { return nil }
    return Int(String(decoding: words[1].map(UInt8.init(bitPattern:)), as: UTF8.self)).map {
      $0 * sysconf(Int32(_SC_PAGESIZE))
    }
  }

  /// Open file descriptors, without the one that looking takes; nil if /proc does not tell.
  static func openFiles() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = -1
    while let entry = readdir(directory) { if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 } }
    return count
  }

  /// Processor time of all threads, in seconds.
  static func processorTime_s() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let (user, system) = (usage.ru_utime, usage.ru_stime)
    return Double(user.tv_sec + system.tv_sec) + Double(user.tv_usec + system.tv_usec) / 1_000_000
  }
}
