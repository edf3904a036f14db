import Columnar

/// Number of a node in the graph, from 0, in topological order.
package typealias NodeIndex = Int

/// Splits a batch by key for an exchange. One per edge and worker.
package protocol BatchPartitioner: AnyObject {
  /// The rows of `batch` for each worker; nil where a worker gets none.
  func partition(_ batch: RecordBatch, into parts: inout [RecordBatch?]) throws
}

/// A job's graph: the same on every worker. Nodes are in topological order.
package struct Graph: Sendable {
  /// What a node does; each closure makes the instance for one worker and runs on that worker's thread.
  package enum Kind: Sendable {
    /// Reads rows. `alignment`: keeps its splits together in event time; nil: each is read as fast as can be.
    case source(
      policy: WatermarkPolicy, alignment: EventTimeAlignment? = nil,
      make: @Sendable (_ worker: Int) throws -> any DataflowSource)
    /// Handles rows.
    case `operator`(make: @Sendable (_ worker: Int) throws -> any DataflowOperator)
    /// Writes rows.
    case sink(make: @Sendable (_ worker: Int) throws -> any DataflowSink)
  }

  /// An input of a node.
  package struct Input: Sendable {
    /// The node that the rows come from.
    package var from: NodeIndex
    /// Its output port.
    package var outputPort: Int
    /// How rows find their worker; nil: they stay on theirs.
    package var partitioner: (@Sendable (_ worker: Int) throws -> any BatchPartitioner)?

    package init(
      from: NodeIndex, outputPort: Int = 0,
      partitioner: (@Sendable (_ worker: Int) throws -> any BatchPartitioner)? = nil
    ) {
      self.from = from
      self.outputPort = outputPort
      self.partitioner = partitioner
    }
  }

  /// A step of the pipeline.
  package struct Node: Sendable {
    /// The step's id.
    package var id: String
    /// What it does.
    package var kind: Kind
    /// Its inputs, by port.
    package var inputs: [Input]

    package init(id: String, kind: Kind, inputs: [Input]) {
      self.id = id
      self.kind = kind
      self.inputs = inputs
    }
  }

  /// All steps, each after those it takes rows from.
  package var nodes: [Node]

  package init(nodes: [Node]) { self.nodes = nodes }

  /// The edges that cross workers, numbered in this order: (node, port).
  package var exchanges: [(node: NodeIndex, port: Int)] {
    nodes.enumerated().flatMap { node in
      node.element.inputs.enumerated().compactMap { $0.element.partitioner == nil ? nil : (node.offset, $0.offset) }
    }
  }
}
