/// What a job promises about its results when something fails.
package enum DeliveryGuarantee: String, Sendable, CaseIterable {
  /// Every result is visible once.
  case exactlyOnce = "exactly_once"
  /// Every result is visible, some more than once after a failure.
  case atLeastOnce = "at_least_once"
  /// No checkpoints: a restart has no state, and goes on about where the job had read to.
  case none
}

/// `checkpoint:` of the file.
package struct CheckpointSettings: Sendable, Equatable {
  /// Default: exactly_once if the file has a `checkpoint`, none otherwise.
  package var guarantee = DeliveryGuarantee.none
  /// From the start of a checkpoint to the start of the next, more than 0; required unless the guarantee is none.
  package var interval = Duration.seconds(1)
  /// From the end of a checkpoint to the start of the next, at least; default 0.
  package var minPause = Duration.zero
  /// From one checkpoint to the next while nothing happens, but not less than `interval`; default one hour.
  package var idleInterval = Duration.seconds(3600)
  /// How long a checkpoint may take before it is given up; default one minute.
  package var timeout = Duration.seconds(60)
  /// How many committed checkpoints are kept, at least 1; default 3.
  package var retention = 3
  /// Absolute path of the directory that `storage: file://…` names; set unless the guarantee is none.
  package var directory: String?

  package init() {}
}

/// `state:` of the file.
package struct StateSettings: Sendable, Equatable {
  /// Stores that keyed state can live in.
  package enum Store: String, Sendable, CaseIterable {
    /// The process's memory.
    case memory
    /// Keys that were not used for long lie on disk, in RocksDB.
    case rocksdb
  }
  /// The least `memory`, in bytes.
  package static let leastMemory = 16 << 20

  /// Default: memory.
  package var store = Store.memory
  /// Bytes that the process may use for state, rows under way, the store's caches and plugins, at least
  /// `leastMemory`; nil, the default: half of the memory that the machine, or the cgroup, has.
  package var memory: Int?
  /// Absolute path of the directory where RocksDB keeps its files while the job runs; nil, the default: `scratch` in
  /// the job's directory in the checkpoint storage, which is there then.
  package var directory: String?

  package init() {}
}

/// `metrics:` of the file.
package struct MetricsSettings: Sendable, Equatable {
  /// Absolute path of the file that is written; nil, the default: none is.
  package var file: String?
  /// How often it is written; default one second.
  package var interval = Duration.seconds(1)

  package init() {}
}

/// `plugins:` of the file.
package struct PluginSettings: Sendable, Equatable {
  /// What to do when a newer version of a running plugin appears.
  package enum OnNewVersion: String, Sendable, CaseIterable {
    /// Put it in place while the job runs.
    case swap
    /// Leave the running version alone until the job restarts.
    case hold
  }
  /// Absolute paths of the directories with `.so` files; default: `plugins` beside the pipeline file.
  package var directories: [String] = []
  /// Default: swap.
  package var onNewVersion = OnNewVersion.swap
  /// How often the directories are looked through; more than 0; default one second.
  package var scanInterval = Duration.seconds(1)

  package init() {}
}

/// One of the file's `connections`: to brokers, or to a schema registry.
package struct Connection: Sendable, Equatable {
  /// A property: librdkafka's, or a registry's.
  package struct Property: Sendable, Equatable {
    package var name: String
    package var value: PropertyValue
    /// Where it is in the file.
    package var position: Position
  }
  /// Name in the file.
  package var name: String
  /// librdkafka's properties, `bootstrap.servers` among them, in the file's order; none that the engine sets itself. Of a
  /// registry: `url` and others.
  package var properties: [Property]

  /// Whether it is a schema registry.
  package var isRegistry: Bool { properties.contains { $0.name == Self.url } }
  static let url = "url"
}
