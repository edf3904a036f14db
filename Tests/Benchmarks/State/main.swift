// StateBenchmark [timers|kinds] [COUNT]: what keyed state costs in time and memory (Tests/Benchmarks/README.md).
let arguments = CommandLine.arguments.dropFirst()
let count = arguments.last.flatMap { Int($0) }
if arguments.first != "kinds" { TimerBenchmark(count: count ?? 10_000_000).run() }
if arguments.first != "timers" { KindsBenchmark(count: count ?? 1_000_000).run() }
