/// Takes rows for the topics of one connection. Calls come from any worker's thread.
package protocol RowSink: AnyObject, Sendable {
  /// What is known of the topics.
  var topics: TopicDirectory { get }

  /// Hands rows `range` over in order, up to the first that finds no room or can't be taken. Throws if no rows can go out
  /// any more.
  func produce(epoch: UInt64, topic: String, rows: TransactionalSink.Rows, range: Range<Int>) throws
    -> TransactionalSink.Taken

  /// Hands one row over, with headers (a nil value: a header without one). `partition`: less than 0 is the partitioner's
  /// choice. `timestamp_ms`: nil is the time of writing. Otherwise like the other `produce`.
  func produce(
    epoch: UInt64, topic: String, partition: Int32, key: [UInt8]?, value: [UInt8]?,
    headers: [(name: String, value: [UInt8]?)], timestamp_ms: Int64?
  ) throws -> TransactionalSink.Taken
}

extension TransactionalSink: RowSink {}
