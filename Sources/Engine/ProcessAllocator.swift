import CMalloc

/// How the process's malloc treats memory that is given back. A memory budget means little if it is kept.
package enum ProcessAllocator {
  /// Blocks of so many bytes and more are given back to the system when they are freed, whatever malloc has learnt.
  private static let largeBlock: Int32 = 2 << 20
  /// Separate heaps; by default there are eight for each core, and what is freed in one does not serve another.
  private static let arenaCount: Int32 = 4

  /// Sets it up. To be called once, before there are threads. [control]
  package static func setUp() {
    mallopt(M_MMAP_THRESHOLD, largeBlock)
    mallopt(M_TRIM_THRESHOLD, 4 * largeBlock)
    mallopt(M_ARENA_MAX, arenaCount)
  }

  /// Gives back what is free now. After work that took much memory for a while. [any]
  static func trim() { malloc_trim(0) }
}
