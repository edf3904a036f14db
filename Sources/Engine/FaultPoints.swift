import Glibc
import Synchronization

/// Moments at which a test can have the engine die, as kill -9 would, or wait. Off unless `MILLRACE_FAULT` names one:
/// `after-manifest` acts the first time it gets there, `after-manifest@7` in epoch 7 or the first after it,
/// `after-manifest+2` the second time; `:sleep=6000` behind it waits that many milliseconds, once, instead of dying.
package enum FaultPoint: String, CaseIterable, Sendable {
  case afterBarrier = "after-barrier"
  case afterFlush = "after-flush"
  case afterGate = "after-gate"
  case afterRun = "after-run"
  case afterState = "after-state"
  case afterManifest = "after-manifest"
  case afterOffsets = "after-offsets"
  case afterCommit = "after-commit"
  case afterSinkCommit = "after-sink-commit"
  case afterMark = "after-mark"
  case afterBegin = "after-begin"
  case afterTrash = "after-trash"
  case afterDrop = "after-drop"
  case beforeCompaction = "before-compaction"
  case inCompaction = "in-compaction"
  case afterCompaction = "after-compaction"
  case inRestore = "in-restore"
  case inEviction = "in-eviction"
  case afterFence = "after-fence"
  case afterRestore = "after-restore"
  case afterOutbox = "after-outbox"
  case beforeOutboxCommit = "before-outbox-commit"
  case afterOutboxCommit = "after-outbox-commit"
  case afterSettling = "after-settling"

  struct Plan: Equatable {
    var point: String
    var fromEpoch: UInt64 = 0
    var skip = 0
    /// Milliseconds to wait; nil: die.
    var sleep_ms: UInt32?

    /// The plan that `text` asks for; nil if it asks for none.
    init?(_ text: String) {
      guard !text.isEmpty else { return nil }
      let parts = text.split(separator: ":", maxSplits: 1)
      let place = parts[0]
      if parts.count > 1, parts[1].hasPrefix("sleep=") { sleep_ms = UInt32(parts[1].dropFirst(6)) }
      guard let mark = place.firstIndex(where: { $0 == "@" || $0 == "+" }) else {
        point = String(place)
        return
      }
      point = String(place[..<mark])
      let number = UInt64(place[place.index(after: mark)...]) ?? 0
      if place[mark] == "@" { fromEpoch = number } else { skip = Int(clamping: max(1, number) - 1) }
    }
  }

  private static let plan = getenv("MILLRACE_FAULT").flatMap { Plan(String(cString: $0)) }
  private static let passes = Atomic(0)

  /// Does here what a test asked for. [any]
  package func reach(epoch: UInt64) {
    guard let plan = Self.plan, plan.point == rawValue, epoch >= plan.fromEpoch else { return }
    let passes = Self.passes.add(1, ordering: .relaxed).newValue
    guard passes > plan.skip, plan.sleep_ms == nil || passes == plan.skip + 1 else { return }
    let what = plan.sleep_ms.map { "waiting \($0) ms" } ?? "dying"
    Log.write(.warning, "fault", "\(what) at \(rawValue), as MILLRACE_FAULT asks", ["epoch": String(epoch)])
    if let sleep_ms = plan.sleep_ms { usleep(sleep_ms * 1000) } else { kill(getpid(), SIGKILL) }
  }
}
