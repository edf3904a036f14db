/// A map from bytes to bytes in the order of keys, in one word: nothing if it is empty, a chunk while one will do, and a
/// directory of chunks with its lowest bit set. Entries that a caller passes may be parts of the map itself. All
/// functions that change it count what they allocate in `memory`, in bytes.
struct ByteMap: BitwiseCopyable {
  typealias Bytes = UnsafeBufferPointer<UInt8>
  typealias Entry = (key: Bytes, value: Bytes)
  /// Where an entry is.
  struct Position {
    fileprivate(set) var chunk: Int
    fileprivate(set) var index: Int
  }
  private static var maxCount: Int { 256 }
  private static var maxSize: Int { 32 << 10 }

  private var word: UInt = 0

  var isEmpty: Bool { word == 0 }
  private var pointer: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: word & ~1).unsafelyUnwrapped }
  private var directory: ChunkDirectory? { word & 1 != 0 ? ChunkDirectory(base: pointer) : nil }
  private var chunkCount: Int { word == 0 ? 0 : directory?.count ?? 1 }
  private func chunk(_ index: Int) -> MapChunk { directory?.chunk(index) ?? MapChunk(base: pointer) }

  /// How many entries there are. Looks at every chunk.
  var count: Int { (0..<chunkCount).reduce(0) { $0 + chunk($1).count } }

  // MARK: - Reading

  private func find(_ key: Bytes) -> (position: Position, isFound: Bool) {
    if word == 0 { return (Position(chunk: 0, index: 0), false) }
    let chunkIndex = directory?.find(key) ?? 0
    let (index, isFound) = chunk(chunkIndex).find(key)
    return (Position(chunk: chunkIndex, index: index), isFound)
  }

  func value(_ key: Bytes) -> Bytes? {
    let (position, isFound) = find(key)
    return isFound ? chunk(position.chunk).entry(position.index).value : nil
  }

  /// Where the entries begin whose keys are not less than `key`; the very first one for nil.
  func lowerBound(_ key: Bytes?) -> Position { key.map { find($0).position } ?? Position(chunk: 0, index: 0) }

  /// The entry at `position`, which moves on behind it; nil at the end.
  func next(_ position: inout Position) -> Entry? {
    while position.chunk < chunkCount {
      let chunk = chunk(position.chunk)
      if position.index < chunk.count {
        defer { position.index += 1 }
        return chunk.entry(position.index)
      }
      position = Position(chunk: position.chunk + 1, index: 0)
    }
    return nil
  }

  /// The entry with the least key greater than `key`; the first for nil.
  func next(after key: Bytes?) -> Entry? {
    guard let key else {
      var position = Position(chunk: 0, index: 0)
      return next(&position)
    }
    var (position, isFound) = find(key)
    if isFound { position.index += 1 }
    return next(&position)
  }

  // MARK: - Changes

  mutating func removeAll(_ memory: inout Int) {
    for index in 0..<chunkCount { drop(chunk(index), &memory) }
    drop(directory, &memory)
    word = 0
  }

  mutating func put(_ key: Bytes, _ value: Bytes, _ memory: inout Int) {
    let (position, isFound) = find(key)
    let size = MapChunk.size(key: key.count, value: value.count)
    guard word != 0 else {
      let chunk = allocate(size, &memory)
      chunk.insert(key, value, at: 0)
      return word = UInt(bitPattern: chunk.base)
    }
    let chunk = chunk(position.chunk)
    if isFound {
      if chunk.entry(position.index).value.count == value.count { return chunk.overwrite(value, at: position.index) }
      chunk.remove(at: position.index)
    }
    if chunk.room >= size && chunk.count < Self.maxCount {
      chunk.insert(key, value, at: position.index)
      if position.index == 0 { directory?.set(chunk, at: position.chunk) }
    } else if chunk.count > 0 && (chunk.count >= Self.maxCount || chunk.size + size > Self.maxSize) {
      split(position, chunk, (key, value), size, &memory)
    } else {
      let new = copy(chunk, 0..<chunk.count, adding: size, &memory)
      new.insert(key, value, at: position.index)
      replace(position.chunk, chunk, with: new, &memory)
    }
  }

  /// False if there was no such entry.
  mutating func remove(_ key: Bytes, _ memory: inout Int) -> Bool {
    let (position, isFound) = find(key)
    guard isFound else { return false }
    let chunk = chunk(position.chunk)
    chunk.remove(at: position.index)
    if chunk.count == 0 {
      removeChunk(position.chunk, &memory)
    } else if !merge(position.chunk, chunk, &memory) {
      if chunk.memoryUse > 2 * chunk.size + 64 {
        replace(position.chunk, chunk, with: copy(chunk, 0..<chunk.count, adding: 0, &memory), &memory)
      } else if position.index == 0 {
        directory?.set(chunk, at: position.chunk)
      }
    }
    return true
  }

  // MARK: - Chunks

  private func allocate(_ size: Int, _ memory: inout Int) -> MapChunk {
    let chunk = MapChunk(size: size)
    memory += chunk.memoryUse
    return chunk
  }

  private func drop(_ chunk: MapChunk, _ memory: inout Int) {
    memory -= chunk.memoryUse
    chunk.deallocate()
  }

  private func drop(_ directory: ChunkDirectory?, _ memory: inout Int) {
    guard let directory else { return }
    memory -= directory.memoryUse
    directory.deallocate()
  }

  /// A chunk of entries of another, with room for `size` bytes more, and for some entries like these.
  private func copy(_ chunk: MapChunk, _ range: Range<Int>, adding size: Int, _ memory: inout Int) -> MapChunk {
    let own = chunk.size(of: range)
    let new = allocate(own + size + (size == 0 ? 0 : own / 4), &memory)
    new.append(range, of: chunk)
    return new
  }

  /// Puts `new` in the place of `old` at `index`.
  private mutating func replace(_ index: Int, _ old: MapChunk, with new: MapChunk, _ memory: inout Int) {
    if let directory { directory.set(new, at: index) } else { word = UInt(bitPattern: new.base) }
    drop(old, &memory)
  }

  private mutating func insertChunk(_ chunk: MapChunk, at index: Int, _ memory: inout Int) {
    var grown: ChunkDirectory
    if let directory {
      grown = directory
      memory -= directory.memoryUse
      grown.insert(chunk, at: index)
    } else {
      grown = ChunkDirectory(MapChunk(base: pointer), chunk)
    }
    memory += grown.memoryUse
    word = UInt(bitPattern: grown.base) | 1
  }

  /// Puts a new entry where it belongs by making two chunks of one.
  private mutating func split(
    _ position: Position, _ chunk: MapChunk, _ entry: Entry, _ size: Int, _ memory: inout Int
  ) {
    if position.index == chunk.count && position.chunk == chunkCount - 1 {  // keys in order: no need to move the others
      let new = allocate(size + chunk.size / 4, &memory)
      new.insert(entry.key, entry.value, at: 0)
      return insertChunk(new, at: position.chunk + 1, &memory)
    }
    let middle = chunk.count == 1 ? position.index : chunk.middle
    let isLeft = position.index < middle || middle == 0
    let left = copy(chunk, 0..<middle, adding: isLeft ? size : 0, &memory)
    let right = copy(chunk, middle..<chunk.count, adding: isLeft ? 0 : size, &memory)
    if isLeft {
      left.insert(entry.key, entry.value, at: position.index)
    } else {
      right.insert(entry.key, entry.value, at: position.index - middle)
    }
    replace(position.chunk, chunk, with: left, &memory)
    insertChunk(right, at: position.chunk + 1, &memory)
  }

  private mutating func removeChunk(_ index: Int, _ memory: inout Int) {
    drop(chunk(index), &memory)
    guard let directory else { return word = 0 }
    directory.remove(at: index)
    if directory.count > 1 { return }
    word = UInt(bitPattern: directory.chunk(0).base)
    drop(directory, &memory)
  }

  /// Makes one chunk of this and a neighbour if both are small. False if not.
  private mutating func merge(_ index: Int, _ chunk: MapChunk, _ memory: inout Int) -> Bool {
    guard let directory, chunk.count < Self.maxCount / 4, chunk.size < Self.maxSize / 4 else { return false }
    let first = index + 1 < directory.count ? index : index - 1
    let (left, right) = (directory.chunk(first), directory.chunk(first + 1))
    guard left.count + right.count <= Self.maxCount / 2, left.size + right.size <= Self.maxSize / 2 else {
      return false
    }
    let merged = allocate(left.size + right.size, &memory)
    merged.append(0..<left.count, of: left)
    merged.append(0..<right.count, of: right)
    replace(first, left, with: merged, &memory)
    removeChunk(first + 1, &memory)
    return true
  }
}
