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
    /// The struct type of the step's keys in text form; nil if it has none.
    package var key: String?
    package var states: [State]

    package init(id: String, key: String? = nil, states: [State] = []) {
      self.id = id
      self.key = key
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

  /// A file of state. The keyed state of a step on a worker is a chain of runs, which the list has oldest first: of
  /// what several say of a key the newest counts.
  package struct StateFile: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
      /// Keys with their records, in the store's `state` directory; several manifests may list it.
      case run
      /// An instance's private bytes, in the epoch's own directory.
      case own
    }
    /// Key groups from `first` on.
    package struct KeyGroups: Codable, Equatable, Sendable {
      package var first: Int
      package var count: Int

      package init(_ range: Range<Int>) {
        first = range.lowerBound
        count = range.count
      }
      package var range: Range<Int> { first..<first + count }
    }
    package var step: String
    package var worker: Int
    package var kind: Kind
    /// File name, without a directory.
    package var name: String
    package var size: Int64
    /// Of the bytes; of a run, those of its tail, which has the checksums of the rest.
    package var sha256: String
    /// Of a run: keys of other groups in it do not count here.
    package var keyGroups: KeyGroups?

    package init(
      step: String, worker: Int, kind: Kind, name: String, size: Int64, sha256: String, keyGroups: KeyGroups? = nil
    ) {
      self.step = step
      self.worker = worker
      self.kind = kind
      self.name = name
      self.size = size
      self.sha256 = sha256
      self.keyGroups = keyGroups
    }
    enum CodingKeys: String, CodingKey {
      case step, worker, kind, name, size, sha256
      case keyGroups = "key_groups"
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
  /// Rows for other clusters; nil if there are none. A cluster without rows in the epoch is not in it.
  package var outboxes: [Outbox]?

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
    case job, epoch, guarantee, parallelism, plugins, steps, sources, splits, outboxes
    case engineVersion = "engine_version"
    case createdAt_us = "created_at_us"
    case commitPoint = "commit_point"
    case keyGroups = "key_groups"
    case stateFiles = "state_files"
  }
}
