import CRocksDB

/// What all cold stores of a process share: a block cache and background threads. Any thread. Must outlive the stores,
/// which hold on to it.
package final class RocksResources: @unchecked Sendable {
  let cache: OpaquePointer
  let environment: OpaquePointer
  let openFiles: Int
  let writeBufferSize: Int

  /// `cacheCapacity`: bytes for blocks of the files, indexes and filters; what is being read at the moment may exceed
  /// it. `writeBufferSize`: bytes of a store's write buffer, of which it has two. `openFiles`: of one store, at most.
  /// `backgroundThreads`: those that compact; one more writes buffers out.
  package init(cacheCapacity: Int, writeBufferSize: Int = 32 << 20, openFiles: Int = 256, backgroundThreads: Int = 2) {
    self.openFiles = openFiles
    self.writeBufferSize = writeBufferSize
    cache = rocksdb_cache_create_lru(cacheCapacity)
    environment = rocksdb_create_default_env()
    rocksdb_env_set_low_priority_background_threads(environment, Int32(backgroundThreads))
    rocksdb_env_set_high_priority_background_threads(environment, 1)
    rocksdb_env_lower_thread_pool_cpu_priority(environment)
  }

  deinit {
    rocksdb_cache_destroy(cache)
    rocksdb_env_destroy(environment)
  }

  /// Bytes of memory in the cache now. What belongs to one store alone comes on top: `ColdStore.memoryUse`.
  package var cacheUse: Int { rocksdb_cache_get_usage(cache) }
}
