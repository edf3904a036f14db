import Columnar

extension PlanBuilder {
  func operatorUse(
    _ step: StepDeclaration, _ id: Located<String>, _ from: [Located<String>], _ keyBy: StepDeclaration.KeyBy?,
    _ node: YamlNode?
  ) -> Step? {
    guard exists(.operator, id) else { return nil }
    guard let ports = catalog.operatorPorts(id.value) else {
      diagnostics.error(id.position, "no version of operator \"\(id.value)\" can be used: all were refused")
      return nil
    }
    let config = config(node, of: .operator, id)
    guard from.count == ports.inputs.count else {
      let names = ports.inputs.map(\.name).joined(separator: ", ")
      let expected = "operator \"\(id.value)\" has \(count(ports.inputs.count, "input")) (\(names))"
      diagnostics.error(
        from.first?.position ?? step.position,
        "step \"\(step.id.value)\": \(expected), found \(count(from.count, "step")) in \"from\"")
      return nil
    }
    let sources = from.map(source)
    let keys = keyNames(step, id, ports, keyBy)
    guard let keys, !sources.contains(where: { $0 == nil }) else { return nil }
    var inputs: [StepInput] = []
    for (var input, (port, names)) in zip(sources.compactMap({ $0 }), zip(ports.inputs, keys)) {
      input.portName = port.name
      if let names {
        guard let columns = keyColumns(names, in: input.schema, step) else { return nil }
        input.keyColumns = columns
      }
      inputs.append(input)
    }
    guard keysAgree(inputs, step), let config, let outputs = bind(id, config, inputs, ports) else { return nil }
    return Step(
      id: step.id.value,
      kind: .operator(OperatorUse(id: id.value, config: config, outputNames: ports.outputs)), inputs: inputs,
      outputs: outputs, position: step.position)
  }

  private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  /// For each input the fields of its key, nil for one that is not keyed; nil, with diagnostics, if `key_by` does not
  /// suit the ports.
  private func keyNames(
    _ step: StepDeclaration, _ id: Located<String>, _ ports: OperatorPorts, _ keyBy: StepDeclaration.KeyBy?
  ) -> [[Located<String>]?]? {
    let keyed = ports.inputs.filter(\.keyed).map(\.name)
    let what = "step \"\(step.id.value)\""
    guard let keyBy else {
      if keyed.isEmpty { return ports.inputs.map { _ in nil } }
      let inputs = keyed.map { "\"\($0)\"" }.joined(separator: ", ")
      diagnostics.error(
        id.position, "\(what): operator \"\(id.value)\" takes rows by key (input \(inputs)); add `key_by: [<field>]`")
      return nil
    }
    guard !keyed.isEmpty else {
      diagnostics.error(
        step.keyByPosition, "\(what): operator \"\(id.value)\" does not take rows by key; take away \"key_by\"")
      return nil
    }
    switch keyBy {
    case .all(let names): return ports.inputs.map { $0.keyed ? names : nil }
    case .byPort(let entries): return keyNames(what, keyed, ports, entries, at: step.keyByPosition)
    }
  }

  private func keyNames(
    _ what: String, _ keyed: [String], _ ports: OperatorPorts,
    _ entries: [(port: Located<String>, fields: [Located<String>])], at position: Position
  ) -> [[Located<String>]?]? {
    var isRight = true
    for entry in entries where !keyed.contains(entry.port.value) {
      let hint = Suggestions.hint(entry.port.value, among: keyed, noun: "Keyed inputs")
      let name = Suggestions.quoted(entry.port.value)
      diagnostics.error(entry.port.position, "\(what): key_by: unknown input \(name)\(hint)")
      isRight = false
    }
    for name in keyed where !entries.contains(where: { $0.port.value == name }) {
      diagnostics.error(position, "\(what): key_by: missing input \"\(name)\"; write `\(name): [<field>]`")
      isRight = false
    }
    return isRight ? ports.inputs.map { input in entries.first { $0.port.value == input.name }?.fields } : nil
  }

  private func keyColumns(_ names: [Located<String>], in schema: Schema, _ step: StepDeclaration) -> [Int]? {
    let place = "step \"\(step.id.value)\": key_by"
    var columns: [Int] = []
    var isRight = true
    for name in names {
      guard let index = column(name, in: schema, place: place) else {
        isRight = false
        continue
      }
      if columns.contains(index) {
        diagnostics.error(name.position, "\(place): field \(Suggestions.quoted(name.value)) is there twice")
        isRight = false
      } else if (try? KeyEncoder(schema: schema, keyColumns: [index])) == nil {
        let type = schema.fields[index].type
        diagnostics.error(
          name.position, "\(place): field \(Suggestions.quoted(name.value)) of type \(type) can't be part of a key")
        isRight = false
      }
      columns.append(index)
    }
    return isRight ? columns : nil
  }

  /// Equal keys of different types have different bytes, so they would never meet.
  private func keysAgree(_ inputs: [StepInput], _ step: StepDeclaration) -> Bool {
    let keyed = inputs.filter { $0.keyColumns != nil }
    let types = keyed.map { input in input.keyColumns?.map { input.schema.fields[$0].typeText } ?? [] }
    guard let first = types.first, let other = types.firstIndex(where: { $0 != first }) else { return true }
    let found = [0, other].map { "\"\(keyed[$0].portName)\" has (\(types[$0].joined(separator: ", ")))" }
    diagnostics.error(
      step.keyByPosition,
      "step \"\(step.id.value)\": key_by: the inputs' keys differ in type: \(found.joined(separator: ", ")); "
        + "make them the same")
    return false
  }

  private func bind(
    _ id: Located<String>, _ config: String, _ inputs: [StepInput], _ ports: OperatorPorts
  ) -> [Schema]? {
    do {
      let outputs = try catalog.bindOperator(id.value, config: config, inputs: inputs.map(\.schema))
      guard outputs.count != ports.outputs.count else { return outputs }
      let found = "gave \(outputs.count) output schemas for \(ports.outputs.count) outputs"
      diagnostics.error(id.position, "operator \"\(id.value)\" \(found); the plugin has to be mended")
    } catch {
      diagnostics.error(id.position, "operator \"\(id.value)\" does not take these rows: \(error)")
    }
    return nil
  }
}
