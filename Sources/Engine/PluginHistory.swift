import Checkpointing

/// Which plugin versions made which epochs: several versions of a step may be on their way into manifests at once.
struct PluginHistory {
  private var entries: [Manifest.Plugin] = []

  /// Versions that run from `epoch` on. What `known` (from the restored manifest) has unchanged keeps its first epoch.
  init(_ versions: [Manifest.Plugin], from epoch: UInt64, known: [Manifest.Plugin]) {
    entries = versions.map { version in
      var entry = version
      entry.fromEpoch = epoch
      let same = known.first {
        $0.step == version.step && $0.id == version.id && $0.version == version.version && $0.sha256 == version.sha256
      }
      if let same { entry.fromEpoch = min(epoch, same.fromEpoch) }
      return entry
    }
  }

  /// `versions` run from `epoch` on; those that run already are left as they are.
  mutating func add(_ versions: [Manifest.Plugin], from epoch: UInt64) {
    let running = self.versions(of: epoch)
    for var version in versions {
      let isSame = running.contains {
        $0.step == version.step && $0.id == version.id && $0.sha256 == version.sha256
      }
      if isSame { continue }
      version.fromEpoch = epoch
      entries.append(version)
    }
  }

  /// What made `epoch`: of each step and id the latest version that ran by then.
  func versions(of epoch: UInt64) -> [Manifest.Plugin] {
    var latest: [[String]: Manifest.Plugin] = [:]
    for entry in entries where entry.fromEpoch <= epoch {
      if let known = latest[[entry.step, entry.id]], known.fromEpoch > entry.fromEpoch { continue }
      latest[[entry.step, entry.id]] = entry
    }
    return latest.values.sorted { ($0.step, $0.id) < ($1.step, $1.id) }
  }
}
