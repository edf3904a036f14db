import Columnar

/// A schema that the file gives a serde.
package struct GivenSchema: Sendable, Equatable {
  /// Kinds of schemas.
  package enum Format: Sendable {
    case avro, protobuf, json
  }
  /// Another schema of that format.
  package struct Reference: Sendable, Equatable {
    /// What it is imported by.
    package var name: String
    package var text: String
  }
  package var format: Format
  /// The file, as the pipeline file names it.
  package var file: String
  /// As registries have it: of Protobuf the text of a .proto file, or a FileDescriptorProto in base64.
  package var text: String
  /// What is imported, each after what it imports itself.
  package var references: [Reference] = []
}

/// A serde as a topic names it.
package struct SerdeUse: Sendable, Equatable {
  /// Id of the serde.
  package var id: String
  /// Its options as a JSON object, checked against the serde's schema, defaults filled in.
  package var options: String
  /// What is read into, or written with; nil: the serde goes by writers' schemas and by the columns.
  package var schema: GivenSchema?

  package init(id: String, options: String, schema: GivenSchema? = nil) {
    (self.id, self.options, self.schema) = (id, options, schema)
  }
}

/// How a part of a topic's messages uses a schema registry.
package struct RegistryUse: Sendable, Equatable {
  /// What names the subject that a written schema is registered under.
  package enum SubjectStrategy: String, Sendable, CaseIterable {
    /// `<topic>-key`, `<topic>-value`.
    case topic
    /// The record's full name.
    case record
    /// `<topic>-<the record's full name>`.
    case topicRecord = "topic_record"
  }
  /// Name of a registry in `LogicalPlan.registries`.
  package var registry: String
  /// Default: topic.
  package var subjectStrategy: SubjectStrategy
  /// Whether a schema that is written is registered if the subject does not have it; otherwise that is an error. Default:
  /// true.
  package var autoRegister: Bool
  /// Whether messages are read into, and written with, the schema that the subject has last at the start. Default: false.
  package var usesLatestVersion: Bool
  /// Default: that of the registry's API.
  package var framing: Framing
  /// Which of Apicurio's ids messages say. Default: content.
  package var useId: ApicurioId

  package init(
    registry: String, subjectStrategy: SubjectStrategy = .topic, autoRegister: Bool = true,
    usesLatestVersion: Bool = false, framing: Framing = .confluent,
    useId: ApicurioId = .content
  ) {
    (self.registry, self.subjectStrategy, self.framing) = (registry, subjectStrategy, framing)
    self.useId = useId
    (self.autoRegister, self.usesLatestVersion) = (autoRegister, usesLatestVersion)
  }
}

/// What becomes of a message that can't be decoded, or a row that an operator rejects.
package enum BadRowPolicy: Sendable, Equatable {
  /// It goes, as it was read, to this topic on the same connection.
  case deadLetter(topic: String)
  /// It is counted and dropped.
  case skip
  /// The job stops. The default.
  case fail

  /// Whether bad rows are kept, in a topic of their own.
  package var isDeadLetter: Bool { if case .deadLetter = self { true } else { false } }
}

/// What becomes of a message whose schema the topic's serde can't read.
package enum IncompatibleSchemaPolicy: String, Sendable, CaseIterable {
  /// Its partition goes no further. The default.
  case stopPartition = "stop_partition"
  /// It is a bad row.
  case badRow = "bad_row"
}

/// How event time is told from rows.
package struct EventTime: Sendable, Equatable {
  /// Name of a timestamp field.
  package var field: String
  /// How far behind the greatest event time seen a row may come; at least 0; default 0.
  package var outOfOrderness: Duration
  /// After how long without rows a split no longer holds event time back; nil (`never`): never; default 30 s.
  package var idleAfter: Duration?
  /// How far ahead of the slowest split another may be and still be read; nil: as far as it gets.
  package var maxDrift: Duration?
}

/// A declared topic.
package struct Topic: Sendable, Equatable {
  /// How one part of a message is written.
  package struct Part: Sendable, Equatable {
    package var serde: SerdeUse
    /// The declared columns; nil if a topic that is only written declares none. Of a key: the one column.
    package var schema: Schema?
    /// Nil: messages have no framing, and the serde goes by the columns alone.
    package var registry: RegistryUse?
    /// Of values that are read: whether each of their lines is a row. Then neither keys nor values have framing. Default: false.
    package var isNewlineDelimited = false
  }
  /// Name on the broker.
  package var name: String
  /// Name of a connection in `LogicalPlan.connections`.
  package var connection: String
  /// Keys; nil: keys are not read, and written as null.
  package var key: Part?
  /// Values.
  package var value: Part
  /// Nil: rows read from it have no event time.
  package var eventTime: EventTime?
  /// Default: fail.
  package var onBadRow: BadRowPolicy
  /// Of topics with a registry. Default: stopPartition.
  package var onIncompatibleSchema = IncompatibleSchemaPolicy.stopPartition
  /// Headers that are written, by name, with the field that holds the value, in the file's order.
  package var headers: [Header]
  /// Binary field of more headers, with their names; nil: there are none.
  package var otherHeadersField: String?
  /// Field that is written as the message's timestamp; nil: the time of writing.
  package var timestampField: String?
  /// How messages that are written find their partition. Default: by key.
  package var partition = Partition.key

  /// Bool field that says which rows are written without a value; nil: none are.
  package var tombstoneField: String?

  /// How to make the topic if it is written and not there; nil: it is not made.
  package var creation: Creation?

  /// How a topic is made.
  package struct Creation: Sendable, Equatable {
    /// 1…100000; nil: the brokers' default.
    package var partitionCount: Int?
    /// How many brokers have each partition, 1…1000; nil: the brokers' default.
    package var replication: Int?
    /// The topic's configs, by Kafka's names.
    package var configs: [String: String]

    package init(partitionCount: Int? = nil, replication: Int? = nil, configs: [String: String] = [:]) {
      self.partitionCount = partitionCount
      self.replication = replication
      self.configs = configs
    }
  }

  /// How a message that is written finds its partition.
  package enum Partition: Sendable, Equatable {
    /// By the hash of its key, as Java's producer does it; without a key anywhere, for some time in one place.
    case key
    /// In turn.
    case roundRobin
    /// As this integer field says; by key where it is null.
    case field(String)
  }

  /// A header that is written.
  package struct Header: Sendable, Equatable {
    package var name: String
    /// Name of a utf8 or binary field; a null is a header without a value.
    package var field: String
  }
}
