import Checkpointing
import Dataflow
import Foundation

/// Makes a job's status of what is on the board and of what the workers count. [status thread]
final class StatusReport {
  private let board: StatusBoard
  private var history = CounterHistory()
  private var watch = WatermarkWatch()
  private var drift = DriftWatch()

  init(_ board: StatusBoard) { self.board = board }

  /// Takes note of what is counted, for rates, warns of splits that hold event time back, and tells of the first that are paused. To be called about every
  /// second.
  func turn(now_us: Int64 = Clock.monotonic_us()) {
    let state = board.current
    guard let view = state.view else {
      watch = WatermarkWatch()
      drift = DriftWatch()
      return
    }
    let sample = CounterSample(view, attempt: state.attempts, time_us: now_us)
    history.add(sample)
    let splits = CounterReport(view: view, sample: sample, base: nil).splits
    for finding in watch.note(splits, now_us: now_us) { Log.write(.warning, "watermark", "\(finding)") }
    for news in drift.note(splits) { Log.write(.info, "watermark", news) }
  }

  /// The status as a line of JSON.
  func answer() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(status(now_us: Clock.monotonic_us()))) + [UInt8(ascii: "\n")]
  }

  /// The status at `now_us`, of the monotonic clock.
  func status(now_us: Int64) -> JobStatus {
    let state = board.current
    let counters = state.view.map { view in
      let sample = CounterSample(view, attempt: state.attempts, time_us: now_us)
      return CounterReport(view: view, sample: sample, base: history.base(of: sample))
    }
    return JobStatus(
      job: board.facts.job, pid: board.facts.pid, engineVersion: board.facts.engineVersion,
      guarantee: board.facts.guarantee, parallelism: board.facts.parallelism, startedAt_us: board.startedAt_us,
      age_us: now_us - board.started_us, phase: state.phase, phaseAge_us: now_us - state.phaseBegin_us,
      activity: state.activity, attempts: state.attempts, committedEpoch: state.epochs.committed,
      lastEpoch: state.epochs.last.map { Self.epoch($0, now_us) },
      epochUnderWay: state.epochs.underWay.map { Self.epoch($0, now_us) },
      retries: (state.retries.entries + board.connections.entries(now_us: now_us)).map { Self.retry($0, now_us) },
      window_us: counters?.window_us,
      steps: counters?.steps ?? [], splits: counters?.splits ?? [], plugins: state.plugins.map(Self.plugin))
  }

  private static func epoch(_ done: EpochLog.Finished, _ now_us: Int64) -> JobStatus.Epoch {
    JobStatus.Epoch(
      epoch: done.epoch, age_us: now_us - done.end_us, duration_us: done.duration_us,
      phases_us: Dictionary(uniqueKeysWithValues: done.phases_us.map { ($0.rawValue, $1) }), size: done.size)
  }

  private static func epoch(_ current: EpochLog.UnderWay, _ now_us: Int64) -> JobStatus.EpochUnderWay {
    JobStatus.EpochUnderWay(
      epoch: current.epoch, phase: current.phase.rawValue, age_us: now_us - current.begin_us,
      phaseAge_us: now_us - current.phaseBegin_us)
  }

  private static func retry(_ entry: RetryLog.Entry, _ now_us: Int64) -> JobStatus.Retry {
    JobStatus.Retry(
      what: entry.what, age_us: now_us - entry.first_us, count: entry.count, lastAge_us: now_us - entry.last_us,
      lastError: entry.lastError)
  }

  private static func plugin(_ plugin: Manifest.Plugin) -> JobStatus.Plugin {
    JobStatus.Plugin(
      step: plugin.step, id: plugin.id, version: plugin.version, fromEpoch: plugin.fromEpoch, sha256: plugin.sha256)
  }
}
