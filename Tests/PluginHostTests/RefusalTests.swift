import Foundation
import XCTest

@testable import PluginHost

/// Plugins that are wrong: each refused with its reason, and the one beside it loaded all the same.
final class RefusalTests: XCTestCase {
  private static let lab = Result { try PluginLab() }
  private static let good = Result { try lab.get().compile("bad-operator.c", as: "good.so") }
  override class func tearDown() { try? lab.get().remove() }

  /// The refusal of the file `bad.so`, as code and text without the path; checks that a good plugin loads beside it.
  private func refusal(_ lab: PluginLab, file: StaticString = #filePath, line: UInt = #line) throws -> (String, String)
  {
    try FileManager.default.copyItem(atPath: Self.good.get(), toPath: lab.path("z-good.so"))
    let registry = lab.registry()
    let findings = registry.scan()
    XCTAssertEqual(findings.count, 2, file: file, line: line)
    XCTAssertEqual(findings.last?.offers, ["bad.operator 1.0.0"], file: file, line: line)
    XCTAssertEqual(registry.loadedCount, 1, file: file, line: line)
    XCTAssertEqual(registry.scan().count, 0, "an unchanged file is not looked at again", file: file, line: line)
    guard let error = findings.first?.refusal else {
      XCTFail("loaded", file: file, line: line)
      return ("", "")
    }
    XCTAssertEqual(error.place, lab.path("bad.so"), file: file, line: line)
    return (error.code, error.message)
  }

  private func check(
    _ macros: [String], _ code: String, _ message: String, source: String = "bad-plugin.c",
    file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let lab = try PluginLab()
    try lab.compile(source, macros, as: "bad.so")
    let found = try refusal(lab, file: file, line: line)
    XCTAssertEqual(found.0, code, file: file, line: line)
    XCTAssertEqual(found.1, message, file: file, line: line)
  }

  func testNotes() throws {
    try check(
      ["ABI_MAJOR=2"], "wrong-abi",
      "is built for plugin ABI 2, this engine has 1; build it with this engine's headers")
    try check(
      ["NO_NOTE"], "no-note",
      "has no Millrace note; put MILL_PLUGIN_NOTE(\"c\"); at file scope and do not strip the section")
  }

  func testEntry() throws {
    try check(
      ["NO_ENTRY"], "no-entry",
      "does not export mill_plugin_v1; export it, and nothing else, by a version script")
    try check(["NULL_PLUGIN"], "bad-descriptor", "mill_plugin_v1() is NULL")
    try check(["EXTENSION=NULL"], "bad-descriptor", "mill_plugin.get_extension is NULL")
    try check(["NAME=NULL"], "bad-descriptor", "mill_plugin.name is NULL")
  }

  func testCapabilities() throws {
    try check(["OPERATORS=NULL"], "no-capability", "offers neither operators nor serdes nor sources nor sinks")
    try check(["TYPE_COUNT=0"], "half-capability", "mill.operators/1 has 0 types, or no array of them")
    try check(["TYPE_COUNT=5000"], "half-capability", "mill.operators/1 has 5000 types, or no array of them")
    try check(["PROCESS=NULL"], "half-capability", "operator bad.plugin lacks process: they must be set")
    try check(
      ["SNAPSHOT=snapshot"], "half-capability",
      "operator bad.plugin lacks restore (snapshot is there): they must be set")
    try check(["VTABLE=NULL"], "half-capability", "operator 0 lacks its descriptor or vtable: they must be set")
    try check(
      ["HALF_SERDE"], "half-capability", "serde bad_serde lacks encode: they must be set", source: "bad-streams.c")
    try check(
      ["HALF_SOURCE"], "half-capability", "source bad_source lacks poll: they must be set", source: "bad-streams.c")
    try check(
      ["HALF_SINK"], "half-capability", "sink bad_sink lacks prepare: they must be set", source: "bad-streams.c")
  }

  func testSizes() throws {
    let remedy = "set struct_size to sizeof the struct"
    try check(["PLUGIN_SIZE=8"], "bad-descriptor", "mill_plugin says it has 8 bytes, this ABI needs 40: \(remedy)")
    try check(
      ["LIST_SIZE=4"], "bad-descriptor", "mill_operators says it has 4 bytes, this ABI needs 16: \(remedy)")
    try check(
      ["DESCRIPTOR_SIZE=8"], "bad-descriptor",
      "an operator's descriptor says it has 8 bytes, this ABI needs 80: \(remedy)")
    try check(
      ["PORT_SIZE=0"], "bad-descriptor",
      "a port of the inputs of bad.plugin says it has 0 bytes, this ABI needs 16: \(remedy)")
    try check(
      ["VTABLE_SIZE=95"], "bad-descriptor",
      "the vtable of bad.plugin says it has 95 bytes, this ABI needs 96: \(remedy)")
  }

  func testIdsAndVersions() throws {
    let remedy = "use lower-case words of a-z, 0-9, '_', joined by '.'"
    for id in ["Bad.Plugin", "bad..plugin", "", "bad plugin", "bad/../plugin", String(repeating: "a", count: 129)] {
      try check(["ID=\"\(id)\""], "bad-id", "\"\(id)\" can't be the id of an operator: \(remedy)")
    }
    try check(["ID=NULL"], "bad-descriptor", "the id of an operator is NULL")
    for version in ["1.0", "01.0.0", "one"] {
      try check(
        ["VERSION=\"\(version)\""], "bad-version",
        "\"\(version)\", the version of bad.plugin, is not a semantic version such as 1.2.0")
    }
  }

  func testPortsAndStates() throws {
    try check(["INPUT_COUNT=0"], "bad-descriptor", "0 inputs of bad.plugin: there must be 1 to 64")
    try check(["INPUT_COUNT=65"], "bad-descriptor", "65 inputs of bad.plugin: there must be 1 to 64")
    try check(["STATE_KIND=9"], "bad-state", "bad.plugin: state \"state\" is of unknown kind 9")
    try check(
      ["STATE_FORMAT=\"x\""], "bad-state",
      "bad.plugin: state \"state\" has a bad schema: field \"field\" has the Arrow format \"x\", which Millrace does "
        + "not take")
    try check(
      ["STATE_FORMAT=\"vu\""], "bad-state",
      "bad.plugin: field \"field\" (utf8) of state \"state\" is not fixed-width and required; keep it in a state of "
        + "kind bytes, or give it a fixed width")
    try check(
      ["STATE_NAME=\"a-b\""], "bad-state",
      "bad.plugin: \"a-b\" can't be a state's name: use up to 64 letters, digits and '_'")
    try check(["STATE_COUNT=2"], "bad-descriptor", "bad.plugin declares state \"state\" twice")
    try check(
      ["STATE_COUNT=257"], "bad-descriptor", "bad.plugin has 257 states and no array of them, or more than 256")
  }

  func testInit() throws {
    try check(["INIT_MESSAGE=\"no licence\""], "plugin-call-failed", "init: no licence")
    try check(["INIT_MESSAGE=\"\""], "plugin-call-failed", "init: init failed with status 1 and said nothing")
  }

  func testTwiceTheSameInOneFile() throws {
    try check(
      ["TYPE_COUNT=2"], "duplicate",
      "offers operator bad.plugin 1.0.0, as it itself does; raise the version or remove one of them")
  }

  func testUndefinedSymbol() throws {
    let lab = try PluginLab()
    try lab.compile("bad-plugin.c", ["UNDEFINED"], as: "bad.so")
    let (code, message) = try refusal(lab)
    XCTAssertEqual(code, "not-loadable")
    XCTAssertEqual(
      message,
      "can't be loaded: \(lab.path("bad.so")): undefined symbol: nobody_defines_this; install what it needs or link it in"
    )
  }

  func testMissingLibrary() throws {
    let lab = try PluginLab()
    let library = lab.aside("libneeded.so")
    try "int needed(void) { return 0; }".write(toFile: lab.aside("needed.c"), atomically: true, encoding: .utf8)
    try PluginLab.run("gcc", ["-shared", "-fPIC", lab.aside("needed.c"), "-o", library])
    try lab.compile("bad-plugin.c", ["NEEDED"], as: "bad.so", link: ["-L\(lab.aside(""))", "-lneeded"])
    try FileManager.default.removeItem(atPath: library)
    let (code, message) = try refusal(lab)
    XCTAssertEqual(code, "not-loadable")
    XCTAssertEqual(
      message,
      "can't be loaded: libneeded.so: cannot open shared object file: No such file or directory; install what it needs "
        + "or link it in")
  }

  func testFilesThatAreNoPlugins() throws {
    for (bytes, code, message) in [
      (Array("not a plugin".utf8), "not-a-plugin", "is not an ELF file"), ([], "not-a-plugin", "is not an ELF file"),
      ([0x7f, 0x45, 0x4c, 0x46], "not-a-plugin", "is a truncated ELF file: it has only 4 bytes"),
    ] {
      let lab = try PluginLab()
      try Data(bytes).write(to: URL(fileURLWithPath: lab.path("bad.so")))
      let found = try refusal(lab)
      XCTAssertEqual(found.0, code)
      XCTAssertEqual(found.1, message)
    }
  }

  func testProgramsAreNoPlugins() throws {
    let lab = try PluginLab()
    try "int f(void) { return 0; }".write(toFile: lab.aside("f.c"), atomically: true, encoding: .utf8)
    try PluginLab.run("gcc", ["-c", lab.aside("f.c"), "-o", lab.path("bad.so")])
    let (code, message) = try refusal(lab)
    XCTAssertEqual(code, "not-a-plugin")
    XCTAssertEqual(message, "is not a shared object: link it with -shared")
  }

  func testWrongArchitecture() throws {
    let lab = try PluginLab()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: Self.good.get()))
    let own = bytes[18]
    bytes[18] = 243  // RISC-V
    try bytes.write(to: URL(fileURLWithPath: lab.path("bad.so")))
    let (code, message) = try refusal(lab)
    XCTAssertEqual(code, "wrong-architecture")
    XCTAssertEqual(message, "is built for machine 243, this one is \(own); build it here")
  }

  func testNoRegularFile() throws {
    let error = pluginError { _ = try PluginFile(path: "/tmp") }
    XCTAssertEqual(error.code, "unreadable")
    XCTAssertEqual(error.text, "/tmp: there is no such file, or it is no regular file")
  }

  func testCacheThatCantBeWritten() throws {
    let lab = try PluginLab()
    try lab.compile("bad-operator.c", as: "good.so")
    let registry = PluginRegistry(directories: [lab.directory], cacheDirectory: "/proc/nowhere")
    let error = registry.scan().first?.refusal
    XCTAssertEqual(error?.code, "cache")
    XCTAssertEqual(error?.message, "can't be copied to /proc/nowhere: No such file or directory")
  }
}
