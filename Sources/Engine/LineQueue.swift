import CMillrace
import Kafka
import PluginHost

/// What one poll of a source has read of topics whose messages have a row on each line, until all of it is handed over.
struct LineQueue {
  /// Some lines of a split.
  struct Piece {
    var split: Int
    var lines: LineBatch
    /// Of each line what is read of its message's headers.
    var headers: [HeaderValues]
    /// Of each line all headers of its message; empty if they were not read.
    var allHeaders: [[HeaderList.Header]]
  }

  private struct Batch {
    var split: Int
    var lines: LineCutter
    var headers: [HeaderValues]
    var allHeaders: [[HeaderList.Header]]
  }

  private var batches: [Batch] = []
  /// The splits whose messages have been added, and those that end behind them.
  private var read: Set<Int> = []
  private var ended: [Int] = []

  var isEmpty: Bool { batches.isEmpty }

  /// Takes in messages of a split, which are retained. `headers`: what is read of theirs; `allHeaders`: of each all, or of none.
  mutating func add(
    _ raw: UnsafePointer<mill_raw_batch>, split: Int, headers: [HeaderValues], allHeaders: [[HeaderList.Header]]
  ) {
    batches.append(Batch(split: split, lines: LineCutter(raw), headers: headers, allHeaders: allHeaders))
    read.insert(split)
  }

  /// A split ends behind what is in here.
  mutating func end(_ split: Int) { ended.append(split) }

  /// The next lines, at most `limit`; nil: there are no more, and it is empty.
  mutating func next(atMost limit: Int) -> Piece? {
    while let batch = batches.first {
      if let piece = batch.lines.next(atMost: limit) {
        return Piece(
          split: batch.split, lines: piece, headers: batch.headers.map { $0.of(piece.messages) },
          allHeaders: batch.allHeaders.isEmpty ? [] : piece.messages.map { batch.allHeaders[$0] })
      }
      batches.removeFirst()
    }
    return nil
  }

  /// When it is empty: the splits that were in it, and those that end here. Once.
  mutating func takeDone() -> (read: Set<Int>, ended: [Int]) {
    defer { (read, ended) = ([], []) }
    return (read, ended)
  }
}
