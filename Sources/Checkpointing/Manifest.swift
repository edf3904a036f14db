/// What a checkpoint consists of: the content of `manifest.json`. See docs/checkpoints.md for the format.
package struct Manifest: Codable, Equatable, Sendable {
  /// The plugin that a step runs, from `fromEpoch` on.
  package struct Plugin: Codable, Equatable, Sendable {
    package var step: String
    package var id: String
    package var version: String
    /// Digest of the plugin's file.
    package var sha256: String
    /// The first epoch that the step ran with this version.
    package var fromEpoch: UInt64

    package init(step: String, id: String, version: String, sha256: String, fromEpoch: UInt64) {
      self.step = step
      self.id = id
      self.version = version
      self.sha256 = sha256
      self.fromEpoch = fromEpoch
    }
    enum CodingKeys: String, CodingKey {
      case step, id, version, sha256
      case fromEpoch = "from_epoch"
    }
  }

  /// A keyed state of a step.
  package struct State: Codable, Equatable, Sendable {
    package var name: String
    package var kind: String
    /// The schema's text form, and a map state's keys'.
    package var schema: String
    package var mapKeySchema: String?
    package var version: UInt32

    package init(name: String, kind: String, schema: String, mapKeySchema: String? = nil, version: UInt32) {
      self.name = name
      self.kind = kind
      self.schema = schema
      self.mapKeySchema = mapKeySchema
      self.version = version
    }
    enum CodingKeys: String, CodingKey {
      case name, kind, schema, version
      case mapKeySchema = "map_key_schema"
    }
  }

  package struct Step: Codable, Equatable, Sendable {
    package var id: String
    package var states: [State]

    package init(id: String, states: [State] = []) {
      self.id = id
      self.states = states
    }
  }

  /// Where to go on reading a topic's partition.
  package struct Source: Codable, Equatable, Sendable {
    package var step: String
    package var topic: String
    package var partition: Int32
    package var nextOffset: Int64
    /// Microseconds; Int64.min for none yet.
    package var watermark_us: Int64

    package init(step: String, topic: String, partition: Int32, nextOffset: Int64, watermark_us: Int64) {
      self.step = step
      self.topic = topic
      self.partition = partition
      self.nextOffset = nextOffset
      self.watermark_us = watermark_us
    }
    enum CodingKeys: String, CodingKey {
      case step, topic, partition, watermark_us
      case nextOffset = "next_offset"
    }
  }

  /// Where to go on reading a split of a source that is not Kafka.
  package struct Split: Codable, Equatable, Sendable {
    package var step: String
    package var split: String
    /// Whatever the source counts by.
    package var next: Int64
    /// Microseconds; Int64.min for none yet.
    package var watermark_us: Int64

    package init(step: String, split: String, next: Int64, watermark_us: Int64) {
      self.step = step
      self.split = split
      self.next = next
      self.watermark_us = watermark_us
    }
  }

  /// A file of state.
  package struct StateFile: Codable, Equatable, Sendable {
    package var step: String
    package var worker: Int
    /// File name, without a directory.
    package var name: String
    package var size: Int64
    package var sha256: String
    /// The epoch whose directory holds the file; nil: the manifest's own.
    package var epoch: UInt64?

    package init(step: String, worker: Int, name: String, size: Int64, sha256: String, epoch: UInt64? = nil) {
      self.step = step
      self.worker = worker
      self.name = name
      self.size = size
      self.sha256 = sha256
      self.epoch = epoch
    }
  }

  package var job: String
  package var epoch: UInt64
  package var engineVersion: String
  /// Microseconds since 1970, UTC.
  package var createdAt_us: Int64
  package var guarantee: Guarantee
  package var commitPoint: CommitPoint
  package var keyGroups: Int
  package var parallelism: Int
  package var plugins: [Plugin] = []
  package var steps: [Step] = []
  package var sources: [Source] = []
  package var splits: [Split] = []
  package var stateFiles: [StateFile] = []

  package init(
    job: String, epoch: UInt64, engineVersion: String, createdAt_us: Int64, guarantee: Guarantee,
    commitPoint: CommitPoint, keyGroups: Int, parallelism: Int
  ) {
    self.job = job
    self.epoch = epoch
    self.engineVersion = engineVersion
    self.createdAt_us = createdAt_us
    self.guarantee = guarantee
    self.commitPoint = commitPoint
    self.keyGroups = keyGroups
    self.parallelism = parallelism
  }

  enum CodingKeys: String, CodingKey {
    case job, epoch, guarantee, parallelism, plugins, steps, sources, splits
    case engineVersion = "engine_version"
    case createdAt_us = "created_at_us"
    case commitPoint = "commit_point"
    case keyGroups = "key_groups"
    case stateFiles = "state_files"
  }
}
