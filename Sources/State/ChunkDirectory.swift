import Glibc

/// The chunks of a map that has more than one, in the order of their keys, in one allocation. Beside each chunk are the
/// first eight bytes of its first key, so that a search seldom has to look into a chunk.
struct ChunkDirectory {
  private struct Header: BitwiseCopyable {
    var count: Int
    var capacity: Int
  }
  private struct Item: BitwiseCopyable {
    var prefix: UInt64
    var chunk: UnsafeMutableRawPointer
  }
  typealias Bytes = UnsafeBufferPointer<UInt8>

  private(set) var base: UnsafeMutableRawPointer
  private var header: UnsafeMutablePointer<Header> { base.assumingMemoryBound(to: Header.self) }
  private var items: UnsafeMutablePointer<Item> {
    (base + MemoryLayout<Header>.stride).assumingMemoryBound(to: Item.self)
  }

  /// The directory that `base` was of.
  init(base: UnsafeMutableRawPointer) { self.base = base }

  init(_ first: MapChunk, _ second: MapChunk) {
    base = allocate(Self.size(capacity: 4))
    base.bindMemory(to: Header.self, capacity: 1).initialize(to: Header(count: 2, capacity: 4))
    set(first, at: 0)
    set(second, at: 1)
  }

  func deallocate() { free(base) }

  private static func size(capacity: Int) -> Int {
    MemoryLayout<Header>.stride + capacity * MemoryLayout<Item>.stride
  }

  var count: Int { header.pointee.count }
  /// Bytes that malloc takes for the directory.
  var memoryUse: Int { allocatedBytes(Self.size(capacity: header.pointee.capacity)) }

  func chunk(_ index: Int) -> MapChunk { MapChunk(base: items[index].chunk) }

  /// Puts `chunk`, which is not empty, in the place of the one at `index`. To be called as well when the first key of a
  /// chunk has changed.
  func set(_ chunk: MapChunk, at index: Int) {
    items[index] = Item(prefix: orderPrefix(chunk.entry(0).key), chunk: chunk.base)
  }

  mutating func insert(_ chunk: MapChunk, at index: Int) {
    if count == header.pointee.capacity { grow() }
    memmove(items + index + 1, items + index, (count - index) * MemoryLayout<Item>.stride)
    header.pointee.count += 1
    set(chunk, at: index)
  }

  private mutating func grow() {
    let capacity = count + max(4, count / 2)
    guard let memory = realloc(base, Self.size(capacity: capacity)) else {
      fatalError("out of memory: a map of keyed state needs \(Self.size(capacity: capacity)) bytes in one piece")
    }
    base = memory
    header.pointee.capacity = capacity
  }

  func remove(at index: Int) {
    header.pointee.count -= 1
    memmove(items + index, items + index + 1, (count - index) * MemoryLayout<Item>.stride)
  }

  /// The last chunk whose first key is not greater than `key`; the first one if there is none.
  func find(_ key: Bytes) -> Int {
    let prefix = orderPrefix(key)
    var (low, high) = (1, count)
    while low < high {
      let middle = (low + high) / 2
      let isGreater =
        items[middle].prefix != prefix
        ? items[middle].prefix > prefix : precedes(key, chunk(middle).entry(0).key)
      if isGreater { high = middle } else { low = middle + 1 }
    }
    return low - 1
  }
}
