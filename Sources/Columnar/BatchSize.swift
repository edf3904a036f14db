import CMillrace
import Synchronization

/// How many bytes the buffers of a batch have. Arrow's C form tells only the sizes of views' data; the others follow
/// from lengths and types.
struct BatchSize {
  /// Of buffers with an element for each row: values, views, offsets, bitmaps, event times.
  private(set) var ofRows = 0
  /// Of the data that views point to; each buffer once, however many columns point into it.
  private(set) var ofData = 0
  private var seen: Set<UnsafeRawPointer> = []

  /// Of a batch that has been checked. Without `schema`, values of a fixed width count as eight bytes each.
  init(_ batch: mill_batch, _ schema: Schema?) {
    let rows = Int(batch.columns.length)
    if batch.event_time_us != nil { ofRows = rows * 8 }
    if batch.row_kind != nil { ofRows += rows }
    addChildren(of: batch.columns, schema?.fields)
  }

  private mutating func addChildren(of array: ArrowArray, _ fields: [Field]?) {
    for index in 0..<Int(array.n_children) {
      guard let child = array.children[index] else { continue }
      add(child.pointee, fields.flatMap { $0.indices.contains(index) ? $0[index].type : nil })
    }
  }

  private mutating func add(_ array: ArrowArray, _ type: DataType?) {
    let rows = Int(array.offset &+ array.length)
    let bits = (rows + 7) / 8
    if array.n_buffers > 0, array.buffers[0] != nil { ofRows &+= bits }
    switch array.n_buffers {
    case ...1: break
    case 2 where array.n_children > 0: ofRows &+= (rows + 1) * 4
    case 2: ofRows &+= type == .bool ? bits : rows &* (type?.byteWidth ?? 8)
    default:
      ofRows &+= rows * 16
      addData(array)
    }
    addChildren(of: array, type?.childFields)
  }

  /// Adds the data buffers of views; the last buffer has their sizes.
  private mutating func addData(_ array: ArrowArray) {
    let count = Int(array.n_buffers) - 3
    guard let sizes = array.buffers[count + 2] else { return }
    for index in 0..<count {
      guard let buffer = array.buffers[index + 2], seen.insert(buffer).inserted else { continue }
      ofData &+= Int(sizes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self))
    }
  }
}

/// What a batch knows of its size, and the budget that it counts in. Any thread.
final class BatchAccount: @unchecked Sendable {
  private static let unknown = -1
  private let ofRows = Atomic<Int>(unknown)
  private let ofData = Atomic<Int>(unknown)
  private let isCharged = Atomic<Bool>(false)
  // Set by the one call that turns `isCharged`; read when nobody else has the batch any more.
  private var budget: MemoryBudget?
  private var kind = MemoryKind.exchange

  /// Both parts of the size, if they are known.
  var size: (ofRows: Int, ofData: Int)? {
    let rows = ofRows.load(ordering: .acquiring)
    return rows == Self.unknown ? nil : (rows, ofData.load(ordering: .relaxed))
  }

  func setSize(ofRows rows: Int, ofData data: Int) {
    ofData.store(data, ordering: .relaxed)
    ofRows.store(rows, ordering: .releasing)
  }

  func charge(_ kind: MemoryKind, _ bytes: Int, to budget: MemoryBudget) {
    guard !isCharged.exchange(true, ordering: .acquiringAndReleasing) else { return }
    self.budget = budget
    self.kind = kind
    budget.charge(kind, bytes)
  }

  /// The batch is gone.
  func settle() {
    guard let budget, let size else { return }
    budget.release(kind, size.ofRows + size.ofData)
  }
}

extension RecordBatch {
  /// Bytes of the batch's buffers; those that it shares with the batch it was taken from count by its share of the rows,
  /// those it shares otherwise in full. To be asked of batches that have been checked. Found out once, in the number of
  /// columns. [any]
  package var byteSize: Int {
    let size = account.size ?? measure(nil)
    return size.ofRows + size.ofData
  }

  /// Counts the batch as `kind` until it is released: once, in however many places it waits. [any]
  package func charge(_ kind: MemoryKind, to budget: MemoryBudget) {
    account.charge(kind, byteSize, to: budget)
  }

  /// Finds out the size of a batch that has been checked against `schema`, if it is given.
  @discardableResult
  func measure(_ schema: Schema?) -> (ofRows: Int, ofData: Int) {
    let size = BatchSize(raw.pointee, schema)
    account.setSize(ofRows: size.ofRows, ofData: size.ofData)
    return (size.ofRows, size.ofData)
  }

  /// Finds out the size of a batch of `schema` whose views point into the data of `parent`, of which it has some rows.
  func measure(_ schema: Schema, partOf parent: RecordBatch) {
    let whole = parent.account.size ?? parent.measure(schema)
    let data = Double(whole.ofData) * Double(rowCount) / Double(max(1, parent.rowCount))
    account.setSize(ofRows: BatchSize(raw.pointee, schema).ofRows, ofData: Int(data))
  }
}
