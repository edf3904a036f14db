import Glibc

/// Entries of a map in the order of their keys, in one allocation: a header, the entries in any order (sizes of key and
/// value as LEB128, key, value), and at the end where each begins, in the order of keys, the first one last. What
/// removed entries took is used again only by a copy.
struct MapChunk {
  private struct Header: BitwiseCopyable {
    var count: UInt32
    var used: UInt32  // bytes of entries, removed ones too
    var removed: UInt32  // bytes of removed entries
    var capacity: UInt32  // bytes behind the header
  }
  typealias Bytes = UnsafeBufferPointer<UInt8>
  private static let headerSize = MemoryLayout<Header>.size
  private static let placeSize = MemoryLayout<UInt32>.size

  let base: UnsafeMutableRawPointer
  private var header: UnsafeMutablePointer<Header> { base.assumingMemoryBound(to: Header.self) }
  private var entries: UnsafeMutableRawPointer { base + Self.headerSize }

  /// The chunk that `base` was of.
  init(base: UnsafeMutableRawPointer) { self.base = base }

  /// An empty chunk with room for `size` bytes of entries.
  init(size: Int) {
    let whole = roundedSize(Self.headerSize + size)
    base = allocate(whole)
    base.bindMemory(to: Header.self, capacity: 1).initialize(
      to: Header(count: 0, used: 0, removed: 0, capacity: UInt32(whole - Self.headerSize)))
  }

  func deallocate() { free(base) }

  var count: Int { Int(header.pointee.count) }
  /// Bytes that malloc takes for the chunk.
  var memoryUse: Int { allocatedBytes(Self.headerSize + Int(header.pointee.capacity)) }
  /// Bytes that the entries need.
  var size: Int { Int(header.pointee.used - header.pointee.removed) + count * Self.placeSize }
  /// Bytes that can be added.
  var room: Int { Int(header.pointee.capacity - header.pointee.used) - count * Self.placeSize }

  /// Bytes that the entries of `range` need.
  func size(of range: Range<Int>) -> Int {
    if range.count == count { return size }
    return range.reduce(0) { sum, index in
      let (key, value) = entry(index)
      return sum + Self.size(key: key.count, value: value.count)
    }
  }
  /// Where to cut the chunk, of two entries or more, into two that need about as many bytes.
  var middle: Int {
    var (index, left) = (0, 0)
    while index < count - 1 && (index == 0 || left < size / 2) {
      left += size(of: index..<index + 1)
      index += 1
    }
    return index
  }

  /// Bytes that an entry needs.
  static func size(key: Int, value: Int) -> Int { lebSize(key) + lebSize(value) + key + value + placeSize }

  // MARK: - Entries

  private func placeAddress(_ index: Int) -> UnsafeMutableRawPointer {
    entries + Int(header.pointee.capacity) - (index + 1) * Self.placeSize
  }

  @inline(__always)
  private func start(_ index: Int) -> UnsafeRawPointer {
    UnsafeRawPointer(entries + Int(placeAddress(index).load(as: UInt32.self)))
  }

  /// The entry at `index`, which must be below `count`.
  @inline(__always)
  func entry(_ index: Int) -> (key: Bytes, value: Bytes) {
    var at = start(index)
    let keySize = readLeb(&at)
    let valueSize = readLeb(&at)
    let key = at.assumingMemoryBound(to: UInt8.self)
    return (Bytes(start: key, count: keySize), Bytes(start: key + keySize, count: valueSize))
  }

  /// The first entry whose key is not less than `key`, and whether its key is that.
  func find(_ key: Bytes) -> (index: Int, isFound: Bool) {
    let prefix = orderPrefix(key)
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      let other = entry(middle).key
      let otherPrefix = orderPrefix(other)
      if otherPrefix != prefix ? otherPrefix < prefix : precedes(other, key) { low = middle + 1 } else { high = middle }
    }
    return (low, low < count && !precedes(key, entry(low).key))
  }

  /// Adds an entry at `index`; there must be room.
  func insert(_ key: Bytes, _ value: Bytes, at index: Int) {
    let place = header.pointee.used
    var at = entries + Int(place)
    writeLeb(key.count, &at)
    writeLeb(value.count, &at)
    if let start = key.baseAddress { memcpy(at, start, key.count) }
    if let start = value.baseAddress { memcpy(at + key.count, start, value.count) }
    header.pointee.used = UInt32(at - entries + key.count + value.count)
    let later = (count - index) * Self.placeSize
    memmove(placeAddress(count), placeAddress(count - 1), later)
    placeAddress(index).storeBytes(of: place, as: UInt32.self)
    header.pointee.count += 1
  }

  /// Takes the entry at `index` out; its bytes stay where they are until the next `insert`.
  func remove(at index: Int) {
    let (key, value) = entry(index)
    header.pointee.removed += UInt32(Self.size(key: key.count, value: value.count) - Self.placeSize)
    let later = (count - index - 1) * Self.placeSize
    memmove(placeAddress(count - 2), placeAddress(count - 1), later)
    header.pointee.count -= 1
  }

  /// Gives the entry at `index` a value of the same size as it has.
  func overwrite(_ value: Bytes, at index: Int) {
    guard let from = value.baseAddress, let to = entry(index).value.baseAddress else { return }
    memmove(UnsafeMutablePointer(mutating: to), from, value.count)
  }

  /// Adds all entries of `range` of `other`, which come after its own; there must be room.
  func append(_ range: Range<Int>, of other: MapChunk) {
    for index in range {
      let (key, value) = other.entry(index)
      insert(key, value, at: count)
    }
  }
}

private func lebSize(_ value: Int) -> Int { value < 0x80 ? 1 : (70 - UInt64(value).leadingZeroBitCount) / 7 }

@inline(__always)
private func readLeb(_ at: inout UnsafeRawPointer) -> Int {
  let first = Int(at.load(as: UInt8.self))
  at += 1
  return first < 0x80 ? first : readLebRest(first & 0x7f, &at)
}

private func readLebRest(_ first: Int, _ at: inout UnsafeRawPointer) -> Int {
  var (value, shift) = (first, 7)
  while true {
    let byte = Int(at.load(as: UInt8.self))
    at += 1
    value |= (byte & 0x7f) << shift
    if byte < 0x80 { return value }
    shift += 7
  }
}

private func writeLeb(_ value: Int, _ at: inout UnsafeMutableRawPointer) {
  var rest = value
  while rest >= 0x80 {
    at.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
    at += 1
    rest >>= 7
  }
  at.storeBytes(of: UInt8(rest), as: UInt8.self)
  at += 1
}
