import Columnar
import Glibc

/// What a run's file has, once it is written.
package struct RunSummary: Sendable {
  /// Bytes of the file.
  package var size: Int
  /// Entries, those of removed keys too.
  package var entryCount: Int
  /// How many of them are of removed keys.
  package var removedCount: Int
  /// The file's last bytes, index and footer; a digest of them vouches for the whole file.
  package var tail: [UInt8]
}

/// Writes a run: entries in a run's order, block by block. One thread at a time. After an error it is of no use.
package struct RunWriter: ~Copyable {
  /// A block ends with the entry that takes it to this many bytes.
  package static let blockSize = 32 << 10

  private let sink: (UnsafeRawBufferPointer) throws -> Void
  private let blockSize: Int
  /// The bytes that the sink has not had, `used` of them; the block begins at `blockStart`.
  private var output: RawVector<UInt8>
  private var used = RunFormat.magic.count
  private var blockStart = RunFormat.magic.count
  private var written = 0
  private var block = RunBlock()
  private var index = RawVector<UInt8>(capacity: 4096)
  private var blockCount = 0
  private var entryCount = 0
  private var removedCount = 0
  private var lastHash: UInt64 = 0
  /// Where the last key is in `output`; it stays there until the next entry is written.
  private var lastKey = 0..<0

  /// `sink` gets the file's bytes in order, some 32 KiB at a time, valid only during the call; what it throws comes
  /// out of `add` and `finish`. `blockSize`: at least 1; small ones are for tests.
  package init(blockSize: Int = Self.blockSize, sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
    self.sink = sink
    self.blockSize = blockSize
    output = RawVector(capacity: blockSize + 4096)
    UnsafeMutableRawBufferPointer(start: output.base, count: used).copyBytes(from: RunFormat.magic)
  }

  deinit {
    output.deallocate()
    index.deallocate()
  }

  /// Adds an entry, whose memory is needed only during the call. Throws `StateError` if it does not come after the
  /// last one in a run's order, or is too large for a block (4 GiB).
  package mutating func add(_ entry: RunEntry) throws {
    guard entryCount == 0 || isAfterLast(entry) else {
      throw StateError(description: "entry \(entryCount) of a run comes out of order: hash \(entry.hash)")
    }
    let size = entry.key.count + (entry.record?.count ?? 0) + 20
    guard size + blockSize <= UInt32.max else {
      throw StateError(description: "a key has \(size) bytes of state, a run takes up to \(UInt32.max) of one key")
    }
    output.reserve(used + size)
    if block.entryCount == 0 { block.firstHash = entry.hash }
    append(entry)
    block.entryCount += 1
    entryCount += 1
    lastHash = entry.hash
    if used - blockStart >= blockSize { try endBlock() }
  }

  @inline(__always)
  private func isAfterLast(_ entry: RunEntry) -> Bool {
    if entry.hash != lastHash { return lastHash < entry.hash }
    let last = UnsafeBufferPointer(start: UnsafePointer(output.base + lastKey.lowerBound), count: lastKey.count)
    return precedes(last, entry.key)
  }

  @inline(__always)
  private mutating func append(_ entry: RunEntry) {
    appendInteger(UInt64(entry.key.count))
    lastKey = used..<used + entry.key.count
    append(UnsafeRawBufferPointer(entry.key))
    guard let record = entry.record else {
      removedCount += 1
      return appendInteger(0)
    }
    appendInteger(UInt64(record.count) + 1)
    append(record)
  }

  @inline(__always)
  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    memcpy(output.base + used, start, bytes.count)
    used += bytes.count
  }

  @inline(__always)
  private mutating func appendInteger(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      output.base[used] = UInt8(truncatingIfNeeded: rest) | 0x80
      used += 1
      rest >>= 7
    }
    output.base[used] = UInt8(truncatingIfNeeded: rest)
    used += 1
  }

  private mutating func endBlock() throws {
    block.offset = UInt64(written + blockStart)
    block.size = UInt32(used - blockStart)
    block.checksum = keyHash(output.base + blockStart, used - blockStart)
    index.reserve((blockCount + 1) * RunBlock.encodedSize)
    block.encode(to: index.base + blockCount * RunBlock.encodedSize)
    blockCount += 1
    block = RunBlock()
    try send()
  }

  private mutating func send() throws {
    try sink(UnsafeRawBufferPointer(start: output.base, count: used))
    written += used
    used = 0
    blockStart = 0
  }

  /// Writes what is left, and says what the file has. Throws what the sink does.
  package consuming func finish() throws -> RunSummary {
    if block.entryCount > 0 { try endBlock() }
    if used > 0 { try send() }
    let tail = makeTail()
    try tail.withUnsafeBytes(sink)
    return RunSummary(
      size: written + tail.count, entryCount: entryCount, removedCount: removedCount, tail: tail)
  }

  private func makeTail() -> [UInt8] {
    let indexSize = blockCount * RunBlock.encodedSize
    let footer = RunFooter(
      indexOffset: UInt64(written), blockCount: UInt64(blockCount), entryCount: UInt64(entryCount),
      removedCount: UInt64(removedCount), indexChecksum: keyHash(index.base, indexSize))
    return [UInt8](unsafeUninitializedCapacity: indexSize + RunFooter.encodedSize) { bytes, count in
      count = indexSize + RunFooter.encodedSize
      guard let start = bytes.baseAddress else { return }
      memcpy(start, index.base, indexSize)
      footer.encode(to: start + indexSize)
    }
  }
}
