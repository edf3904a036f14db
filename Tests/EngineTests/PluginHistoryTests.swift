import Checkpointing
import XCTest

@testable import Engine

/// Which version a manifest says made its epoch.
final class PluginHistoryTests: XCTestCase {
  private func plugin(_ version: String, step: String = "alerts", from epoch: UInt64 = 0) -> Manifest.Plugin {
    Manifest.Plugin(step: step, id: "delay", version: version, sha256: "digest-\(version)", fromEpoch: epoch)
  }
  private func text(_ plugins: [Manifest.Plugin]) -> [String] {
    plugins.map { "\($0.step) \($0.version) from \($0.fromEpoch)" }
  }

  func testEpochsBeforeATakeoverKeepTheirVersion() {
    var history = PluginHistory([plugin("1.0.0")], from: 5, known: [])
    history.add([plugin("2.0.0")], from: 9)
    XCTAssertEqual(text(history.versions(of: 8)), ["alerts 1.0.0 from 5"])
    XCTAssertEqual(text(history.versions(of: 9)), ["alerts 2.0.0 from 9"])
    history.add([plugin("1.0.0")], from: 12)
    XCTAssertEqual(text(history.versions(of: 11)), ["alerts 2.0.0 from 9"])
    XCTAssertEqual(text(history.versions(of: 12)), ["alerts 1.0.0 from 12"])
  }

  func testARestartDoesNotRenewWhatIsTheSame() {
    let history = PluginHistory(
      [plugin("1.0.0"), plugin("1.0.0", step: "more")], from: 20, known: [plugin("1.0.0", from: 3)])
    XCTAssertEqual(text(history.versions(of: 20)), ["alerts 1.0.0 from 3", "more 1.0.0 from 20"])
  }

  func testWhatRunsAlreadyIsNoTakeover() {
    var history = PluginHistory([plugin("1.0.0"), plugin("1.0.0", step: "more")], from: 1, known: [])
    history.add([plugin("1.0.0"), plugin("2.0.0", step: "more")], from: 4)
    XCTAssertEqual(text(history.versions(of: 4)), ["alerts 1.0.0 from 1", "more 2.0.0 from 4"])
  }
}
