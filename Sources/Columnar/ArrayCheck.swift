import CMillrace

/// Looks whether an array is one of a field, in a layout.
struct ArrayCheck {
  private let array: ArrowArray
  private let field: Field
  private let layout: ColumnLayout

  init(_ array: ArrowArray, _ field: Field, _ layout: ColumnLayout) {
    self.array = array
    self.field = field
    self.layout = layout
  }

  /// Checks the array and what is nested in it; it must have `rows` rows at least. Throws `BatchError`.
  func run(rows: Int64) throws {
    guard array.offset >= 0, array.length >= rows, array.length <= Int64(Int32.max),
      array.offset <= Int64(Int32.max) - array.length
    else { throw fail("has \(array.length) rows from offset \(array.offset), not \(rows)") }
    try checkBuffers()
    try checkValidity()
    switch field.type {
    case .utf8, .binary: try checkStrings()
    case .list, .map: try checkChildren(rows: try checkOffsets(Int32.self, of: "items"))
    case .structure: try checkChildren(rows: end)
    default: try checkChildren(rows: 0)
    }
  }

  private func fail(_ what: String) -> BatchError {
    BatchError(description: "column \"\(field.name)\" (\(field.type)) \(what)")
  }

  /// Rows in the buffers, those before `offset` included.
  private var end: Int64 { array.offset + array.length }

  private var hasOffsets: Bool { field.type.isView && layout.strings != .views }

  private func checkBuffers() throws {
    let needed: Int64 =
      switch field.type {
      case .structure: 1
      case .utf8, .binary: 3
      default: 2
      }
    let isExact = !field.type.isView || hasOffsets
    guard isExact ? array.n_buffers == needed : array.n_buffers >= needed && array.n_buffers <= Int64(Int32.max),
      let buffers = array.buffers
    else {
      throw fail("has \(array.n_buffers) buffers, not \(needed)\(isExact ? "" : " or more")")
    }
    if array.length > 0 && needed > 1 && buffers[1] == nil { throw fail("lacks its values") }
  }

  private func checkValidity() throws {
    guard array.null_count >= -1, array.null_count <= array.length else {
      throw fail("counts \(array.null_count) nulls in \(array.length) rows")
    }
    if array.null_count > 0 && array.buffers[0] == nil {
      throw fail("counts \(array.null_count) nulls, but has no validity bitmap")
    }
  }

  private func checkChildren(rows: Int64) throws {
    let fields = field.type.childFields
    guard array.n_children == Int64(fields.count), fields.isEmpty || array.children != nil else {
      throw fail("has \(array.n_children) children, not \(fields.count)")
    }
    for (index, child) in fields.enumerated() {
      guard let pointer = array.children[index] else { throw fail("has a child that is NULL") }
      try ArrayCheck(pointer.pointee, child, layout.children[index]).run(rows: rows)
    }
  }

  /// Throws if the first `rows` rows hold nulls, those of `excused` aside (ascending).
  func refuseNulls(rows: Int, excused: [Int]) throws {
    guard array.null_count != 0 else { return }
    let view = ColumnView(array)
    guard view.validity != nil else { return }
    var nulls = 0
    for row in 0..<rows where !view.isValid(row) { nulls += 1 }
    for row in excused where row < rows && !view.isValid(row) { nulls -= 1 }
    guard nulls == 0 else { throw fail("holds \(nulls) nulls, but is not nullable (\"?\")") }
  }

  // MARK: - Strings and lists

  private func checkStrings() throws {
    switch layout.strings {
    case .views: try checkViews()
    case .offsets32: try checkBytes(end: try checkOffsets(Int32.self, of: "bytes"))
    case .offsets64: try checkBytes(end: try checkOffsets(Int64.self, of: "bytes"))
    }
  }

  private func checkBytes(end: Int64) throws {
    guard end == 0 || array.buffers[2] != nil else { throw fail("lacks its bytes") }
  }

  /// Checks that offsets never go back, nor before 0; gives the last one. Rows that are null have offsets too.
  private func checkOffsets<Offset: FixedWidthInteger & BitwiseCopyable>(
    _ type: Offset.Type, of what: String
  ) throws -> Int64 {
    guard array.length > 0, let base = array.buffers[1] else { return 0 }
    let width = MemoryLayout<Offset>.size
    let first = Int(array.offset)
    var last = base.loadUnaligned(fromByteOffset: first * width, as: type)
    let start = last
    var isSound = last >= 0
    for row in first + 1...Int(end) {
      let offset = base.loadUnaligned(fromByteOffset: row * width, as: type)
      isSound = isSound && offset >= last
      last = offset
    }
    guard isSound else { throw fail("has offsets of its \(what) that are negative or go back") }
    guard !field.type.isView || Int64(last - start) <= ViewCheck.sizeLimit else {
      throw fail("has \(last - start) bytes in a batch, more than 2 GiB; make smaller batches")
    }
    return Int64(last)
  }

  private func checkViews() throws {
    guard let checker = ViewCheck(array) else {
      throw fail("lacks the sizes of its data buffers, or has a negative one")
    }
    if let problem = checker.problem(ColumnView(array)) { throw fail(problem) }
  }
}
