import Engine

/// The commands about rows that could not be used.
extension Command {
  static func deadLetters(_ words: [String]) throws -> ExitCode {
    let own: [String: [String: Arguments.Kind]] = [
      "list": ["--step": .value, "--cause": .value, "--format": .value, "--limit": .value],
      "show": ["--format": .value],
      "replay": ["--step": .value, "--cause": .value, "--all": .flag, "--to": .value, "--again": .flag],
    ]
    guard let command = words.first, let options = own[command] else {
      throw Arguments.Wrong(
        description: "expected `dead-letters list FILE`, `show FILE LETTER` or `replay FILE LETTER…`")
    }
    let arguments = try Arguments(Array(words.dropFirst()), options: options)
    guard let file = arguments.operands.first else { throw Arguments.Wrong(description: "which pipeline file?") }
    restoreSignals()
    switch command {
    case "list": try list(file, arguments)
    case "show": try show(file, arguments)
    default: return try replay(file, arguments)
    }
    return .success
  }

  private static func list(_ file: String, _ arguments: Arguments) throws {
    guard arguments.operands.count == 1 else { throw Arguments.Wrong(description: "expected one pipeline file") }
    let format = try format(arguments)
    let choice = try LetterChoice(step: arguments["--step"], cause: arguments["--cause"])
    let hasMore = try DeadLetterCommands.list(
      Launcher(file: file), choice, limit: limit(arguments, for: format), format: format,
      output: StandardOutput.write)
    if hasMore, !arguments.has("--limit") { complain("only the first \(tableLimit) letters; --limit N shows more\n") }
  }

  private static func show(_ file: String, _ arguments: Arguments) throws {
    guard arguments.operands.count == 2 else { throw Arguments.Wrong(description: "expected a file and one letter") }
    let format = try format(arguments)
    guard format != .arrow else { throw Arguments.Wrong(description: "dead-letters show has no arrow format") }
    try DeadLetterCommands.show(
      Launcher(file: file), place: arguments.operands[1], asJSON: format == .json, output: StandardOutput.write)
  }

  private static func replay(_ file: String, _ arguments: Arguments) throws -> ExitCode {
    let places = Array(arguments.operands.dropFirst())
    guard places.isEmpty == arguments.has("--all") else {
      throw Arguments.Wrong(description: "dead-letters replay expects letters, or --all")
    }
    let choice = try LetterChoice(step: arguments["--step"], cause: arguments["--cause"], places: places)
    return try DeadLetterCommands.replay(
      Launcher(file: file), choice, to: arguments["--to"], again: arguments.has("--again")
    ) { print($0, terminator: "") }
  }
}
