import CRocksDB
import State

extension RocksColdStore {
  package func read(_ keys: UnsafeBufferPointer<RunKey>, _ found: (Int, UnsafeRawBufferPointer) -> Void) throws {
    var first = 0
    while first < keys.count {
      let end = min(first + Lookup.capacity, keys.count)
      lookup.prepare(keys[first..<end])
      rocksdb_batched_multi_get_cf(
        database, options.read, entries, end - first, lookup.keys, lookup.sizes, lookup.values, lookup.errors, true)
      if let message = lookup.finish(count: end - first, { found(first + $0, $1) }) {
        throw calls.failure("reading", taking: message)
      }
      first = end
    }
  }

  package func scan(_ hashes: ClosedRange<UInt64>, _ body: (RunEntry) -> Void) throws {
    let iterator = rocksdb_create_iterator_cf(database, options.scan, entries)!
    defer { rocksdb_iter_destroy(iterator) }
    key.removeAll()
    key.append(hashes.lowerBound, UnsafeBufferPointer(start: nil, count: 0))
    rocksdb_iter_seek(iterator, key.base, key.count)
    while rocksdb_iter_valid(iterator) != 0, let found = DiskKeys.entry(iterator.key), found.hash <= hashes.upperBound {
      body(RunEntry(hash: found.hash, key: found.bytes, record: iterator.value))
      rocksdb_iter_next(iterator)
    }
    try calls("reading") { rocksdb_iter_get_error(iterator, $0) }
  }
}

/// RocksDB's iterators.
extension OpaquePointer {
  var key: UnsafeRawBufferPointer {
    var size = 0
    let start = rocksdb_iter_key(self, &size)
    return UnsafeRawBufferPointer(start: start, count: size)
  }

  var value: UnsafeRawBufferPointer {
    var size = 0
    let start = rocksdb_iter_value(self, &size)
    return UnsafeRawBufferPointer(start: start, count: size)
  }
}

/// The arrays for looking several keys up at once. Few enough that what is found may be pinned in a small cache.
final class Lookup {
  static let capacity = 128
  let keys = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: capacity)
  let sizes = UnsafeMutablePointer<Int>.allocate(capacity: capacity)
  let values = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: capacity)
  let errors = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: capacity)
  private let bytes = DiskKeys()

  deinit {
    keys.deallocate()
    sizes.deallocate()
    values.deallocate()
    errors.deallocate()
  }

  /// Puts the keys in place, at most `capacity`.
  func prepare(_ wanted: Slice<UnsafeBufferPointer<RunKey>>) {
    bytes.removeAll()
    for key in wanted { bytes.append(key.hash, key.bytes) }
    var place = UnsafeRawPointer(bytes.base)
    for (index, key) in wanted.enumerated() {
      keys[index] = place.assumingMemoryBound(to: CChar.self)
      sizes[index] = 8 + key.bytes.count
      values[index] = nil
      errors[index] = nil
      place += sizes[index]
    }
  }

  /// Calls `found` with what was found and lets go of it. Returns the first error, which is the caller's to free.
  func finish(
    count: Int, _ found: (Int, UnsafeRawBufferPointer) -> Void
  ) -> UnsafeMutablePointer<CChar>? {
    var failure: UnsafeMutablePointer<CChar>?
    for index in 0..<count {
      if let message = errors[index] {
        if failure == nil { failure = message } else { rocksdb_free(message) }
      }
      guard let value = values[index] else { continue }
      var size = 0
      let start = rocksdb_pinnableslice_value(value, &size)
      if failure == nil { found(index, UnsafeRawBufferPointer(start: start, count: size)) }
      rocksdb_pinnableslice_destroy(value)
    }
    return failure
  }
}
