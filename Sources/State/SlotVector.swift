import Glibc

/// An element for each slot, all bits zero at first, in chunks: growing moves nothing, and reserves no more than a chunk
/// too much. Its owner must free it. No checks: slots must be below `slotLimit`.
struct SlotVector<Element: BitwiseCopyable> {
  private static var chunkShift: Int { 12 }
  private static var chunkBytes: Int { MemoryLayout<Element>.stride << chunkShift }
  private var chunks = RawVector<UnsafeMutablePointer<Element>>(capacity: 16)
  private var chunkCount = 0

  /// Slots below this have an element.
  var slotLimit: Int { chunkCount << Self.chunkShift }
  /// Bytes that are allocated.
  var memoryUse: Int { chunkCount * Self.chunkBytes + chunks.capacity * MemoryLayout<Int>.stride }

  func deallocate() {
    for index in 0..<chunkCount { free(chunks.base[index]) }
    chunks.deallocate()
  }

  /// Elements for slots below `limit`.
  mutating func grow(to limit: Int) {
    while slotLimit < limit {
      guard let memory = calloc(1, Self.chunkBytes) else {
        fatalError("out of memory: keyed state needs \(Self.chunkBytes) bytes more")
      }
      chunks.reserve(chunkCount + 1)
      chunks.base[chunkCount] = memory.bindMemory(to: Element.self, capacity: 1 << Self.chunkShift)
      chunkCount += 1
    }
  }

  /// Where the element of `slot` is; stays there.
  @inline(__always)
  func address(_ slot: Int) -> UnsafeMutablePointer<Element> {
    chunks.base[slot >> Self.chunkShift] + (slot & ((1 << Self.chunkShift) - 1))
  }

  @inline(__always)
  subscript(slot: Int) -> Element {
    get { address(slot).pointee }
    nonmutating set { address(slot).pointee = newValue }
  }
}
