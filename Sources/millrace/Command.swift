import Engine
import Glibc
import Pipeline

/// The commands.
enum Command {
  static let usage = """
    usage: millrace COMMAND …

      check FILE                         is the pipeline file right?
        --connect                        and are brokers, topics and permissions there that the job needs?
      plan FILE                          draws its graph
      run [OPTION…] FILE                 runs it
        --progress DURATION              prints a line about the progress every so often, e.g. 1s
        --assume-epoch N                 starts from epoch N (0: afresh), whatever the commit record says
        --log-level LEVEL                debug, info (the default), warning or error
      plugin list DIRECTORY…             what plugins offer, and which files are refused
      plugin inspect FILE                all that a plugin says of itself
      checkpoints list DIR               the checkpoints of a job: DIR is <storage>/<job>, or the storage of one job
      checkpoints show DIR               what is in the newest that counts
      checkpoints verify DIR             reads every byte of all, and names what is damaged
        --epoch N                        that one
        --format FORMAT                  table (the default), json or, for a list, arrow
      state list DIR                     the keyed states of the steps, and how many keys they have
      state get DIR --step S --key K     all that a key has; --key again for each further column of the key
      state scan DIR --step S            a line for each key
        --epoch N                        in that checkpoint rather than the newest that counts
        --format FORMAT                  table (the default), json (an object a line) or arrow (an IPC stream)
        --state NAME                     scan: only that state, and keys that have it
        --group A, --group A-B           scan: only keys of these key groups
        --limit N                        scan: at most so many keys; 100 for a table, else all
      status DIR|FILE                    how the running job gets on: DIR as above, FILE its pipeline file
        --format FORMAT                  table (the default) or json
      dead-letters list FILE             the rows in the dead-letter topics of a pipeline file
      dead-letters show FILE LETTER      all of one; LETTER as the list names it: TOPIC-PARTITION@OFFSET
      dead-letters replay FILE LETTER…   sends them to the topics that they came from again, each once
        --format FORMAT                  list, show: table (the default), json or, for a list, arrow
        --limit N                        list: at most so many; 100 for a table, else all
        --step S                         list, replay: only those of this step
        --cause TEXT                     list, replay: only those whose cause has this in it
        --all                            replay: all that the other options choose
        --to TOPIC                       replay: to this topic instead
        --again                          replay: also those that were replayed before
      version                            the engine's version

    Exit codes: 0 done; 1 failed; 2 wrong command line or pipeline file; 3 the job runs already; 4 a checkpoint that is
    needed is damaged or missing; 5 Kafka does not allow what the job needs; 130 stopped at once by a second signal.

    """

  /// Runs what `words` ask for; says on standard error why if it can't.
  static func run(_ words: [String]) -> ExitCode {
    do { return try dispatch(words) } catch let error as Arguments.Wrong {
      complain("millrace: \(error)\n\n\(usage)")
      return .usage
    } catch let error as JobError {
      complain(error.exitCode == .usage && error.code == "pipeline" ? error.message : "error: \(error)\n")
      return error.exitCode
    } catch {
      complain("error: \(error)\n")
      return .failed
    }
  }

  /// Writes to standard error, without the pipeline file's secrets.
  static func complain(_ text: String) {
    let bytes = Array(Redaction.redact(text).utf8)
    _ = write(2, bytes, bytes.count)
  }

  private static func dispatch(_ words: [String]) throws -> ExitCode {
    let rest = Array(words.dropFirst())
    switch words.first {
    case "check": return try check(rest, draw: false)
    case "plan": return try check(rest, draw: true)
    case "run": return try run(job: rest)
    case "plugin": return try plugin(rest)
    case "checkpoints": return try checkpoints(rest)
    case "state": return try state(rest)
    case "status": return try status(rest)
    case "dead-letters": return try deadLetters(rest)
    case "version", "--version":
      print(EngineVersion.current)
      return .success
    case "help", "--help", "-h":
      print(usage, terminator: "")
      return .success
    case let other: throw Arguments.Wrong(description: other.map { "unknown command \"\($0)\"" } ?? "which command?")
    }
  }

  private static func file(_ arguments: Arguments) throws -> String {
    guard arguments.operands.count == 1 else {
      throw Arguments.Wrong(description: "expected one pipeline file, found \(arguments.operands.count)")
    }
    return arguments.operands[0]
  }

  private static func check(_ words: [String], draw: Bool) throws -> ExitCode {
    let arguments = try Arguments(words, options: draw ? [:] : ["--connect": .flag])
    let name = try file(arguments)
    let launcher = try Launcher(file: name)
    let (plan, text) = launcher.check()
    complain(text)
    guard let plan else { return .usage }
    if arguments.has("--connect") { return try launcher.connect { print(Redaction.redact($0), terminator: "") } }
    print(
      draw ? PlanRenderer(plan).render() : "\(name): ok: job \(plan.job), \(plan.steps.count) steps\n", terminator: "")
    return .success
  }

  private static func run(job words: [String]) throws -> ExitCode {
    let arguments = try Arguments(
      words, options: ["--progress": .value, "--assume-epoch": .value, "--log-level": .value])
    var options = RunOptions()
    if let text = arguments["--progress"] {
      guard let interval = DurationText.parse(text), interval > .zero else {
        throw Arguments.Wrong(description: "--progress expects a duration such as 1s, found \"\(text)\"")
      }
      options.progressInterval = interval
    }
    if let text = arguments["--assume-epoch"] {
      guard let epoch = UInt64(text) else {
        throw Arguments.Wrong(description: "--assume-epoch expects an epoch's number, found \"\(text)\"")
      }
      options.assumedEpoch = epoch
    }
    if let text = arguments["--log-level"] {
      guard let level = Log.Level(name: text) else {
        throw Arguments.Wrong(description: "--log-level expects debug, info, warning or error, found \"\(text)\"")
      }
      Log.setLevel(level)
    }
    try Launcher(file: file(arguments)).run(options)
    return .success
  }

  private static func plugin(_ words: [String]) throws -> ExitCode {
    let operands = try Arguments(Array(words.dropFirst()), options: [:]).operands
    switch words.first {
    case "list" where !operands.isEmpty:
      let (text, isClean) = try PluginCommands.list(directories: operands)
      print(text)
      return isClean ? .success : .failed
    case "inspect" where operands.count == 1:
      print(try PluginCommands.inspect(file: operands[0]))
      return .success
    default:
      throw Arguments.Wrong(description: "expected `plugin list DIRECTORY…` or `plugin inspect FILE`")
    }
  }
}
