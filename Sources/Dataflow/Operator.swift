import Columnar

/// Where an operator's rows go. Called on the operator's worker thread only.
package protocol OperatorOutput: AnyObject {
  /// Takes a batch that leaves by output port `port`.
  func emit(_ batch: RecordBatch, port: Int)
  /// The epoch that rows belong to which are handled now.
  var epoch: UInt64 { get }
}

extension OperatorOutput {
  package var epoch: UInt64 { 0 }
}

/// Keyed state on its way to a checkpoint or from one. What it is lies between the operator and whoever writes
/// checkpoints. Handed from thread to thread, used by one at a time.
package protocol KeyedPart: AnyObject, Sendable {}

/// What an instance keeps in a checkpoint, or gets from one.
package struct OperatorSnapshot: Sendable {
  /// The changes of keyed state since the last checkpoint, or all of it from one; nil for an operator without.
  package var keyed: (any KeyedPart)?
  /// The instance's private bytes; empty for none.
  package var own: [UInt8]

  package init(keyed: (any KeyedPart)? = nil, own: [UInt8] = []) {
    self.keyed = keyed
    self.own = own
  }
}

/// How much room an operator has left for what it keeps.
package enum OperatorPressure: Int, Sendable, Comparable {
  /// Enough.
  case none
  /// Little: the epoch should end soon. Sources go on meanwhile.
  case wantsEpoch
  /// None that rows should be read for: the job's sources pause until this is over, and the epoch should end now. Rows
  /// that are under way already still come.
  case full

  package static func < (left: OperatorPressure, right: OperatorPressure) -> Bool { left.rawValue < right.rawValue }
}

/// One instance of an operator on one worker. All calls come from that worker's thread, one at a time.
package protocol DataflowOperator: AnyObject {
  /// Gets ready to run; rows go to `output` from here on.
  func open(output: OperatorOutput) throws
  /// Takes state from a checkpoint, after `open` and before any rows; once for each snapshot that may hold some of
  /// this instance's keys.
  func restore(_ snapshot: OperatorSnapshot, version: String) throws
  /// Handles the rows of input port `port`.
  func process(_ batch: RecordBatch, port: Int) throws
  /// Event time has moved on: timers up to `watermark_us` fire in order, then the operator hears of it. Many may be due:
  /// between some of them this asks `mayGoOn`, and gives false if that says no. To be called again then, with the same
  /// time and before anything but `pressure`, until it gives true.
  func advance(to watermark_us: Int64, mayGoOn: () -> Bool) throws -> Bool
  /// The machine's clock has moved on: processing-time timers up to `now_us` fire, as long as `mayGoOn` says so; the
  /// others at the next call. Gives whether any did.
  func tick(now_us: Int64, mayGoOn: () -> Bool) throws -> Bool
  /// Epoch `epoch` ends here: emits what is held back.
  func flush(epoch: UInt64) throws
  /// What to keep for the epoch that just ended.
  func snapshot() throws -> OperatorSnapshot
  /// How much room there is. Asked at every turn of the worker's loop: must be quick.
  var pressure: OperatorPressure { get }
  /// The end of running.
  func close()
}

extension DataflowOperator {
  package var pressure: OperatorPressure { .none }
}
