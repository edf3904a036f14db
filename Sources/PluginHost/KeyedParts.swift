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
  private let onProgress: (@Sendable () -> Void)?

  /// `parts`: newest first. `onProgress`: called now and then while they are restored, on the worker's thread.
  package init(_ parts: [Part], keyGroupCount: Int, onProgress: (@Sendable () -> Void)? = nil) {
    self.parts = parts
    self.keyGroupCount = keyGroupCount
    self.onProgress = onProgress
  }

  /// How many keys there are at most.
  private var entryCount: Int {
    parts.reduce(0) {
      $0 + $1.reader.greatestEntryCount(keyGroups: $1.keyGroups, keyGroupCount: keyGroupCount)
    }
  }

  /// All keys in order, with their newest records. `isWhole`: no older run has any of them, so those that were removed,
  /// or had expired by `now_us`, are left out.
  package func merger(isWhole: Bool, now_us: Int64) -> RunMerger {
    let cursors = parts.map { $0.reader.entries(keyGroups: $0.keyGroups, keyGroupCount: keyGroupCount) }
    return RunMerger(cursors, droppingAt_us: isWhole ? now_us : nil)
  }

  func restore(into state: KeyedState) throws {
    var merger = merger(isWhole: true, now_us: Clock.realtime_us())
    var entries = 0
    try state.restore(count: entryCount) {
      entries += 1
      if entries & 0x3ff == 0 { onProgress?() }
      return try merger.next()
    }
  }
}
