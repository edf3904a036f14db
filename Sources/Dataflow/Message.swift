import Columnar

/// What travels along an edge of the graph.
package enum Message {
  /// Rows.
  case batch(RecordBatch)
  /// No more rows with an event time at or before this will come; an edge that was idle no longer is. Int64.min: no
  /// time is known yet. Int64.max: no rows at all will come.
  case watermark(Int64)
  /// Nothing is coming for now: event time must not wait for this edge.
  case idle
  /// Epoch `epoch` ends here: rows before belong to it, rows after to the next.
  case barrier(epoch: UInt64)

  /// Bytes of its rows; 0 without rows.
  var byteSize: Int { if case .batch(let batch) = self { batch.byteSize } else { 0 } }

  /// Counts its rows, if it has any, as such that wait between steps.
  func charge(to budget: MemoryBudget) {
    if case .batch(let batch) = self { batch.charge(.exchange, to: budget) }
  }
}

/// A queue at one end of an edge, for messages that can't go on yet.
struct MessageQueue {
  private var items: [Message] = []
  private var first = 0
  /// Bytes of the rows in it.
  private(set) var bytes = 0

  var count: Int { items.count - first }
  var isEmpty: Bool { first == items.count }
  var front: Message? { first < items.count ? items[first] : nil }

  mutating func append(_ message: Message) {
    items.append(message)
    bytes += message.byteSize
  }

  mutating func removeFirst() -> Message? {
    guard first < items.count else { return nil }
    let message = items[first]
    items[first] = .idle  // let go of the batch
    bytes -= message.byteSize
    first += 1
    if first == items.count {
      items.removeAll(keepingCapacity: true)
      first = 0
    } else if first > 1024 {
      items.removeSubrange(0..<first)
      first = 0
    }
    return message
  }
}
