import Foundation
import XCTest

@testable import PluginHost

/// A directory of plugins built for a test; gone with the object.
final class PluginLab: Sendable {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// Where `registry` looks for plugins.
  let directory: String
  let cache: String
  private let base: String

  init() throws {
    base = NSTemporaryDirectory() + "millrace-plugin-host-" + UUID().uuidString
    directory = base + "/plugins"
    cache = base + "/cache"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  deinit { remove() }

  /// For labs that are never given back: a class's, in its `tearDown`.
  func remove() { try? FileManager.default.removeItem(atPath: base) }

  func registry() -> PluginRegistry { PluginRegistry(directories: [directory], cacheDirectory: cache) }

  /// A path outside of the plugin directory.
  func aside(_ name: String) -> String { base + "/" + name }
  func path(_ name: String) -> String { directory + "/" + name }

  /// Builds Tests/PluginHostTests/plugins/`source` with macros, into the plugin directory unless `name` is a path.
  @discardableResult
  func compile(_ source: String, _ macros: [String] = [], as name: String, link: [String] = []) throws -> String {
    let output = name.hasPrefix("/") ? name : path(name)
    let flags = [
      "-std=c11", "-O1", "-fPIC", "-fvisibility=hidden", "-w", "-I\(Self.root)/include",
      "-I\(Self.root)/sdk/c",
    ]
    try Self.run(
      "gcc",
      flags + macros.map { "-D" + $0 } + [
        "\(Self.root)/Tests/PluginHostTests/plugins/\(source)", "-shared",
        "-Wl,--version-script=\(Self.root)/sdk/c/template/exports.map", "-o", output + ".tmp",
      ] + link)
    XCTAssertEqual(rename(output + ".tmp", output), 0)
    return output
  }

  /// Builds the plugins of a directory of the repository by its Makefile; gives where they are.
  func make(_ directory: String) throws -> String {
    let output = aside(directory.replacingOccurrences(of: "/", with: "-"))
    try Self.run("make", ["-s", "-C", "\(Self.root)/\(directory)", "OUT=\(output)"])
    return output
  }

  static func run(_ command: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command] + arguments
    let pipe = Pipe()
    process.standardError = pipe
    try process.run()
    let said = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CommandFailed(description: "\(command): \(String(decoding: said, as: UTF8.self))")
    }
  }

  struct CommandFailed: Error, CustomStringConvertible { var description: String }
}

extension PluginFinding {
  /// The refusal, if it is one.
  var refusal: PluginError? {
    guard case .refused(let error) = self else { return nil }
    return error
  }
  var offers: [String]? {
    guard case .loaded(_, let offers) = self else { return nil }
    return offers
  }
}

/// What `body` throws, if that is a `PluginError`.
func pluginError(
  file: StaticString = #filePath, line: UInt = #line, _ body: () throws -> Void
) -> (code: String, text: String) {
  do {
    try body()
    XCTFail("nothing was thrown", file: file, line: line)
  } catch let error as PluginError { return (error.code, "\(error)") } catch {
    XCTFail("\(error) is no PluginError", file: file, line: line)
  }
  return ("", "")
}

/// The test's random numbers, their seed printed: MILLRACE_SEED replays them.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(_ test: String) {
    let given = ProcessInfo.processInfo.environment["MILLRACE_SEED"].flatMap(UInt64.init)
    state = given ?? UInt64.random(in: 0...UInt64.max)
    print("\(test): MILLRACE_SEED=\(state)")
  }

  /// SplitMix64: http://xoshiro.di.unimi.it/splitmix64.c
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
