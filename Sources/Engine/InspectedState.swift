import Checkpointing
import Columnar
import PluginHost
import State

/// The keyed state of one step in one checkpoint, as it was when the checkpoint was made: what had expired by then is
/// gone.
struct InspectedState {
  let step: InspectedStep
  private let manifest: Manifest
  private let runs: RunFiles
  /// Oldest first; of different workers in any order, since they have no key in common.
  let files: [Manifest.StateFile]

  /// Throws `JobError` if there is no such step, or its states make no sense.
  init(_ step: String, _ manifest: Manifest, _ store: CheckpointStore) throws {
    guard let declared = manifest.steps.first(where: { $0.id == step }) else {
      let steps = manifest.steps.filter { !$0.states.isEmpty }.map(\.id)
      throw JobError(
        .usage, "no-such-step",
        "there is no step \"\(step)\"; with state there are: \(steps.isEmpty ? "none" : steps.joined(separator: ", "))")
    }
    self.step = try InspectedStep(declared)
    self.manifest = manifest
    runs = RunFiles(store: store, keyGroupCount: manifest.keyGroups)
    files = manifest.stateFiles.filter { $0.kind == .run && $0.step == step }
  }

  /// Opens the runs, as far as they concern some key groups.
  func open(_ keyGroups: Range<Int>) throws -> KeyedRuns {
    let chosen = files.compactMap { file -> Manifest.StateFile? in
      let groups = (file.keyGroups?.range ?? 0..<manifest.keyGroups).clamped(to: keyGroups)
      guard !groups.isEmpty else { return nil }
      var file = file
      file.keyGroups = .init(groups)
      return file
    }
    return try runs.open(chosen)
  }

  /// Calls `body` with every key of opened runs, in the order of their hashes, until it gives false.
  func forEach(
    _ opened: KeyedRuns, _ body: (UnsafeBufferPointer<UInt8>, StoredRecord) throws -> Bool
  ) throws {
    var merger = opened.merger(isWhole: true, now_us: manifest.createdAt_us)
    while let entry = try merger.next() {
      guard let bytes = entry.record else { continue }
      guard try body(entry.key, record(bytes, key: entry.key)) else { return }
    }
  }

  /// What `body` makes of what a key has; nil if it has nothing. Reads a block of each run that may have it.
  func find<Result>(
    _ key: [UInt8], _ body: (UnsafeBufferPointer<UInt8>, StoredRecord) throws -> Result
  ) throws -> Result? {
    // An empty key needs an address too.
    try (key + [0]).withUnsafeBufferPointer { padded in
      let bytes = UnsafeBufferPointer(rebasing: padded.dropLast())
      let hash = keyHash(padded.baseAddress!, key.count)
      let group = keyGroup(hash: hash, count: manifest.keyGroups)
      for file in files.reversed() where file.keyGroups?.range.contains(group) ?? true {
        // An entry says what counts, be it that the key was removed.
        let found = try runs.reader(file).find(RunKey(hash: hash, bytes: bytes)) { try use($0, body) }
        if let found { return found }
      }
      return nil
    }
  }

  private func use<Result>(
    _ entry: RunEntry, _ body: (UnsafeBufferPointer<UInt8>, StoredRecord) throws -> Result
  ) throws -> Result? {
    guard let bytes = entry.record else { return nil }
    let record = try record(bytes, key: entry.key)
    return record.expiry_us > manifest.createdAt_us ? try body(entry.key, record) : nil
  }

  private func record(_ bytes: UnsafeRawBufferPointer, key: UnsafeBufferPointer<UInt8>) throws -> StoredRecord {
    do {
      var record = try StoredRecord(decoding: bytes, states: step.states)
      for index in record.states.indices where record.states[index].map(isOver) ?? false { record.states[index] = nil }
      return record
    } catch let error as StateError {
      let key = (try? step.keyValues(key)) ?? [.bytes(Array(key))]
      let fields = key.count == step.keyFields.count ? step.keyFields : [Field("key", .binary)]
      throw JobError(
        .recovery, "checkpoint-damaged",
        "step \"\(step.id)\", key \(Scalar.structure(key).json(.structure(fields))): \(error)")
    }
  }

  private func isOver(_ entry: StoredRecord.Entry) -> Bool { entry.deadline_us <= manifest.createdAt_us }
}
