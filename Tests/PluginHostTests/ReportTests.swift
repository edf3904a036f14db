import Foundation
import XCTest

@testable import PluginHost

/// What `millrace plugin` prints.
final class ReportTests: XCTestCase {
  func testList() throws {
    let lab = try PluginLab()
    try lab.compile("bad-operator.c", as: "a.so")
    try Data("nonsense".utf8).write(to: URL(fileURLWithPath: lab.path("b.so")))
    try lab.compile("bad-streams.c", ["VERSION=\"2.0.0-rc.1\""], as: "c.so")
    let registry = lab.registry()
    let findings = registry.scan()
    let directory = lab.directory
    XCTAssertEqual(
      PluginReport.list(registry, findings: findings),
      """
      KIND      ID            VERSION     SUMMARY                FILE
      operator  bad.operator  1.0.0       Does what it is told.  \(directory)/a.so
      serde     bad_serde     2.0.0-rc.1  Decodes wrongly.       \(directory)/c.so
      source    bad_source    2.0.0-rc.1  Makes three rows.      \(directory)/c.so
      sink      bad_sink      2.0.0-rc.1  Writes nothing.        \(directory)/c.so
      refused: \(directory)/b.so: is not an ELF file [not-a-plugin]
      """)
  }

  func testListOfNothing() throws {
    let registry = try PluginLab().registry()
    XCTAssertEqual(
      PluginReport.list(registry, findings: registry.scan()), "KIND  ID  VERSION  SUMMARY  FILE")
  }

  func testInspect() throws {
    let lab = try PluginLab()
    let example = try lab.make("examples/knock-on-delays/operator")
    let file = try PluginFile(path: example + "/v1/libknock_on_delay.so")
    let plugin = try PluginLoader(cacheDirectory: lab.cache).load(file)
    XCTAssertEqual(
      PluginReport.inspect(plugin),
      """
      \(plugin.name) \(plugin.version)
        file     \(file.path)
        sha256   \(file.sha256)
        runtime  c
      operator examples.knock_on_delay 1.0.0
        Finds departures that are late because the same aircraft had arrived late.
        inputs   flights (keyed)
        outputs  alerts
        state    aircraft: value of struct<scheduled: timestamp[us, UTC], arrival_delay: int32, chain_length: int32, \
      first_origin_size: uint8, first_origin: fixed_size_binary(15)>, schema version 1
        config   {"type":"object","additionalProperties":false,"properties":{"late_minutes":{"type":"integer",\
      "minimum":0,"maximum":1440,"default":15}}}
      """)
  }

  func testInspectStreams() throws {
    let lab = try PluginLab()
    let file = try PluginFile(path: try lab.compile("bad-streams.c", as: "a.so"))
    let plugin = try PluginLoader(cacheDirectory: lab.cache).load(file)
    XCTAssertEqual(
      PluginReport.inspect(plugin),
      """
      bad streams 1.0.0
        file     \(file.path)
        sha256   \(file.sha256)
        runtime  c
      serde bad_serde 1.0.0
        Decodes wrongly.
        config   {}
      source bad_source 1.0.0
        Makes three rows.
      sink bad_sink 1.0.0
        Writes nothing.
      """)
  }
}
