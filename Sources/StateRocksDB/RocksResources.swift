import CRocksDB

/// What all cold stores of a process share: a block cache and background threads. Any thread. Must outlive the stores,
/// which hold on to it.
package final class RocksResources: @unchecked Sendable {
  let cache: OpaquePointer
  let environment: OpaquePointer
  let writeBufferSize: Int
  let openFiles: Int
  let fileSize: Int
  let mapsFiles: Bool

  /// - `cacheCapacity`: bytes for blocks of the files, indexes and filters; what is being read at the moment may
  ///   exceed it.
  /// - `writeBufferSize`: bytes of one of a store's write buffers, of which up to four wait to be written out.
  /// - `openFiles`: of one store, besides those that are being merged.
  /// - `fileSize`: about the bytes of a file that comes of merging.
  /// - `mapsFiles`: read files as memory: half the cost, and the page cache takes the block cache's place. The
  ///   process's resident size then includes pages of files, which the kernel takes back when memory is short; a disk
  ///   that fails to read ends the process (SIGBUS), and checksums are only looked at when files are merged.
  /// - `backgroundThreads`: those that merge files; as many write buffers out.
  package init(
    cacheCapacity: Int, writeBufferSize: Int = 8 << 20, openFiles: Int = 256, fileSize: Int = 64 << 20,
    mapsFiles: Bool = false, backgroundThreads: Int = 2
  ) {
    self.writeBufferSize = writeBufferSize
    self.openFiles = openFiles
    self.fileSize = fileSize
    self.mapsFiles = mapsFiles
    cache = rocksdb_cache_create_lru(cacheCapacity)
    environment = rocksdb_create_default_env()
    rocksdb_env_set_low_priority_background_threads(environment, Int32(backgroundThreads))
    rocksdb_env_set_high_priority_background_threads(environment, Int32(backgroundThreads))
    rocksdb_env_lower_thread_pool_cpu_priority(environment)
  }

  deinit {
    rocksdb_cache_destroy(cache)
    rocksdb_env_destroy(environment)
  }

  /// Bytes of memory in the cache now. What belongs to one store alone comes on top: `ColdStore.memoryUse`.
  package var cacheUse: Int { rocksdb_cache_get_usage(cache) }
}
