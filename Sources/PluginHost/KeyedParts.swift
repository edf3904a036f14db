import Dataflow
import State

extension KeyedDelta: KeyedPart {}

/// The keyed state that one worker's instance of an operator goes on from.
package final class KeyedRuns: KeyedPart, @unchecked Sendable {
  /// A run, and which of its key groups count.
  package struct Part {
    package var reader: RunReader
    package var keyGroups: Range<Int>

    package init(reader: RunReader, keyGroups: Range<Int>) {
      self.reader = reader
      self.keyGroups = keyGroups
    }
  }
  private let parts: [Part]
  private let keyGroupCount: Int

  /// `parts`: newest first.
  package init(_ parts: [Part], keyGroupCount: Int) {
    self.parts = parts
    self.keyGroupCount = keyGroupCount
  }

  /// All keys in order, with their newest records. `isWhole`: no older run has any of them, so those that were removed,
  /// or had expired by `now_us`, are left out.
  package func merger(isWhole: Bool, now_us: Int64) -> RunMerger {
    let cursors = parts.map { $0.reader.entries(keyGroups: $0.keyGroups, keyGroupCount: keyGroupCount) }
    return RunMerger(cursors, droppingAt_us: isWhole ? now_us : nil)
  }

  func restore(into state: KeyedState) throws {
    var merger = merger(isWhole: true, now_us: Clock.realtime_us())
    try state.restore { try merger.next() }
  }
}
