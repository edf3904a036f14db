import Checkpointing
import State

/// Runs that workers write before the epoch ends, because memory has no room for its changes until then. The epoch's
/// checkpoint lists them before the run of the changes that were left; if there is none, the next start removes them.
struct EarlyRuns: Sendable {
  let runs: RunFiles
  let names: RunNames

  /// Writes changes of a step's state. Gives the run, or nil if that failed: they stay in memory then. [worker]
  func write(_ delta: KeyedDelta, _ place: Restore.Place) -> Manifest.StateFile? {
    do {
      return try runs.write(delta, into: names.next(place, "early"))
    } catch {
      Log.write(
        .warning, "state",
        "step \(place.step): changes that memory has no room for can't be written before the epoch ends: \(error). "
          + "They stay in memory until then, and sources are held back if that is used up: see to the checkpoint storage",
        ["worker": String(place.worker)])
      return nil
    }
  }
}
