import CRocksDB
import Glibc
import State

/// The keys of one `KeyedState` that memory has no room for, in a RocksDB database of their own. Entries are in one
/// column family, the times of timers in another.
package final class RocksColdStore: ColdStore {
  let calls: RocksCalls
  let options: RocksOptions
  let database: OpaquePointer
  let entries: OpaquePointer
  let timers: OpaquePointer
  let key = DiskKeys()
  let lookup = Lookup()
  var timerLines = [TimerLine(), TimerLine()]
  private let resources: RocksResources
  private let directory: ScratchDirectory
  private let batch: OpaquePointer
  /// Bytes of the disk that are left free, unless they are more than an eighth of it.
  private static let leastFree = 64 << 20
  /// How many entries the write buffer may have, at most.
  private var bufferedCount = 0
  private static let bufferedLimit = 32
  /// Bytes that go into one of RocksDB's batches before it is written.
  private static let batchSize = 1 << 18

  /// An empty store in `directory`, which is deleted with what is in it, now and at the end. `now`: microseconds of
  /// the clock of records' expiry, called from any thread. Throws `StateError`.
  package init(directory path: String, resources: RocksResources, now: @escaping @Sendable () -> Int64) throws {
    calls = RocksCalls(path: path)
    self.resources = resources
    directory = ScratchDirectory(path: path)
    try directory.create()
    let options = RocksOptions(resources: resources, now: now)
    do {
      (database, entries, timers) = try Self.open(calls, options)
    } catch {
      options.destroy()
      directory.remove()
      throw error
    }
    self.options = options
    batch = rocksdb_writebatch_create()
  }

  private static func open(
    _ calls: RocksCalls, _ options: RocksOptions
  ) throws -> (OpaquePointer, OpaquePointer, OpaquePointer) {
    let database = try calls.make("opening the database") { rocksdb_open(options.entries, calls.path, $0) }
    do {
      let entries = try table("entries", options.entries, database, calls)
      do {
        let timers = try table("timers", options.timers, database, calls)
        return (database, entries, timers)
      } catch {
        rocksdb_column_family_handle_destroy(entries)
        throw error
      }
    } catch {
      rocksdb_close(database)
      throw error
    }
  }

  /// Makes a column family. RocksDB gives one that it could not note in its options file, too: a handle that is left would
  /// keep the database from being closed.
  private static func table(
    _ name: String, _ options: OpaquePointer, _ database: OpaquePointer, _ calls: RocksCalls
  ) throws -> OpaquePointer {
    try calls.make("making a table") { message in
      let table = rocksdb_create_column_family(database, options, name, message)
      guard message.pointee != nil, let table else { return table }
      rocksdb_column_family_handle_destroy(table)
      return nil
    }
  }

  deinit {
    rocksdb_cancel_all_background_work(database, 1)
    rocksdb_writebatch_destroy(batch)
    rocksdb_column_family_handle_destroy(entries)
    rocksdb_column_family_handle_destroy(timers)
    rocksdb_close(database)
    options.destroy()
    directory.remove()
  }

  package func write(_ next: () -> RunEntry?) throws {
    try checkSpace()
    try inBatches { batch in
      guard let entry = next() else { return false }
      bufferedCount += 1
      key.removeAll()
      key.append(entry.hash, entry.key)
      if let record = entry.record {
        rocksdb_writebatch_put_cf(batch, entries, key.base, key.count, record.baseAddress, record.count)
      } else {
        rocksdb_writebatch_delete_cf(batch, entries, key.base, key.count)
      }
      return true
    }
    // Look-ups sort the buffer each time, so it may keep next to nothing. This does not wait, unless four buffers are
    // being written out.
    guard bufferedCount >= Self.bufferedLimit else { return }
    try flush()
    bufferedCount = 0
  }

  /// Asks for the buffer to be written out. RocksDB refuses while merging is so far behind that writers have to wait:
  /// this waits.
  private func flush() throws {
    while true {
      var message: UnsafeMutablePointer<CChar>?
      rocksdb_flush_cf(database, options.flush, entries, &message)
      guard let message else { return }
      guard String(cString: message).contains("Try again") else { throw calls.failure("writing", taking: message) }
      rocksdb_free(message)
      usleep(1000)
    }
  }

  /// Refuses to write when the disk is nearly full: with RocksDB 7.8 as Debian builds it, with assertions, a disk that
  /// fails at a bad moment ends the process.
  private func checkSpace() throws {
    var disk = statvfs()
    guard statvfs(calls.path, &disk) == 0 else { return }
    let block = Int(clamping: disk.f_frsize)
    let free = Int(clamping: disk.f_bavail) * block
    let margin = min(Self.leastFree, Int(clamping: disk.f_blocks) * block / 8)
    guard free >= margin else {
      throw calls.failure("writing", "No space left on device: \(free) bytes are free, \(margin) are kept so")
    }
  }

  /// Writes what `fill` puts into batches, until it returns false.
  func inBatches(_ fill: (OpaquePointer) -> Bool) throws {
    rocksdb_writebatch_clear(batch)
    var isAtEnd = false
    while !isAtEnd {
      while !isAtEnd && size(batch) < Self.batchSize { isAtEnd = !fill(batch) }
      try calls("writing") { rocksdb_write(database, options.write, batch, $0) }
      rocksdb_writebatch_clear(batch)
    }
  }

  private func size(_ batch: OpaquePointer) -> Int {
    var size = 0
    rocksdb_writebatch_data(batch, &size)
    return size
  }

  package var memoryUse: Int {
    [entries, timers].reduce(into: 0) { sum, family in
      sum +=
        property("rocksdb.cur-size-all-mem-tables", family) + property("rocksdb.estimate-table-readers-mem", family)
    }
  }

  /// A number that RocksDB knows; 0 where it does not.
  func property(_ name: String, _ family: OpaquePointer) -> Int {
    var value: UInt64 = 0
    return rocksdb_property_int_cf(database, family, name, &value) == 0 ? Int(clamping: value) : 0
  }
}
