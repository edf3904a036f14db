/// How a running job gets on, at one moment: what `millrace status` shows. Ages and durations are by a clock that is
/// never set back.
struct JobStatus: Codable, Equatable, Sendable {
  /// What the job is at.
  enum Phase: String, Codable, Sendable {
    /// It gets ready to run: takes its transactional ids, looks partitions up, restores state.
    case starting
    /// Rows are read.
    case running
    /// A stop was asked for: what is under way goes on to the end of a last epoch.
    case draining
    /// Something failed, and the next attempt is not due yet.
    case pausing
  }

  /// What checkpoints of one epoch took.
  struct Size: Codable, Equatable, Sendable {
    /// Bytes that were written for this epoch.
    var written: Int64
    /// Bytes of all files that the checkpoint needs.
    var total: Int64

    enum CodingKeys: String, CodingKey {
      case written = "written_bytes"
      case total = "total_bytes"
    }
  }

  /// The last epoch that was carried through.
  struct Epoch: Codable, Equatable, Sendable {
    var epoch: UInt64
    /// Since its end.
    var age_us: Int64
    /// From its barrier to its end.
    var duration_us: Int64
    /// By phase, of those that it had: barrier, flush, manifest, commit, mark.
    var phases_us: [String: Int64]
    /// Nil without checkpoints.
    var size: Size?
  }

  /// The epoch between its barrier and its end.
  struct EpochUnderWay: Codable, Equatable, Sendable {
    var epoch: UInt64
    var phase: String
    /// Since its barrier was asked for.
    var age_us: Int64
    /// Since the phase began.
    var phaseAge_us: Int64

    enum CodingKeys: String, CodingKey {
      case epoch, phase, age_us
      case phaseAge_us = "phase_age_us"
    }
  }

  /// Something that failed and is tried again.
  struct Retry: Codable, Equatable, Sendable {
    /// `attempt` (the job starts again from its last committed epoch), the step of an epoch (begin, flush, …), or
    /// `connection NAME`, which is listed for a minute after its last error.
    var what: String
    /// Since the first failure without a success after it.
    var age_us: Int64
    /// Failures since then.
    var count: Int
    /// Since the last of them.
    var lastAge_us: Int64
    var lastError: String

    enum CodingKeys: String, CodingKey {
      case what, age_us, count
      case lastAge_us = "last_age_us"
      case lastError = "last_error"
    }
  }

  /// A step of the pipeline, over all workers, in this attempt.
  struct Step: Codable, Equatable, Sendable {
    var step: String
    /// source, operator or sink.
    var kind: String
    var rowsIn: Int64
    var rowsOut: Int64
    /// Rows in, or of a source rows out, a second, over the last `window_us`; nil if that is too short.
    var rowsPerS: Double?
    /// Part of their time, 0 to 1, that the workers have worked for this step over the last `window_us`; nil if that is too
    /// short.
    var busyShare: Double?
    /// Part of the time, 0 to 1, in which the step could not go on because there was no room after it; nil for an operator
    /// that is fed on its own worker only: what feeds it waits.
    var backPressureShare: Double?
    /// Event time in microseconds since 1970; nil if there is none, or after the end of all rows.
    var watermark_us: Int64?

    enum CodingKeys: String, CodingKey {
      case step, kind, watermark_us
      case rowsIn = "rows_in"
      case rowsOut = "rows_out"
      case rowsPerS = "rows_per_s"
      case busyShare = "busy_share"
      case backPressureShare = "back_pressure_share"
    }
  }

  /// A split that a source step reads: a topic's partition, or whatever a plugin reads by.
  struct Split: Codable, Equatable, Sendable {
    /// Whether it counts for the step's event time.
    enum Condition: String, Codable, Sendable {
      /// It does.
      case active
      /// No rows came for so long that it does not for now.
      case idle
      /// It is read to its end.
      case ended
      /// It does, but is so far ahead of the slowest that it is not read for now.
      case paused
    }
    var step: String
    /// E.g. flights-3.
    var split: String
    /// Nil for a plugin's.
    var topic: String?
    var partition: Int32?
    var worker: Int
    /// The offset to be read next, or whatever a plugin counts by.
    var next: Int64
    /// Where the partition ended when it was last fetched from; nil if that is not known.
    var end: Int64?
    /// Offsets from `next` to `end`; markers of transactions count.
    var lag: Int64?
    /// Over the last `window_us`; nil if that is too short.
    var rowsPerS: Double?
    /// Event time in microseconds since 1970; nil if there is none.
    var watermark_us: Int64?
    var condition: Condition
    /// How long it was paused in this attempt.
    var paused_us: Int64 = 0
    /// Whether the step's event time waits for this split: of the active ones it is the one furthest behind.
    var holdsWatermark = false

    enum CodingKeys: String, CodingKey {
      case step, split, topic, partition, worker, next, end, lag, watermark_us, condition, paused_us
      case rowsPerS = "rows_per_s"
      case holdsWatermark = "holds_watermark"
    }
  }

  /// What a step runs.
  struct Plugin: Codable, Equatable, Sendable {
    var step: String
    var id: String
    var version: String
    /// The first epoch that the step ran with this version.
    var fromEpoch: UInt64
    /// Digest of the plugin's file.
    var sha256: String

    enum CodingKeys: String, CodingKey {
      case step, id, version, sha256
      case fromEpoch = "from_epoch"
    }
  }

  var job: String
  /// Of the process.
  var pid: Int32
  var engineVersion: String
  var guarantee: String
  var parallelism: Int
  /// When the job's process began to run it, in microseconds since 1970.
  var startedAt_us: Int64
  /// Since then.
  var age_us: Int64
  var phase: Phase
  var phaseAge_us: Int64
  /// What exactly is being done; nil while the job runs.
  var activity: String?
  /// How many attempts there were, with this one.
  var attempts: Int
  /// The last epoch that counts; 0 for none.
  var committedEpoch: UInt64
  var lastEpoch: Epoch?
  var epochUnderWay: EpochUnderWay?
  var retries: [Retry]
  /// Over which rates and shares are taken; nil if there are none.
  var window_us: Int64?
  var steps: [Step]
  var splits: [Split]
  var plugins: [Plugin]

  enum CodingKeys: String, CodingKey {
    case job, pid, guarantee, parallelism, age_us, phase, activity, attempts, retries, window_us, steps, splits, plugins
    case engineVersion = "engine_version"
    case startedAt_us = "started_at_us"
    case phaseAge_us = "phase_age_us"
    case committedEpoch = "committed_epoch"
    case lastEpoch = "last_epoch"
    case epochUnderWay = "epoch_under_way"
  }
}
