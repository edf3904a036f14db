import Engine
import Glibc

/// The commands that look at checkpoints, state and running jobs. They change nothing, so signals end them as they end
/// any tool.
extension Command {
  static let tableLimit = 100

  static func checkpoints(_ words: [String]) throws -> ExitCode {
    let arguments = try Arguments(Array(words.dropFirst()), options: ["--epoch": .value, "--format": .value])
    restoreSignals()
    switch words.first {
    case "list":
      guard !arguments.has("--epoch") else { throw Arguments.Wrong(description: "checkpoints list takes no --epoch") }
      try CheckpointCommands.list(
        directory: directory(arguments), format: format(arguments), output: StandardOutput.write)
    case "show":
      let format = try Self.format(arguments)
      guard format != .arrow else { throw Arguments.Wrong(description: "checkpoints show has no arrow format") }
      try CheckpointCommands.show(
        directory: directory(arguments), epoch: epoch(arguments), asJSON: format == .json, output: StandardOutput.write)
    case "verify":
      guard !arguments.has("--format") else {
        throw Arguments.Wrong(description: "checkpoints verify takes no --format")
      }
      let isClean = try CheckpointCommands.verify(
        directory: directory(arguments), epoch: arguments["--epoch"] == "all" ? nil : epoch(arguments),
        output: StandardOutput.write)
      return isClean ? .success : .recovery
    default: throw Arguments.Wrong(description: "expected `checkpoints list DIR`, `show DIR` or `verify DIR`")
    }
    return .success
  }

  static func state(_ words: [String]) throws -> ExitCode {
    let common: [String: Arguments.Kind] = ["--epoch": .value, "--format": .value]
    let own: [String: [String: Arguments.Kind]] = [
      "list": [:], "get": ["--step": .value, "--key": .values],
      "scan": ["--step": .value, "--state": .value, "--group": .value, "--limit": .value],
    ]
    guard let command = words.first, let options = own[command] else {
      throw Arguments.Wrong(description: "expected `state list DIR`, `get DIR` or `scan DIR`")
    }
    let arguments = try Arguments(Array(words.dropFirst()), options: common.merging(options) { $1 })
    restoreSignals()
    let chosen = StateCommands.Options(
      directory: try directory(arguments), epoch: try epoch(arguments), format: try format(arguments))
    switch command {
    case "list": try StateCommands.list(chosen, output: StandardOutput.write)
    case "get": return try get(chosen, arguments)
    default: try scan(chosen, arguments)
    }
    return .success
  }

  static func status(_ words: [String]) throws -> ExitCode {
    let arguments = try Arguments(words, options: ["--format": .value])
    restoreSignals()
    let format = try Self.format(arguments)
    guard format != .arrow else { throw Arguments.Wrong(description: "status has no arrow format") }
    guard arguments.operands.count == 1 else {
      throw Arguments.Wrong(description: "status expects a job's directory or its pipeline file")
    }
    try StatusCommand.run(arguments.operands[0], asJSON: format == .json, output: StandardOutput.write)
    return .success
  }

  private static func get(_ options: StateCommands.Options, _ arguments: Arguments) throws -> ExitCode {
    let key = arguments.all("--key")
    guard !key.isEmpty else { throw Arguments.Wrong(description: "state get needs a --key for each column of the key") }
    let isThere = try StateCommands.get(options, step: step(arguments), key: key, output: StandardOutput.write)
    if !isThere { complain("the step has nothing for this key\n") }
    return isThere ? .success : .failed
  }

  private static func scan(_ options: StateCommands.Options, _ arguments: Arguments) throws {
    var selection = StateCommands.Selection(step: try step(arguments), state: arguments["--state"])
    selection.limit = try limit(arguments, for: options.format)
    selection.keyGroups = try arguments["--group"].map(keyGroups)
    let hasMore = try StateCommands.scan(options, selection, output: StandardOutput.write)
    if hasMore, arguments["--limit"] == nil { complain("only the first \(tableLimit) keys; --limit N shows more\n") }
  }

  /// How many rows are printed at most; nil: all.
  static func limit(_ arguments: Arguments, for format: InspectFormat) throws -> Int? {
    guard let text = arguments["--limit"] else { return format == .table ? tableLimit : nil }
    guard let limit = Int(text), limit >= 0 else {
      throw Arguments.Wrong(description: "--limit expects a number, found \"\(text)\"")
    }
    return limit
  }

  private static func keyGroups(_ text: String) throws -> ClosedRange<Int> {
    let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { Int($0) ?? -1 }
    guard let first = ends.first, let last = ends.last, first >= 0, first <= last, last < Int.max else {
      throw Arguments.Wrong(description: "--group expects a key group or a range such as 0-15, found \"\(text)\"")
    }
    return first...last
  }

  private static func directory(_ arguments: Arguments) throws -> String {
    guard arguments.operands.count == 1 else {
      throw Arguments.Wrong(description: "expected one directory, found \(arguments.operands.count)")
    }
    return arguments.operands[0]
  }

  private static func step(_ arguments: Arguments) throws -> String {
    guard let step = arguments["--step"] else { throw Arguments.Wrong(description: "which --step?") }
    return step
  }

  private static func epoch(_ arguments: Arguments) throws -> UInt64? {
    try arguments["--epoch"].map { text in
      guard let epoch = UInt64(text) else {
        throw Arguments.Wrong(description: "--epoch expects an epoch's number, found \"\(text)\"")
      }
      return epoch
    }
  }

  static func format(_ arguments: Arguments) throws -> InspectFormat {
    guard let text = arguments["--format"] else { return .table }
    guard let format = InspectFormat(rawValue: text) else {
      throw Arguments.Wrong(description: "--format expects table, json or arrow, found \"\(text)\"")
    }
    return format
  }

  static func restoreSignals() {
    for number in [SIGINT, SIGTERM, SIGPIPE] { signal(number, SIG_DFL) }
  }
}

/// Standard output, unbuffered.
enum StandardOutput {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Writes all of `bytes`.
  static func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw Failure(description: "can't write to standard output: \(String(cString: strerror(errno)))")
      }
      rest = rest.dropFirst(count)
    }
  }
}
