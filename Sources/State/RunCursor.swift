import Columnar

/// Goes through the entries of a run, or those of a range of hashes, block by block: holds one block in memory. Keeps
/// the file open. One thread at a time. After an error it is of no use.
package final class RunCursor {
  private let reader: RunReader
  private let hashes: ClosedRange<UInt64>
  private var nextBlock: Int
  private var memory = RawVector<UInt8>(capacity: 0)
  private var block = RunBlock()
  private var bytes = SnapshotReader(UnsafeRawBufferPointer(start: nil, count: 0))
  /// Entries of the block that are still to come.
  private var left: UInt32 = 0
  private var last: RunEntry?

  /// `hashes`: those to give; nil for none.
  init(_ reader: RunReader, hashes: ClosedRange<UInt64>?) {
    self.reader = reader
    self.hashes = hashes ?? 0...0
    nextBlock = hashes.map { reader.firstBlock(of: $0.lowerBound) } ?? reader.blockCount
  }

  deinit { memory.deallocate() }

  /// The next entry, valid until this is called again; nil at the end. Throws `RunError`.
  package func next() throws -> RunEntry? {
    while true {
      if left == 0 {
        guard try loadBlock() else { return nil }
      }
      let entry = try readEntry()
      if entry.hash > hashes.upperBound {
        stop()
        return nil
      }
      if entry.hash >= hashes.lowerBound { return entry }
    }
  }

  private func stop() {
    left = 0
    nextBlock = reader.blockCount
  }

  private func loadBlock() throws -> Bool {
    guard nextBlock < reader.blockCount else { return false }
    block = reader.block(nextBlock)
    guard block.firstHash <= hashes.upperBound else {
      stop()
      return false
    }
    last = nil
    try reader.read(block, number: nextBlock, into: &memory)
    bytes = SnapshotReader(UnsafeRawBufferPointer(start: memory.base, count: Int(block.size)))
    left = block.entryCount
    nextBlock += 1
    return true
  }

  private func readEntry() throws -> RunEntry {
    let place = bytes.position
    guard let key = bytes.bytes()?.bindMemory(to: UInt8.self), let start = key.baseAddress,
      let size = bytes.integer(), let record = record(size)
    else { throw damage("no entry", at: place) }
    let entry = RunEntry(hash: keyHash(start, key.count), key: key, record: size == 0 ? nil : record)
    guard last.map({ $0.precedes(entry) }) ?? (entry.hash == block.firstHash) else {
      throw damage("an entry out of order", at: place)
    }
    last = entry
    left -= 1
    if left == 0 { try checkEnd(entry) }
    return entry
  }

  /// The next `size` - 1 bytes; none for 0. Nil if there are not so many.
  private func record(_ size: UInt64) -> UnsafeRawBufferPointer? {
    bytes.take(size == 0 ? 0 : size - 1)
  }

  private func checkEnd(_ last: RunEntry) throws {
    guard bytes.isAtEnd else { throw damage("more than its entries", at: bytes.position) }
    guard nextBlock == reader.blockCount || last.hash <= reader.block(nextBlock).firstHash else {
      throw damage("keys of a later block", at: bytes.position)
    }
  }

  private func damage(_ what: String, at position: Int) -> RunError {
    reader.file.damage("block \(nextBlock - 1) has \(what) at byte \(block.offset + UInt64(position))")
  }
}
