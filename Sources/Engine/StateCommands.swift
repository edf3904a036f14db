import Checkpointing
import Columnar
import State

/// What `millrace state …` does. Reads only; works beside a running job. All throw `JobError`, and what `output`, which
/// gets the bytes to print, throws. [control]
package enum StateCommands {
  /// What to look at, and how to print it.
  package struct Options {
    /// Of the job, or the storage if it has one job.
    package var directory: String
    /// Nil for the newest that counts.
    package var epoch: UInt64?
    package var format: InspectFormat

    package init(directory: String, epoch: UInt64?, format: InspectFormat) {
      self.directory = directory
      self.epoch = epoch
      self.format = format
    }
  }

  private static let listFields = [
    Field("step", .utf8), Field("state", .utf8, nullable: true), Field("kind", .utf8),
    Field("type", .utf8, nullable: true),
    Field("version", .int64, nullable: true), Field("keys", .int64, nullable: true),
    Field("size_bytes", .int64, nullable: true),
  ]

  /// Steps with their states, how many keys each has, and how large it is. Reads all keyed state.
  package static func list(_ options: Options, output: @escaping ([UInt8]) throws -> Void) throws {
    let rows = try Inspection.reading(options.directory, epoch: options.epoch) { checkpoint in
      try checkpoint.manifest.steps.flatMap { try StateSummary($0, checkpoint).rows }
    }
    let printer = try RowPrinter(listFields, format: options.format, output: output)
    for row in rows { try printer.add(row) }
    try printer.finish()
  }

  /// All that a key has in a step. `key`: the text of each of its columns. False if it has nothing.
  package static func get(
    _ options: Options, step: String, key: [String], output: @escaping ([UInt8]) throws -> Void
  ) throws -> Bool {
    let (fields, row) = try Inspection.reading(options.directory, epoch: options.epoch) { checkpoint in
      let state = try InspectedState(step, checkpoint.manifest, checkpoint.store)
      let columns = try InspectedColumns(state.step, only: nil, keepsBytes: options.format == .arrow)
      let bytes = try keyBytes(key, of: state.step)
      return (columns.fields, try state.find(bytes) { try columns.row(key: $0, $1) })
    }
    guard let row else { return false }
    guard options.format != .table else {
      try output(Array(TextTable.upright(fields, row).text.utf8))
      return true
    }
    let printer = try RowPrinter(fields, format: options.format, output: output)
    try printer.add(row)
    try printer.finish()
    return true
  }

  private static func keyBytes(_ texts: [String], of step: InspectedStep) throws -> [UInt8] {
    guard let codec = step.key else {
      throw JobError(
        .failed, "unknown-key",
        "the checkpoint does not say what the keys of step \"\(step.id)\" are made of; use `millrace state scan`")
    }
    do { return try codec.bytes(parsing: texts) } catch {
      throw JobError(.usage, "wrong-key", "step \"\(step.id)\": \(error)")
    }
  }

  /// Which keys to show.
  package struct Selection {
    package var step: String
    /// Only keys that have this state, and only that; nil for all.
    package var state: String?
    /// At most so many; nil for all.
    package var limit: Int?
    /// Key groups from the first to the last, both included; nil for all.
    package var keyGroups: ClosedRange<Int>?

    package init(step: String, state: String? = nil, limit: Int? = nil, keyGroups: ClosedRange<Int>? = nil) {
      self.step = step
      self.state = state
      self.limit = limit
      self.keyGroups = keyGroups
    }
  }

  /// A row for each key, in the order of their hashes. Gives whether there are more than the limit.
  package static func scan(
    _ options: Options, _ selection: Selection, output: @escaping ([UInt8]) throws -> Void
  ) throws -> Bool {
    let (state, columns, opened) = try Inspection.reading(options.directory, epoch: options.epoch) { checkpoint in
      let state = try InspectedState(selection.step, checkpoint.manifest, checkpoint.store)
      let columns = try InspectedColumns(
        state.step, only: try index(of: selection.state, in: state.step), keepsBytes: options.format == .arrow)
      let groups = try keyGroups(selection.keyGroups, of: checkpoint.manifest.keyGroups)
      return (state, columns, try state.open(groups))
    }
    let printer = try RowPrinter(columns.fields, format: options.format, output: output)
    var (count, hasMore) = (0, false)
    do {
      try state.forEach(opened) { key, record in
        guard columns.concerns(record) else { return true }
        hasMore = count == selection.limit
        guard !hasMore else { return false }
        try printer.add(columns.row(key: key, record))
        count += 1
        return true
      }
    } catch { throw error is RunError ? Inspection.asJobError(error) : error }
    try printer.finish()
    return hasMore
  }

  private static func index(of name: String?, in step: InspectedStep) throws -> Int? {
    guard let name else { return nil }
    if let index = step.states.firstIndex(where: { $0.name == name }) { return index }
    let names = step.states.map(\.name).joined(separator: ", ")
    throw JobError(
      .usage, "no-such-state",
      "step \"\(step.id)\" has no state \"\(name)\"; there are: \(names.isEmpty ? "none" : names)")
  }

  private static func keyGroups(_ chosen: ClosedRange<Int>?, of count: Int) throws -> Range<Int> {
    guard let chosen else { return 0..<count }
    guard chosen.upperBound < count else {
      throw JobError(.usage, "no-such-group", "the job has the key groups 0 to \(count - 1)")
    }
    return chosen.lowerBound..<chosen.upperBound + 1
  }
}

/// What a step has, in rows of `StateCommands.list`.
private struct StateSummary {
  private(set) var rows: [[Scalar]] = []

  init(_ declared: Manifest.Step, _ checkpoint: InspectedCheckpoint) throws {
    let files = checkpoint.manifest.stateFiles.filter { $0.step == declared.id }
    guard !declared.states.isEmpty || !files.isEmpty else { return }
    let state = try InspectedState(declared.id, checkpoint.manifest, checkpoint.store)
    var keys = [Int64](repeating: 0, count: declared.states.count)
    var sizes = keys
    var (total, withTimers) = (Int64(0), Int64(0))
    try state.forEach(state.open(0..<checkpoint.manifest.keyGroups)) { _, record in
      total += 1
      if !record.timers.isEmpty { withTimers += 1 }
      for (index, entry) in record.states.enumerated() {
        guard let entry else { continue }
        keys[index] += 1
        sizes[index] += Int64(entry.content.size)
      }
      return true
    }
    for (index, state) in declared.states.enumerated() {
      add(declared.id, state.name, state.kind, state.typeText, Int64(state.version), keys[index], sizes[index])
    }
    if withTimers > 0 { add(declared.id, nil, "timers", nil, nil, withTimers, nil) }
    var seen: Set<String> = []
    let runs = state.files.filter { seen.insert($0.name).inserted }
    if !declared.states.isEmpty { add(declared.id, nil, "all keys", nil, nil, total, runs.reduce(0) { $0 + $1.size }) }
    let own = files.filter { $0.kind == .own }
    if !own.isEmpty { add(declared.id, nil, "private", nil, nil, nil, own.reduce(0) { $0 + $1.size }) }
  }

  private mutating func add(
    _ step: String, _ state: String?, _ kind: String, _ type: String?, _ version: Int64?, _ keys: Int64?, _ size: Int64?
  ) {
    rows.append([
      .text(step), state.map { .text($0) } ?? .null, .text(kind), type.map { .text($0) } ?? .null,
      version.map { .integer($0) } ?? .null, keys.map { .integer($0) } ?? .null, size.map { .integer($0) } ?? .null,
    ])
  }
}
