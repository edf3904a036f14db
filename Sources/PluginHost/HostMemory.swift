import CMillrace
import Columnar
import Glibc
import Synchronization

/// "mill.memory/1": plugins' memory, counted against the process's budget.
package enum HostMemory {
  private static let budget = Mutex(MemoryBudget.unlimited)

  /// What plugins' memory counts against from now on. To be called before any plugin is loaded: what was counted in
  /// another budget would be given back to this one. [control]
  package static func setBudget(_ new: MemoryBudget) { budget.withLock { $0 = new } }

  /// The process's budget; one without a limit if none was set. [any]
  package static var current: MemoryBudget { budget.withLock { $0 } }

  /// The table that plugins get; lives as long as the process.
  nonisolated(unsafe) static let table: UnsafePointer<mill_memory> = {
    let table = UnsafeMutablePointer<mill_memory>.allocate(capacity: 1)
    table.initialize(
      to: mill_memory(
        struct_size: UInt32(MemoryLayout<mill_memory>.size), reserved: 0,
        allocate: { HostMemory.allocate($0, alignment: $1) }, release: { HostMemory.release($0, $1) },
        charge: { HostMemory.current.charge(.plugins, Int(clamping: $0)) },
        discharge: { HostMemory.current.release(.plugins, Int(clamping: $0)) }))
    return UnsafePointer(table)
  }()

  private static func allocate(_ size: UInt64, alignment: UInt64) -> UnsafeMutableRawPointer? {
    guard alignment <= UInt64(MILL_MEMORY_ALIGNMENT_MAX), alignment & (alignment &- 1) == 0 || alignment == 0,
      let bytes = Int(exactly: size)
    else { return nil }
    let budget = current
    guard mayHave(bytes, budget), let memory = allocate(max(1, bytes), Int(alignment)) else { return nil }
    budget.charge(.plugins, bytes)
    return memory
  }

  /// Whether plugins stay within twice the limit with `bytes` more. What others use is no reason to refuse: that gets
  /// less when sources are held back, while a plugin that is refused gives up.
  private static func mayHave(_ bytes: Int, _ budget: MemoryBudget) -> Bool {
    let (most, overflow) = budget.limit.multipliedReportingOverflow(by: 2)
    return overflow || bytes <= most &- budget.used(.plugins)
  }

  private static func allocate(_ bytes: Int, _ alignment: Int) -> UnsafeMutableRawPointer? {
    if alignment <= MemoryLayout<max_align_t>.alignment { return malloc(bytes) }
    var memory: UnsafeMutableRawPointer?
    return posix_memalign(&memory, alignment, bytes) == 0 ? memory : nil
  }

  private static func release(_ memory: UnsafeMutableRawPointer?, _ size: UInt64) {
    guard let memory else { return }
    free(memory)
    current.release(.plugins, Int(clamping: size))
  }
}
