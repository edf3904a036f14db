import Glibc

/// An element for each slot, all bits zero until it is written, in chunks: growing moves nothing, and slots that are
/// never written take next to nothing. Its owner must free it. No checks: slots must be below `slotLimit`.
struct SlotVector<Element: BitwiseCopyable> {
  private static var chunkShift: Int { 12 }
  private static var chunkBytes: Int { MemoryLayout<Element>.stride << chunkShift }
  private let zeros: UnsafeMutablePointer<Element>  // in place of every chunk without a written slot
  private var chunks = RawVector<UnsafeMutablePointer<Element>>(capacity: 16)
  private var chunkCount = 0
  private var writtenCount = 0  // chunks that are not `zeros`

  init() { zeros = Self.allocateChunk() }

  /// Slots below this have an element.
  var slotLimit: Int { chunkCount << Self.chunkShift }
  /// Bytes that are allocated, `zeros` left out: only a page of them is ever touched.
  var memoryUse: Int { writtenCount * Self.chunkBytes + chunks.capacity * MemoryLayout<Int>.stride }

  func deallocate() {
    for index in 0..<chunkCount where chunks.base[index] != zeros { free(chunks.base[index]) }
    chunks.deallocate()
    free(zeros)
  }

  /// Elements for slots below `limit`.
  mutating func grow(to limit: Int) {
    while slotLimit < limit {
      chunks.reserve(chunkCount + 1)
      chunks.base[chunkCount] = zeros
      chunkCount += 1
    }
  }

  /// Calls `body` with the elements of all slots that were written, and of some that were not.
  func forEach(_ body: (Element) -> Void) {
    for index in 0..<chunkCount where chunks.base[index] != zeros {
      for place in 0..<1 << Self.chunkShift { body(chunks.base[index][place]) }
    }
  }

  @inline(__always)
  subscript(slot: Int) -> Element {
    chunks.base[slot >> Self.chunkShift][slot & ((1 << Self.chunkShift) - 1)]
  }

  /// Where to write the element of `slot`; it stays there.
  @inline(__always)
  mutating func address(_ slot: Int) -> UnsafeMutablePointer<Element> {
    if chunks.base[slot >> Self.chunkShift] == zeros { addChunk(slot >> Self.chunkShift) }
    return chunks.base[slot >> Self.chunkShift] + (slot & ((1 << Self.chunkShift) - 1))
  }

  @inline(never)
  private mutating func addChunk(_ index: Int) {
    chunks.base[index] = Self.allocateChunk()
    writtenCount += 1
  }

  private static func allocateChunk() -> UnsafeMutablePointer<Element> {
    guard let memory = calloc(1, chunkBytes) else {
      fatalError("out of memory: keyed state needs \(chunkBytes) bytes more")
    }
    return memory.bindMemory(to: Element.self, capacity: 1 << chunkShift)
  }
}
