import Glibc

/// A list of byte runs in one allocation: a header, then the items back to back. While all items are of one size there
/// is nothing else; otherwise the allocation's end has the end of each item, the first item's last. At most 4 GiB.
struct ListBlock {
  private struct Header: BitwiseCopyable {
    var count: UInt32
    var itemSize: UInt32  // `mixed` if they differ
    var used: UInt32  // bytes of the items
    var capacity: UInt32  // bytes behind the header
  }
  private static let mixed = UInt32.max
  private static let headerSize = MemoryLayout<Header>.size

  private(set) var base: UnsafeMutableRawPointer
  private var header: UnsafeMutablePointer<Header> { base.assumingMemoryBound(to: Header.self) }
  private var items: UnsafeMutableRawPointer { base + Self.headerSize }

  /// The list that `base` was of.
  init(base: UnsafeMutableRawPointer) { self.base = base }

  /// An empty list with room for an item of `itemSize` bytes, at most 1 GiB.
  init(itemSize: Int) {
    let size = roundedSize(Self.headerSize + itemSize)
    base = allocate(size)
    base.bindMemory(to: Header.self, capacity: 1).initialize(
      to: Header(
        count: 0, itemSize: UInt32(itemSize), used: 0, capacity: UInt32(size - Self.headerSize)))
  }

  func deallocate() { free(base) }

  var count: Int { Int(header.pointee.count) }
  /// Bytes that malloc takes for the list.
  var memoryUse: Int { allocatedBytes(Self.headerSize + Int(header.pointee.capacity)) }

  /// The item at `index`, which must be below `count`.
  func item(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    let size = header.pointee.itemSize
    let (start, end) =
      size == Self.mixed
      ? (index == 0 ? 0 : self.end(index - 1), self.end(index)) : (index * Int(size), (index + 1) * Int(size))
    return UnsafeBufferPointer(start: (items + start).assumingMemoryBound(to: UInt8.self), count: end - start)
  }

  private func endAddress(_ index: Int) -> UnsafeMutableRawPointer {
    items + Int(header.pointee.capacity) - (index + 1) * MemoryLayout<UInt32>.size
  }

  private func end(_ index: Int) -> Int { Int(endAddress(index).load(as: UInt32.self)) }

  /// Appends a copy of `bytes`, which may be one of its items. False if the list would be too large.
  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let isMixed = header.pointee.itemSize == Self.mixed || bytes.count != Int(header.pointee.itemSize)
    let ends = isMixed ? (count + 1) * MemoryLayout<UInt32>.size : 0
    let used = Int(header.pointee.used) + bytes.count
    guard used + ends <= 1 << 32 - 1 << 10, count < Int(UInt32.max) - 1 else { return false }
    let source = reserve(used + ends, keeping: bytes.baseAddress)
    if isMixed && header.pointee.itemSize != Self.mixed { noteEnds() }
    if let source { memcpy(items + Int(header.pointee.used), source, bytes.count) }
    header.pointee.used = UInt32(used)
    header.pointee.count += 1
    if isMixed { endAddress(count - 1).storeBytes(of: UInt32(used), as: UInt32.self) }
    return true
  }

  private func noteEnds() {
    let size = Int(header.pointee.itemSize)
    header.pointee.itemSize = Self.mixed
    for index in 0..<count { endAddress(index).storeBytes(of: UInt32((index + 1) * size), as: UInt32.self) }
  }

  /// Room for `size` bytes behind the header. Gives where `source` is then, which may be in this list.
  private mutating func reserve(_ size: Int, keeping source: UnsafePointer<UInt8>?) -> UnsafeRawPointer? {
    let source = source.map { UnsafeRawPointer($0) }
    let old = header.pointee
    guard size > Int(old.capacity) else { return source }
    let wanted = min(max(size, Int(old.capacity) + Int(old.capacity) / 2), 1 << 32 - 1 << 8)
    let capacity = roundedSize(Self.headerSize + wanted) - Self.headerSize
    let place = source.map { $0 - UnsafeRawPointer(base) } ?? 0
    let isInside = source != nil && place >= 0 && place < Self.headerSize + Int(old.capacity)
    guard let memory = realloc(base, Self.headerSize + capacity) else {
      fatalError("out of memory: keyed state needs \(capacity) bytes in one piece")
    }
    base = memory
    header.pointee.capacity = UInt32(capacity)
    if old.itemSize == Self.mixed {
      let ends = count * MemoryLayout<UInt32>.size
      memmove(items + capacity - ends, items + Int(old.capacity) - ends, ends)
    }
    return isInside ? UnsafeRawPointer(base + place) : source
  }
}
