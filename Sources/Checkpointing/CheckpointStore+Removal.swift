import Glibc

/// Removing checkpoints: a directory is renamed first, so that a kill leaves whole checkpoints and trash, never half
/// of one.
extension CheckpointStore {
  static let setAsidePrefix = "set-aside-"

  /// Removes what is older than the `retention` newest committed epochs up to `epoch` (at least that one is kept).
  /// Gives the epochs removed. Their runs stay: others may list them. `epoch` must be marked as committed.
  @discardableResult
  package func dropBefore(_ epoch: UInt64, keeping retention: Int) throws -> [UInt64] {
    guard isMarked(epoch) else {
      throw CheckpointError(path: path(of: epoch), reason: "epoch \(epoch) is not committed; nothing was dropped")
    }
    let all = try epochs()
    let kept = all.filter { $0 <= epoch && isMarked($0) }.suffix(max(1, retention))
    guard let oldest = kept.first else { return [] }
    let old = all.filter { $0 < oldest }
    try trash(old.map(path(of:)))
    return old
  }

  /// Takes away every checkpoint newer than `epoch`: those that never counted are removed, those marked as committed
  /// (the user chose an older one) are kept under a name `set-aside-…` that the engine does not look at.
  package func discardAfter(_ epoch: UInt64) throws {
    let newer = try epochs().filter { $0 > epoch }
    for marked in newer where isMarked(marked) { try setAside(marked) }
    try trash(newer.filter { !isMarked($0) }.map(path(of:)))
    try files.sync(directory: directory)
  }

  private func setAside(_ epoch: UInt64) throws {
    let name = "\(directory)/\(Self.setAsidePrefix)\(Self.directoryName(of: epoch))"
    var target = name
    var number = 1
    while files.exists(target) {
      number += 1
      target = "\(name)-\(number)"
    }
    try files.move(path(of: epoch), to: target)
  }

  /// Renames directories into trash, makes that durable, then removes them.
  func trash(_ paths: [String]) throws {
    let present = paths.filter(files.exists)
    guard !present.isEmpty else { return }
    var moved: [String] = []
    for path in present {
      let name = path.split(separator: "/").last.map(String.init) ?? ""
      var target = "\(directory)/\(Self.trashPrefix)\(name)"
      while files.exists(target) { target += "-" }
      try files.move(path, to: target)
      moved.append(target)
    }
    try files.sync(directory: directory)
    for path in moved { try files.removeTree(path) }
  }

  /// Removes what is left of removals that were cut short.
  func emptyTrash() throws {
    for name in try files.list(directory) where name.hasPrefix(Self.trashPrefix) {
      try files.removeTree("\(directory)/\(name)")
    }
  }
}
