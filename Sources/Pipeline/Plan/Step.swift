import Columnar

/// A place in the pipeline file.
package struct Position: Sendable, Hashable, Comparable {
  /// From 1.
  package var line: Int
  /// In characters, from 1.
  package var column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package static func < (left: Position, right: Position) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// A step of the plan.
package struct Step: Sendable {
  /// Unique in the job: letters, digits, '-' and '_', at most 64 characters. Names the step's state in checkpoints.
  package var id: String
  /// What it does.
  package var kind: Kind
  /// Its inputs, by port; none for a source.
  package var inputs: [StepInput]
  /// Schema of each output port; none for a sink.
  package var outputs: [Schema]
  /// Where in the file the step begins, for messages at run time.
  package var position: Position

  /// What a step does.
  package enum Kind: Sendable {
    /// Reads topics.
    case topicSource(TopicSource)
    /// Reads a plugin's source.
    case pluginSource(PluginSource)
    /// Runs a plugin's operator.
    case `operator`(OperatorUse)
    /// Writes a topic.
    case topicSink(TopicSink)
    /// Writes to a plugin's sink.
    case pluginSink(PluginSink)
    /// Counts rows and drops them.
    case blackhole
  }
}

/// An input of a step.
package struct StepInput: Sendable, Equatable {
  /// Index in `LogicalPlan.steps` of the step that the rows come from, less than the reader's own.
  package var step: Int
  /// That step's output port.
  package var outputPort: Int
  /// Schema of the rows.
  package var schema: Schema
  /// Indices of the key's columns in `schema`, in `key_by`'s order; nil: not keyed, rows stay on their worker.
  package var keyColumns: [Int]?
  /// Name of the input port; empty for a sink.
  package var portName: String
}

/// `source`.
package struct PluginSource: Sendable, Equatable {
  /// Id of the source.
  package var id: String
  /// Its options as a JSON object, checked, defaults filled in.
  package var config: String
  /// Into how many splits it is cut: 1…32768; default: the parallelism.
  package var splitCount: Int
  /// Which timestamp column is the event time; nil: the batches bring event times of their own, if any.
  package var eventTimeColumn: Int?
  /// How far behind the greatest event time seen a row may come.
  package var outOfOrderness: Duration
  /// After how long without rows a split no longer holds event time back; nil: never.
  package var idleAfter: Duration?
  /// How far ahead of the slowest split another may be and still be read; nil: as far as it gets.
  package var maxDrift: Duration?
}

/// `operator`.
package struct OperatorUse: Sendable, Equatable {
  /// Id of the operator.
  package var id: String
  /// Its config as a JSON object, checked, defaults filled in.
  package var config: String
  /// Names of its output ports.
  package var outputNames: [String]
}

/// `sink`.
package struct PluginSink: Sendable, Equatable {
  /// Id of the sink.
  package var id: String
  /// Its options as a JSON object, checked, defaults filled in.
  package var config: String
}

/// `to_topic`.
package struct TopicSink: Sendable, Equatable {
  package var topic: Topic
  /// Of the rows, the input's; columns are counted in it.
  package var schema: Schema
  package var columns: Columns
  /// Columns that become the value, in the order that the topic declares them in.
  package var valueColumns: [Int]

  /// Columns that become something else than the value, or say how a row is written.
  package struct Columns: Sendable, Equatable {
    /// Becomes the key; nil: keys are null.
    package var key: Int?
    /// In `topic.headers`' order.
    package var headers: [Int] = []
    /// Becomes more headers.
    package var otherHeaders: Int?
    /// Becomes the timestamp; nil: the time of writing.
    package var timestamp: Int?
    /// Integers that say the partition, where `topic.partition` is a field.
    package var partition: Int?
    /// Booleans that say where there is no value; nil: nowhere.
    package var tombstone: Int?
    /// Nil: all rows go to `topic`. Rows that go elsewhere are written as `topic` says all the same.
    package var route: Route?

    package init() {}

    /// Whether messages get headers.
    package var hasHeaders: Bool { !headers.isEmpty || otherHeaders != nil }

    /// All of them.
    package var used: Set<Int> {
      Set(headers + [key, otherHeaders, timestamp, partition, tombstone, route?.column].compactMap { $0 })
    }
  }

  /// Of the columns that become the value.
  package var valueSchema: Schema { Schema(valueColumns.map { schema.fields[$0] }) }
}
