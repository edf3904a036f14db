// swift-tools-version: 6.0
import PackageDescription

// VERSION_MAJOR=2 builds version 2. The module's name differs per version, because both are loaded into one process.
let major = Context.environment["VERSION_MAJOR"] ?? "1"
let module = "KnockOnDelay_v\(major)"
let exports = Context.packageDirectory + "/exports.map"

let package = Package(
  name: "knock-on-delay",
  products: [.library(name: "knock_on_delay", type: .dynamic, targets: [module])],
  dependencies: [.package(name: "MillraceSDK", path: "../../../sdk/swift")],
  targets: [
    .target(
      name: module,
      dependencies: [.product(name: "MillraceSDK", package: "MillraceSDK")],
      path: "Sources/KnockOnDelay",
      swiftSettings: major == "2" ? [.define("VERSION_2")] : [],
      linkerSettings: [.unsafeFlags(["-Xlinker", "--version-script=\(exports)", "-Xlinker", "-z", "-Xlinker", "defs"])])
  ],
  swiftLanguageModes: [.v6]
)
