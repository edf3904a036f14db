/// What people are shown of plugins.
package enum PluginReport {
  /// A line for each thing on offer, and one for each refusal.
  package static func list(_ registry: PluginRegistry, findings: [PluginFinding]) -> String {
    var rows: [[String]] = [["KIND", "ID", "VERSION", "SUMMARY", "FILE"]]
    for plugin in registry.plugins {
      let path = plugin.file.path
      for type in plugin.operators {
        rows.append(["operator", type.descriptor.id, "\(type.descriptor.version)", type.descriptor.summary, path])
      }
      for type in plugin.serdes {
        rows.append(["serde", type.descriptor.id, "\(type.descriptor.version)", type.descriptor.summary, path])
      }
      for type in plugin.sources {
        rows.append(["source", type.descriptor.id, "\(type.descriptor.version)", type.descriptor.summary, path])
      }
      for type in plugin.sinks {
        rows.append(["sink", type.descriptor.id, "\(type.descriptor.version)", type.descriptor.summary, path])
      }
    }
    let refusals = findings.compactMap { finding -> String? in
      guard case .refused(let error) = finding else { return nil }
      return "refused: \(error) [\(error.code)]"
    }
    return ([table(rows)] + refusals).joined(separator: "\n")
  }

  /// All that a plugin says of itself.
  package static func inspect(_ plugin: LoadedPlugin) -> String {
    var lines = [
      "\(plugin.name) \(plugin.version)", "  file     \(plugin.file.path)", "  sha256   \(plugin.file.sha256)",
      "  runtime  \(plugin.file.runtime)",
    ]
    for type in plugin.operators { lines += inspect(type.descriptor) }
    for type in plugin.serdes { lines += inspect("serde", type.descriptor) }
    for type in plugin.sources { lines += inspect("source", type.descriptor) }
    for type in plugin.sinks { lines += inspect("sink", type.descriptor) }
    return lines.joined(separator: "\n")
  }

  private static func inspect(_ descriptor: OperatorDescriptor) -> [String] {
    func text(_ port: Port) -> String { port.isKeyed ? "\(port.name) (keyed)" : port.name }
    var lines = [
      "operator \(descriptor.id) \(descriptor.version)", "  \(descriptor.summary)",
      "  inputs   \(descriptor.inputs.map(text).joined(separator: ", "))",
      "  outputs  \(descriptor.outputs.map(text).joined(separator: ", "))",
    ]
    for state in descriptor.states {
      lines.append(
        "  state    \(state.name): \(state.kind.name) of \(state.type), schema version \(state.schemaVersion)")
    }
    if let schema = descriptor.configSchema { lines.append("  config   \(schema)") }
    return lines
  }

  private static func inspect(_ kind: String, _ descriptor: SimpleDescriptor) -> [String] {
    ["\(kind) \(descriptor.id) \(descriptor.version)", "  \(descriptor.summary)"]
      + (descriptor.configSchema.map { ["  config   \($0)"] } ?? [])
  }

  private static func table(_ rows: [[String]]) -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        .trimmingSuffix { $0 == " " }
    }.joined(separator: "\n")
  }
}

extension String {
  fileprivate func trimmingSuffix(_ isTrimmed: (Character) -> Bool) -> String {
    var text = self[...]
    while let last = text.last, isTrimmed(last) { text.removeLast() }
    return String(text)
  }
}
