import CRocksDB

/// How databases are set up. Values are small, files are scratch: nothing is logged ahead, nothing compressed.
struct RocksOptions {
  let entries: OpaquePointer
  let timers: OpaquePointer
  let write: OpaquePointer
  let flush: OpaquePointer
  let read: OpaquePointer
  let scan: OpaquePointer
  private let expiryFilter: OpaquePointer

  init(resources: RocksResources, now: @escaping @Sendable () -> Int64) {
    expiryFilter = createExpiryFilter(now: now)
    entries = Self.database(resources)
    Self.setForEntries(entries, resources)
    rocksdb_options_set_compaction_filter(entries, expiryFilter)
    timers = Self.database(resources)
    rocksdb_options_set_write_buffer_size(timers, resources.writeBufferSize)
    write = rocksdb_writeoptions_create()
    rocksdb_writeoptions_disable_WAL(write, 1)
    flush = rocksdb_flushoptions_create()
    rocksdb_flushoptions_set_wait(flush, 0)
    read = rocksdb_readoptions_create()
    rocksdb_readoptions_set_verify_checksums(read, resources.mapsFiles ? 0 : 1)
    scan = rocksdb_readoptions_create()
    rocksdb_readoptions_set_fill_cache(scan, 0)
  }

  func destroy() {
    rocksdb_options_destroy(entries)
    rocksdb_options_destroy(timers)
    rocksdb_compactionfilter_destroy(expiryFilter)
    rocksdb_writeoptions_destroy(write)
    rocksdb_flushoptions_destroy(flush)
    rocksdb_readoptions_destroy(read)
    rocksdb_readoptions_destroy(scan)
  }

  private static func database(_ resources: RocksResources) -> OpaquePointer {
    let options = rocksdb_options_create()!
    rocksdb_options_set_create_if_missing(options, 1)
    rocksdb_options_set_env(options, resources.environment)
    rocksdb_options_set_max_background_jobs(options, 4)
    rocksdb_options_set_max_open_files(options, Int32(resources.openFiles))
    // By default 64 parts of the table cache keep at least one file open each.
    rocksdb_options_set_table_cache_numshardbits(options, 2)
    rocksdb_options_set_allow_mmap_reads(options, resources.mapsFiles ? 1 : 0)
    rocksdb_options_set_compaction_style(options, Int32(rocksdb_universal_compaction))
    rocksdb_options_set_compression(options, Int32(rocksdb_no_compression))
    rocksdb_options_set_target_file_size_base(options, UInt64(resources.fileSize))
    // Nothing but fatal errors: RocksDB's own log asserts, and so aborts, when it goes on after the disk was full.
    rocksdb_options_set_info_log_level(options, 4)
    rocksdb_options_set_keep_log_file_num(options, 1)
    rocksdb_options_set_stats_dump_period_sec(options, 0)
    rocksdb_options_set_stats_persist_period_sec(options, 0)
    setTables(options, resources)
    return options
  }

  /// Entries come sorted, in batches that are written out at once: so a plain vector does for a buffer, at a quarter of
  /// the cost of a skip list. No write may leave many entries in it, because look-ups would sort it each time.
  private static func setForEntries(_ options: OpaquePointer, _ resources: RocksResources) {
    rocksdb_options_set_memtable_vector_rep(options)
    rocksdb_options_set_allow_concurrent_memtable_write(options, 0)
    rocksdb_options_set_write_buffer_size(options, resources.writeBufferSize)
    rocksdb_options_set_max_write_buffer_number(options, 4)
    // Fewer files would cost more merging, more of them more look-ups; writers wait when merging falls far behind.
    rocksdb_options_set_level0_file_num_compaction_trigger(options, 8)
    rocksdb_options_set_level0_slowdown_writes_trigger(options, 40)
    rocksdb_options_set_level0_stop_writes_trigger(options, 40)
    // Nearly all keys that are looked up are there, so a filter for the last level would not pay for its memory.
    rocksdb_options_set_optimize_filters_for_hits(options, 1)
  }

  /// Blocks in memory-mapped files need no cache; else all of them share it, indexes and filters in small parts, of which
  /// only the tables of contents stay.
  private static func setTables(_ options: OpaquePointer, _ resources: RocksResources) {
    let tables = rocksdb_block_based_options_create()!
    rocksdb_block_based_options_set_block_cache(tables, resources.cache)
    rocksdb_block_based_options_set_format_version(tables, 5)
    rocksdb_block_based_options_set_block_size(tables, 2048)
    rocksdb_block_based_options_set_block_restart_interval(tables, 8)
    rocksdb_block_based_options_set_filter_policy(tables, rocksdb_filterpolicy_create_bloom_full(10))
    if !resources.mapsFiles {
      rocksdb_block_based_options_set_cache_index_and_filter_blocks(tables, 1)
      rocksdb_block_based_options_set_partition_filters(tables, 1)
      rocksdb_block_based_options_set_pin_top_level_index_and_filter(tables, 1)
      rocksdb_block_based_options_set_index_type(
        tables, Int32(rocksdb_block_based_table_index_type_two_level_index_search))
    }
    rocksdb_options_set_block_based_table_factory(options, tables)
    rocksdb_block_based_options_destroy(tables)
  }
}
