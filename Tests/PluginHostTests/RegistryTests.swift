import Foundation
import XCTest

@testable import PluginHost

/// Looking into directories, loading, and loading anew.
final class RegistryTests: XCTestCase {
  func testGoodPlugins() throws {
    let lab = try PluginLab()
    let example = try lab.make("examples/knock-on-delays/operator")
    let template = try lab.make("sdk/c/template")
    let registry = PluginRegistry(
      directories: [example + "/v1", example + "/v2", template, lab.aside("nowhere")], cacheDirectory: lab.cache)
    let findings = registry.scan()
    XCTAssertEqual(
      findings.compactMap(\.offers),
      [["examples.knock_on_delay 1.0.0"], ["examples.knock_on_delay 2.0.0"], ["example.counter 1.0.0"]])
    XCTAssertEqual(registry.newestOperator("examples.knock_on_delay")?.descriptor.version.description, "2.0.0")
    XCTAssertEqual(registry.newestOperator("example.counter")?.descriptor.inputs, [Port(name: "rows", isKeyed: true)])
    XCTAssertNil(registry.newestOperator("example.nothing"))
    XCTAssertNil(registry.newestSerde("example.counter"))
  }

  func testOnlyPluginsAreLookedAt() throws {
    let lab = try PluginLab()
    for name in [".hidden.so", "plugin.so.tmp", "plugin.txt", "so"] {
      try Data("nonsense".utf8).write(to: URL(fileURLWithPath: lab.path(name)))
    }
    try FileManager.default.createDirectory(atPath: lab.path("directory.so"), withIntermediateDirectories: true)
    XCTAssertEqual(symlink("/nowhere", lab.path("dangling.so")), 0)
    XCTAssertEqual(lab.registry().scan().count, 0)
  }

  func testTheSameContentIsLoadedOnce() throws {
    let lab = try PluginLab()
    let path = try lab.compile("bad-operator.c", as: "a.so")
    try FileManager.default.copyItem(atPath: path, toPath: lab.path("b.so"))
    let registry = lab.registry()
    XCTAssertEqual(registry.scan().count, 1)
    try FileManager.default.copyItem(atPath: path, toPath: lab.path("c.so"))
    XCTAssertEqual(registry.scan().count, 0)
    XCTAssertEqual(registry.loadedCount, 1)
  }

  func testCopiesAreNamedByTheirContentAndReused() throws {
    let lab = try PluginLab()
    try lab.compile("bad-operator.c", as: "a.so")
    let registry = lab.registry()
    _ = registry.scan()
    let digest = try XCTUnwrap(registry.plugins.first?.file.sha256)
    XCTAssertEqual(digest.count, 64)
    XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: lab.cache), [digest + ".so"])
    let copy = lab.cache + "/" + digest + ".so"
    XCTAssertEqual(
      try Data(contentsOf: URL(fileURLWithPath: copy)), try Data(contentsOf: URL(fileURLWithPath: lab.path("a.so"))))
    let before = PluginFile.stamp(copy)
    XCTAssertEqual(lab.registry().scan().count, 1)
    XCTAssertEqual(PluginFile.stamp(copy), before)
  }

  func testADamagedCopyIsReplaced() throws {
    let lab = try PluginLab()
    let path = try lab.compile("bad-operator.c", ["VERSION=\"7.0.0\""], as: "a.so")
    let file = try PluginFile(path: path)
    try FileManager.default.createDirectory(atPath: lab.cache, withIntermediateDirectories: true)
    let copy = lab.cache + "/" + file.sha256 + ".so"
    try Data(count: file.bytes.count).write(to: URL(fileURLWithPath: copy))
    XCTAssertEqual(lab.registry().scan().first?.offers, ["bad.operator 7.0.0"])
    XCTAssertEqual(try PluginFile.contents(copy), file.bytes)
  }

  func testARenamedInFileIsLoadedAnew() throws {
    let lab = try PluginLab()
    let registry = lab.registry()
    try lab.compile("bad-operator.c", as: "a.so")
    XCTAssertEqual(registry.scan().compactMap(\.offers), [["bad.operator 1.0.0"]])
    try lab.compile("bad-operator.c", ["VERSION=\"1.1.0\""], as: "a.so")
    XCTAssertEqual(registry.scan().compactMap(\.offers), [["bad.operator 1.1.0"]])
    XCTAssertEqual(registry.loadedCount, 2)
    XCTAssertEqual(registry.newestOperator("bad.operator")?.descriptor.version.description, "1.1.0")
    XCTAssertEqual(registry.operators["bad.operator"]?.map(\.descriptor.version.description), ["1.0.0", "1.1.0"])
  }

  func testTheSameVersionTwiceIsRefused() throws {
    let lab = try PluginLab()
    let first = try lab.compile("bad-plugin.c", as: "a.so")
    let second = try lab.compile("bad-plugin.c", ["NAME=\"another\""], as: "b.so")
    try lab.compile("bad-plugin.c", ["VERSION=\"1.0.0+built.later\""], as: "c.so")
    let registry = lab.registry()
    let findings = registry.scan()
    XCTAssertEqual(findings.map { $0.refusal?.code }, [nil, "duplicate", "duplicate"])
    XCTAssertEqual(
      findings[1].refusal?.description,
      "\(second): offers operator bad.plugin 1.0.0, as \(first) does; raise the version or remove one of them")
    XCTAssertEqual(
      findings[2].refusal?.message,
      "offers operator bad.plugin 1.0.0+built.later, as \(first) does; raise the version or remove one of them")
    XCTAssertEqual(registry.operators["bad.plugin"]?.count, 1)
  }

  func testARefusedPluginIsInitialisedOnce() throws {
    let lab = try PluginLab()
    let lines = LogLines()
    let path = try lab.compile("bad-plugin.c", ["INIT_MESSAGE=\"not today \(UUID().uuidString)\""], as: "a.so")
    let registry = lab.registry()
    let first = registry.scan().first?.refusal
    try FileManager.default.copyItem(atPath: path, toPath: lab.path("b.so"))
    let again = registry.scan().first?.refusal
    XCTAssertEqual(again?.message, first?.message)
    XCTAssertEqual(again?.place, lab.path("b.so"))
    XCTAssertEqual(lines.all.filter { $0.component == "bad.init" }.count, 1)
  }
}
