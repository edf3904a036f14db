// swift-tools-version: 6.0
import PackageDescription

// The Swift release goes into each plugin's ELF note: the engine refuses a plugin that needs another runtime. A
// manifest can ask for a lower bound only, so releases are listed; for one that is not, set the variable.
func swiftRelease() -> String {
  if let named = Context.environment["MILLRACE_SWIFT_VERSION"] { return named }
  #if compiler(>=6.3.2)
    fatalError("Set MILLRACE_SWIFT_VERSION to this toolchain's release, e.g. 6.3.2 (see `swift --version`).")
  #elseif compiler(>=6.3.1)
    return "6.3.1"
  #elseif compiler(>=6.3)
    return "6.3"
  #elseif compiler(>=6.2.4)
    return "6.2.4"
  #elseif compiler(>=6.2.3)
    return "6.2.3"
  #else
    fatalError("Set MILLRACE_SWIFT_VERSION to this toolchain's release, e.g. 6.2.2 (see `swift --version`).")
  #endif
}

let package = Package(
  name: "MillraceSDK",
  products: [.library(name: "MillraceSDK", targets: ["MillraceSDK"])],
  targets: [
    // include/ there holds symlinks to the one copy of the headers.
    .target(name: "CMillrace", cSettings: [.define("MILLRACE_RUNTIME", to: "\"swift-\(swiftRelease())/dynamic\"")]),
    .target(name: "MillraceSDK", dependencies: ["CMillrace"]),
  ],
  swiftLanguageModes: [.v6]
)
