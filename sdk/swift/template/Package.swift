// swift-tools-version: 6.0
import PackageDescription

// To start a plugin of your own: copy this directory, rename "Counter" and "counter", and set MILLRACE_SDK (or the
// default here) to where Millrace's sdk/swift is.
let sdk = Context.environment["MILLRACE_SDK"] ?? ".."

// Raise it with every release. The module's name carries it, because the old version stays loaded beside the new one.
let version = "1.0.0"
let module = "Counter_" + version.split(separator: ".").joined(separator: "_")

let package = Package(
  name: "counter",
  products: [.library(name: "counter", type: .dynamic, targets: [module])],
  dependencies: [.package(name: "MillraceSDK", path: sdk)],
  targets: [
    .target(
      name: module,
      dependencies: [.product(name: "MillraceSDK", package: "MillraceSDK")],
      path: "Sources/Counter",
      linkerSettings: [
        .unsafeFlags([
          "-Xlinker", "--version-script=\(Context.packageDirectory)/exports.map", "-Xlinker", "-z", "-Xlinker", "defs",
        ])
      ])
  ],
  swiftLanguageModes: [.v6]
)
