// StateBenchmark [timers] [COUNT]: what keyed state costs in time and memory (Tests/Benchmarks/README.md).
let arguments = CommandLine.arguments.dropFirst()
let count = arguments.last.flatMap { Int($0) } ?? 10_000_000
TimerBenchmark(count: count).run()
