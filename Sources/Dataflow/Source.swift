import Columnar

/// Where to go on reading one split, kept in checkpoints.
package struct SplitPosition: Sendable, Equatable, Codable {
  /// What the split is called, e.g. "flights-3"; unique within its step.
  package var split: String
  /// The next row's place: a Kafka offset, or whatever a plugin source counts by.
  package var next: Int64
  /// The split's watermark, in microseconds; Int64.min for none yet.
  package var watermark_us: Int64

  package init(split: String, next: Int64, watermark_us: Int64) {
    self.split = split
    self.next = next
    self.watermark_us = watermark_us
  }
}

/// Takes what a source reads. Called on its worker's thread, during `poll`.
package protocol SourceOutput: AnyObject {
  /// Rows of split `split` (its index among `splits`).
  func emit(_ batch: RecordBatch, split: Int)
  /// No more rows will come from split `split`.
  func ended(split: Int)
  /// The epoch that rows belong to which are read now.
  var epoch: UInt64 { get }
}

/// The part of a source step that one worker reads.
package protocol DataflowSource: AnyObject {
  /// The splits that this instance reads, with the positions it starts at.
  var splits: [SplitPosition] { get }
  /// Reads some rows, at most about `max_rows`, without blocking. False if there were none.
  func poll(max_rows: Int, output: SourceOutput) throws -> Bool
  /// The place after the last row handed over of split `split`. Of no use while it holds rows.
  func position(split: Int) -> Int64
  /// Whether it has read something that is not handed over as a whole, because it is many rows: `poll` goes on with it. No epoch
  /// ends meanwhile, since no position is in the middle of it; so `poll` is called then even if nothing is to be read.
  var holdsRows: Bool { get }
  /// Whether split `split`, of which no rows came for a while, is known to have none now. A source that can't reach
  /// where its rows come from says no: what it can't see is not idle. Called often; must not block.
  func isKnownEmpty(split: Int) -> Bool
  /// No rows of split `split` are wanted until this is called with false: then they go on at its position. A new source has
  /// no paused splits. Must not block for long.
  func setPaused(split: Int, _ isPaused: Bool) throws
  /// Splits that have come to the source since the last call; they follow those there were in `splits`, and are read from
  /// now on. Called often; must not block.
  func takeNewSplits() throws -> [SplitPosition]
  /// The end of running.
  func close()
}

extension DataflowSource {
  package var holdsRows: Bool { false }
  package func takeNewSplits() throws -> [SplitPosition] { [] }
  package func isKnownEmpty(split: Int) -> Bool { true }
}
