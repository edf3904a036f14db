import CMillrace
import State

/// A port of an operator.
package struct Port: Hashable, Sendable {
  package var name: String
  /// Whether it takes rows by key (`key_by`).
  package var isKeyed: Bool
}

/// What an operator is, copied from its plugin.
package struct OperatorDescriptor: Hashable, Sendable {
  package var id: String
  package var version: SemanticVersion
  package var summary: String
  /// JSON Schema of its config; nil: it takes none.
  package var configSchema: String?
  package var inputs: [Port]
  package var outputs: [Port]
  package var states: [StateDescriptor]
}

/// What a serde, a source or a sink is, copied from its plugin.
package struct SimpleDescriptor: Hashable, Sendable {
  package var id: String
  package var version: SemanticVersion
  package var summary: String
  package var configSchema: String?
}

/// Copies and checks descriptors: what a plugin says of itself may be anything.
struct DescriptorReader {
  let path: String

  private func fail(_ code: String, _ message: String) -> PluginError { PluginError(code, path, message) }

  /// A C string that must be there.
  func text(_ pointer: UnsafePointer<CChar>?, _ what: String) throws -> String {
    guard let pointer else { throw fail("bad-descriptor", "\(what) is NULL") }
    return String(cString: pointer)
  }

  func check(_ size: UInt32, atLeast wanted: Int, _ what: String) throws {
    guard Int(size) >= wanted else {
      throw fail(
        "bad-descriptor",
        "\(what) says it has \(size) bytes, this ABI needs \(wanted): set struct_size to sizeof the struct")
    }
  }

  func id(_ pointer: UnsafePointer<CChar>?, _ what: String) throws -> String {
    let id = try text(pointer, "the id of \(what)")
    let words = id.split(separator: ".", omittingEmptySubsequences: false)
    let good = words.allSatisfy { word in
      !word.isEmpty && word.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
    }
    guard good, id.utf8.count <= 128 else {
      throw fail("bad-id", "\"\(id)\" can't be the id of \(what): use lower-case words of a-z, 0-9, '_', joined by '.'")
    }
    return id
  }

  func version(_ pointer: UnsafePointer<CChar>?, _ what: String) throws -> SemanticVersion {
    let text = try text(pointer, "the version of \(what)")
    guard let version = SemanticVersion(text) else {
      throw fail("bad-version", "\"\(text)\", the version of \(what), is not a semantic version such as 1.2.0")
    }
    return version
  }

  func `operator`(_ pointer: UnsafePointer<mill_operator_descriptor>) throws -> OperatorDescriptor {
    let raw = pointer.pointee
    try check(raw.struct_size, atLeast: MemoryLayout<mill_operator_descriptor>.size, "an operator's descriptor")
    let id = try id(raw.id, "an operator")
    return OperatorDescriptor(
      id: id, version: try version(raw.version, id), summary: try text(raw.summary, "the summary of \(id)"),
      configSchema: raw.config_schema.map { String(cString: $0) },
      inputs: try ports(raw.inputs, raw.input_count, "inputs of \(id)", least: 1),
      outputs: try ports(raw.outputs, raw.output_count, "outputs of \(id)", least: 0), states: try states(raw, id))
  }

  private func ports(_ base: UnsafePointer<mill_port>?, _ count: UInt32, _ what: String, least: Int) throws -> [Port] {
    guard count >= least, count <= 64, base != nil || count == 0 else {
      throw fail("bad-descriptor", "\(count) \(what): there must be \(least) to 64")
    }
    guard let base else { return [] }
    return try (0..<Int(count)).map { index in
      let port = base[index]
      try check(port.struct_size, atLeast: MemoryLayout<mill_port>.size, "a port of the \(what)")
      return Port(
        name: try text(port.name, "the name of one of the \(what)"), isKeyed: port.flags & MILL_PORT_KEYED != 0)
    }
  }

  private func states(_ raw: mill_operator_descriptor, _ id: String) throws -> [StateDescriptor] {
    guard raw.state_count <= 256, raw.states != nil || raw.state_count == 0 else {
      throw fail("bad-descriptor", "\(id) has \(raw.state_count) states and no array of them, or more than 256")
    }
    var names: Set<String> = []
    return try (0..<Int(raw.state_count)).map { index in
      guard let pointer = raw.states[index] else { throw fail("bad-descriptor", "state \(index) of \(id) is NULL") }
      do {
        let state = try StateDescriptor(importing: pointer)
        guard names.insert(state.name).inserted else {
          throw fail("bad-descriptor", "\(id) declares state \"\(state.name)\" twice")
        }
        return state
      } catch let error as StateError { throw fail("bad-state", "\(id): \(error)") }
    }
  }
}
