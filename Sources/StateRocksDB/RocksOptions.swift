import CRocksDB

/// How databases are set up. Values are small, files are scratch: nothing is logged ahead, nothing compressed.
struct RocksOptions {
  let entries: OpaquePointer
  let timers: OpaquePointer
  let write: OpaquePointer
  let read: OpaquePointer
  let scan: OpaquePointer
  private let expiryFilter: OpaquePointer

  init(resources: RocksResources, now: @escaping @Sendable () -> Int64) {
    expiryFilter = createExpiryFilter(now: now)
    entries = Self.database(resources)
    rocksdb_options_set_compaction_filter(entries, expiryFilter)
    rocksdb_options_set_write_buffer_size(entries, resources.writeBufferSize)
    // Nearly all keys that are looked up are there, so a filter for the last level would not pay for its memory.
    rocksdb_options_set_optimize_filters_for_hits(entries, 1)
    Self.setTables(entries, resources, bloomFilter: true)
    timers = Self.database(resources)
    rocksdb_options_set_write_buffer_size(timers, max(64 << 10, resources.writeBufferSize / 8))
    Self.setTables(timers, resources, bloomFilter: false)
    write = rocksdb_writeoptions_create()
    rocksdb_writeoptions_disable_WAL(write, 1)
    read = rocksdb_readoptions_create()
    scan = rocksdb_readoptions_create()
    rocksdb_readoptions_set_fill_cache(scan, 0)
  }

  func destroy() {
    rocksdb_options_destroy(entries)
    rocksdb_options_destroy(timers)
    rocksdb_compactionfilter_destroy(expiryFilter)
    rocksdb_writeoptions_destroy(write)
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
    rocksdb_options_set_compaction_style(options, Int32(rocksdb_universal_compaction))
    rocksdb_options_set_compression(options, Int32(rocksdb_no_compression))
    rocksdb_options_set_info_log_level(options, 3)
    rocksdb_options_set_keep_log_file_num(options, 1)
    rocksdb_options_set_stats_dump_period_sec(options, 0)
    rocksdb_options_set_stats_persist_period_sec(options, 0)
    return options
  }

  private static func setTables(_ options: OpaquePointer, _ resources: RocksResources, bloomFilter: Bool) {
    let tables = rocksdb_block_based_options_create()!
    rocksdb_block_based_options_set_block_cache(tables, resources.cache)
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(tables, 1)
    rocksdb_block_based_options_set_index_type(
      tables, Int32(rocksdb_block_based_table_index_type_two_level_index_search))
    rocksdb_block_based_options_set_pin_top_level_index_and_filter(tables, 0)
    rocksdb_block_based_options_set_format_version(tables, 5)
    if bloomFilter {
      rocksdb_block_based_options_set_partition_filters(tables, 1)
      rocksdb_block_based_options_set_filter_policy(tables, rocksdb_filterpolicy_create_bloom_full(10))
    }
    rocksdb_options_set_block_based_table_factory(options, tables)
    rocksdb_block_based_options_destroy(tables)
  }
}
