// swift-tools-version: 6.0
import PackageDescription

// Floors, ground first: include ← Columnar ← Dataflow, State ← StateRocksDB, Checkpointing ← PluginHost, Kafka,
// SchemaRegistry ← Pipeline ← Engine ← millrace. Imports run down only; Tests/HouseTests holds them to it.
// Checks of exclusive access at run time cost a twentieth of the data path: the debug build, which the tests run, has
// them.
let strict: [SwiftSetting] = [
  .unsafeFlags(["-warnings-as-errors"]),
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
  name: "millrace",
  products: [
    .executable(name: "millrace", targets: ["millrace"]),
    .library(name: "MillraceTesting", targets: ["MillraceTesting"]),
    .library(name: "InteropBridge", type: .dynamic, targets: ["InteropBridge"]),
  ],
  targets: [
    .systemLibrary(name: "CMillrace", path: "include"),
    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
    .systemLibrary(name: "CRocksDB", pkgConfig: "rocksdb", providers: [.apt(["librocksdb-dev"])]),
    .systemLibrary(name: "CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(name: "Columnar", dependencies: ["CMillrace"], swiftSettings: strict),
    .target(name: "Dataflow", dependencies: ["Columnar", "CMillrace"], swiftSettings: strict),
    .target(name: "State", dependencies: ["Columnar", "CMillrace"], swiftSettings: strict),
    .target(name: "StateRocksDB", dependencies: ["State", "CRocksDB"], swiftSettings: strict),
    .target(name: "Checkpointing", dependencies: ["CCrypto"], swiftSettings: strict),
    .target(
      name: "PluginHost", dependencies: ["Columnar", "Dataflow", "State", "CMillrace", "CCrypto"], swiftSettings: strict
    ),
    .target(
      name: "MonotonicWaits", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-pedantic", "-Werror"])]),
    .target(
      name: "Kafka", dependencies: ["CRdKafka", "CMillrace", "Checkpointing", "MonotonicWaits"], swiftSettings: strict),
    .target(name: "SchemaRegistry", dependencies: ["CCurl"], swiftSettings: strict),
    .target(name: "Pipeline", dependencies: ["CYaml", "Columnar"], swiftSettings: strict),
    .target(
      name: "Engine",
      dependencies: [
        "Columnar", "Dataflow", "State", "StateRocksDB", "Checkpointing", "PluginHost", "Kafka", "SchemaRegistry",
        "Pipeline", "CMillrace", "CMalloc",
      ], swiftSettings: strict),
    .target(
      name: "MillraceTesting", dependencies: ["Columnar", "State", "Checkpointing", "CMillrace"], swiftSettings: strict),
    .executableTarget(
      name: "millrace", dependencies: ["Engine", "Pipeline", "PluginHost"], swiftSettings: strict),
    .executableTarget(
      name: "StateBenchmark", dependencies: ["State", "Columnar", "CMillrace"], path: "Tests/Benchmarks/State",
      swiftSettings: strict),
    .testTarget(name: "ColumnarTests", dependencies: ["Columnar", "CMillrace"], swiftSettings: strict),
    .testTarget(name: "DataflowTests", dependencies: ["Dataflow", "Columnar", "CMillrace"], swiftSettings: strict),
    .testTarget(
      name: "StateTests", dependencies: ["State", "MillraceTesting", "Columnar", "CMillrace"], swiftSettings: strict),
    .testTarget(
      name: "StateRocksDBTests", dependencies: ["StateRocksDB", "State", "Columnar", "CRocksDB", "MillraceTesting"],
      swiftSettings: strict),
    .executableTarget(
      name: "ColdStoreBenchmark", dependencies: ["StateRocksDB", "State", "Columnar", "MillraceTesting"],
      path: "Tests/Benchmarks/ColdStore", swiftSettings: strict),
    .testTarget(name: "CheckpointingTests", dependencies: ["Checkpointing"], swiftSettings: strict),
    .testTarget(name: "SimulationTests", dependencies: ["Checkpointing", "MillraceTesting"], swiftSettings: strict),
    .testTarget(
      name: "PluginHostTests", dependencies: ["PluginHost", "Columnar", "Dataflow", "State", "CMillrace"],
      exclude: ["plugins"], swiftSettings: strict),
    .testTarget(name: "KafkaTests", dependencies: ["Kafka", "CRdKafka", "CMillrace"], swiftSettings: strict),
    .testTarget(name: "SchemaRegistryTests", dependencies: ["SchemaRegistry"], swiftSettings: strict),
    .testTarget(
      name: "PipelineTests", dependencies: ["Pipeline", "Columnar"], exclude: ["good", "wrong"], swiftSettings: strict),
    .testTarget(
      name: "EngineTests",
      dependencies: [
        "Engine", "Checkpointing", "Columnar", "Dataflow", "Kafka", "Pipeline", "PluginHost", "State", "CMillrace",
      ],
      swiftSettings: strict),
    .target(
      name: "InteropBridge", dependencies: ["Columnar", "CMillrace"], path: "Tests/interop/Sources",
      swiftSettings: strict),
    .testTarget(name: "HouseTests", swiftSettings: strict),
  ]
)
