import Checkpointing
import Dataflow
import Glibc

/// Finds out whether another instance of the job goes on with it, once this one is fenced: by what is committed. [control]
struct Takeover {
  /// For the other instance's start, beside the epochs that it has to commit.
  private static let start_us: Int64 = 10_000_000
  private static let turn_us: UInt32 = 200_000

  /// How long to wait for epochs of another instance.
  let patience_us: Int64

  /// `interval`: of the job's epochs. `mayHaveTimedOut`: there may be no other instance, so nothing is waited for.
  init(interval: Duration, mayHaveTimedOut: Bool) {
    let (epochs_us, overflow) = interval.microseconds.multipliedReportingOverflow(by: 3)
    let (sum_us, overflows) = epochs_us.addingReportingOverflow(Self.start_us)
    patience_us = mayHaveTimedOut ? 0 : overflow || overflows ? .max : sum_us
  }

  /// The epoch that another instance has committed; nil if none did within the patience, or before `isWanted` is false.
  /// `lastCommitted`: this instance's. `own`: what it tried to commit after that. `record`: what is committed last as Kafka
  /// knows it, nil for nothing. `now_us` and `pause` are the clock's.
  func epoch(
    after lastCommitted: UInt64, own: CommitRecord?, isWanted: () -> Bool, record: () -> CommitRecord?,
    now_us: () -> Int64 = Clock.monotonic_us, pause: () -> Void = { usleep(Self.turn_us) }
  ) -> UInt64? {
    let start_us = now_us()
    while true {
      if let found = record(), found.epoch > lastCommitted, found != own { return found.epoch }
      guard now_us() - start_us < patience_us, isWanted() else { return nil }
      pause()
    }
  }
}
