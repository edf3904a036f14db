// ColdStoreBenchmark [once|update|zipf] [KEYS] [mapped]: what keys on disk cost (Tests/Benchmarks/README.md).
import Glibc
import StateRocksDB

let arguments = CommandLine.arguments.dropFirst()
let keyCount = arguments.lazy.compactMap { Int($0) }.first ?? 5_000_000
let directory = (getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp") + "/cold-store-benchmark-\(getpid())"
let resources = RocksResources(cacheCapacity: 64 << 20, mapsFiles: arguments.contains("mapped"))
let benchmark = try ColdStoreBenchmark(
  store: RocksColdStore(directory: directory, resources: resources, now: { 0 }), keyCount: keyCount)
try benchmark.load()
if arguments.contains("update") { try benchmark.update(reads: 2_000_000) { $0.uniform() } }
if arguments.contains("zipf") { try benchmark.update(reads: 2_000_000) { $0.zipf() } }
