import Columnar

/// How many bytes of rows may wait in each place between steps: the exchange's share of the memory budget, cut up. Half
/// of it is for the rings, a quarter for blocked inputs, a quarter for sinks. Each place takes one batch beyond that, or
/// else nothing could pass that is larger.
///
/// The parts are fixed, rather than taken from a common pot: a place that fills up stops only what feeds it, as if its
/// number of messages were reached. If a full pot stopped the rings of all nodes, the rows that fill it could never leave.
package struct ExchangeLimits: Sendable, Equatable {
  /// Of each ring.
  package let ring: Int
  /// Of each blocked input that is fed within its worker.
  package let input: Int
  /// Of the rows that wait at each sink on each worker.
  package let sink: Int

  /// `share`: of all places together.
  package init(share: Int, graph: Graph, workers: Int) {
    let sinks = graph.nodes.count { if case .sink = $0.kind { true } else { false } }
    let inputs = graph.nodes.filter { $0.inputs.count > 1 }.reduce(0) { sum, node in
      sum + node.inputs.count { $0.partitioner == nil }
    }
    ring = share / 2 / max(1, graph.exchanges.count * workers * workers)
    input = share / 4 / max(1, inputs * workers)
    sink = share / 4 / max(1, sinks * workers)
  }
}

extension Graph {
  /// The rings of the graph's exchanges, in their order; `capacity` messages in each at most, and of bytes what `budget`
  /// gives.
  package func rings(workerCount: Int, capacity: Int, budget: MemoryBudget) -> [ExchangeRings] {
    let limits = ExchangeLimits(share: budget.shares[.exchange], graph: self, workers: workerCount)
    return exchanges.map { _ in
      ExchangeRings(workerCount: workerCount, capacity: capacity, byteLimit: limits.ring)
    }
  }
}
