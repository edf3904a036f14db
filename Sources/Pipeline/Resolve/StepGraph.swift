/// The steps' order: which reads which, by id.
struct StepGraph {
  /// Indices of the steps, each after those that it reads; without those on or behind a cycle.
  private(set) var order: [Int] = []
  private let steps: [StepDeclaration]
  private let diagnostics: Diagnostics
  /// Index of the first step of each id.
  private var places: [String: Int] = [:]
  /// What each step reads.
  private var reads: [[Int]]
  /// Whether all references are known: only then is it known what nobody reads.
  private var isWhole = true

  init(_ steps: [StepDeclaration], diagnostics: Diagnostics) {
    self.steps = steps
    self.diagnostics = diagnostics
    reads = Array(repeating: [], count: steps.count)
    for (index, step) in steps.enumerated() where !step.id.value.isEmpty {
      if let first = places[step.id.value] {
        let line = steps[first].id.position.line
        diagnostics.error(
          step.id.position, "two steps have the id \(Suggestions.quoted(step.id.value)); the first is in line \(line)")
      } else {
        places[step.id.value] = index
      }
    }
    for index in steps.indices {
      let found = steps[index].from.map { resolve($0) }
      reads[index] = found.compactMap { $0 }
      if found.contains(where: { $0 == nil }) { isWhole = false }
      if case .broken = steps[index].kind { isWhole = false }
    }
    sort()
  }

  /// A reference's step id and output port.
  static func split(_ reference: String) -> (id: String, port: String?) {
    guard let dot = reference.firstIndex(of: ".") else { return (reference, nil) }
    return (String(reference[..<dot]), String(reference[reference.index(after: dot)...]))
  }

  private func resolve(_ from: Located<String>) -> Int? {
    let id = Self.split(from.value).id
    guard let index = places[id] else {
      let hint = Suggestions.hint(id, among: Array(places.keys), noun: "Steps")
      diagnostics.error(from.position, "unknown step \(Suggestions.quoted(id))\(hint)")
      return nil
    }
    switch steps[index].kind {
    case .topicSink, .pluginSink, .blackhole:
      diagnostics.error(from.position, "step \"\(id)\" is a sink: nothing comes out of it; name the step it reads")
      return nil
    default: return index
    }
  }

  private mutating func sort() {
    var isPlaced = Array(repeating: false, count: steps.count)
    var waiting = Array(steps.indices)
    while !waiting.isEmpty {
      // The first in the file that can go, so that the order does not change for no reason.
      guard let next = waiting.firstIndex(where: { reads[$0].allSatisfy { isPlaced[$0] } }) else { break }
      let index = waiting.remove(at: next)
      isPlaced[index] = true
      if places[steps[index].id.value] == index { order.append(index) }
    }
    if let start = waiting.first { reportCycle(from: start, isPlaced) }
  }

  private func reportCycle(from start: Int, _ isPlaced: [Bool]) {
    var path: [Int] = []
    var index = start
    while !path.contains(index) {
      path.append(index)
      guard let next = reads[index].first(where: { !isPlaced[$0] }) else { return }
      index = next
    }
    let cycle = Array(path[(path.firstIndex(of: index) ?? 0)...].reversed())
    let first = cycle.min() ?? index
    let turned = cycle.drop { $0 != first } + cycle.prefix { $0 != first } + [first]
    let text = turned.map { steps[$0].id.value }.joined(separator: " → ")
    diagnostics.error(
      steps[first].id.position, "these steps feed each other in a cycle: \(text); a pipeline flows one way")
  }

  /// Reports steps whose rows go nowhere.
  func reportUnread() {
    guard isWhole else { return }
    let isRead = Set(reads.joined())
    for (index, step) in steps.enumerated() where !isRead.contains(index) && places[step.id.value] == index {
      switch step.kind {
      case .topicSink, .pluginSink, .blackhole, .broken: continue
      case .topicSource, .pluginSource, .operator:
        diagnostics.error(
          step.id.position,
          "no step reads step \"\(step.id.value)\", so its rows go nowhere; add one with `from: \(step.id.value)`, "
            + "if only `to: blackhole`")
      }
    }
  }
}
