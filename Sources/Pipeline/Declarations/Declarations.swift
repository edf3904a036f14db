import Columnar

/// A topic as the file declares it; names in it are not looked up yet.
struct TopicDeclaration {
  /// A `key` or `value`.
  struct Part {
    var position: Position
    var serde: Located<String>
    /// `schema`.
    var given: GivenSchema?
    /// Where it is, if it is.
    var givenPosition: Position?
    /// `registry` and what goes with it.
    var registry: Registry?
    /// Where `newline_delimited: true` is; nil: it is not.
    var newlineDelimitedAt: Position?
    /// What is for the serde to understand.
    var options: [YamlNode.Entry]
    /// `value.fields`; of a key the one column, its `type` or utf8.
    var schema: Schema?
    /// `key.field`.
    var field: Located<String>?
    /// Where `key.type` is, if it is.
    var typePosition: Position?
  }
  /// The `registry` of a part.
  struct Registry {
    var name: Located<String>
    var subjectStrategy = RegistryUse.SubjectStrategy.topic
    var autoRegister = true
    /// Where `use_latest_version: true` is; nil: it is not.
    var usesLatestAt: Position?
    /// Nil: as the registry's API has it.
    var framing: Framing?
    var useId: ApicurioId?
    /// Where `framing` is, or `registry`; and where `use_id` is, or `registry`.
    var framingPosition, useIdPosition: Position
  }
  /// `event_time`.
  struct Time {
    var field: Located<String>
    var outOfOrderness: Duration
    var idleAfter: Duration?
    var maxDrift: Duration?
  }

  /// One of `headers`.
  struct Header {
    var name: Located<String>
    var field: Located<String>
    /// Of the column that it becomes when it is read: utf8 or binary.
    var type = DataType.utf8
  }

  /// `partition`.
  enum Partition {
    case key
    case roundRobin
    case field(Located<String>)
  }

  var name: Located<String>
  var connection: Located<String>?
  var key: Part?
  var value: Part?
  var eventTime: Time?
  var onBadRow: BadRowPolicy
  var onIncompatibleSchema = IncompatibleSchemaPolicy.stopPartition
  var headers: [Header]
  var otherHeadersField: Located<String>?
  var timestampField: Located<String>?
  /// Whether something in it is wrong already, so that nothing that follows from it is worth a message.
  var isBroken: Bool
  var partition = Partition.key
  var tombstoneField: Located<String>?
  /// `create`.
  var creation: Topic.Creation?
}

/// What a step with `from_topic` declares.
struct TopicReadDeclaration {
  /// The default.
  static let discoveryInterval = Duration.seconds(30)

  /// With a pattern, the one that others are like.
  var topics: [Located<String>]
  var pattern: TopicPattern?
  var start = TopicSource.Start.committed(orElse: .earliest)
  var stop = TopicSource.Stop.never
  /// Where `stop` is, or the step.
  var stopPosition: Position
  var onOffsetOutOfRange = TopicSource.OnOffsetOutOfRange.fail
  /// Nil: never.
  var discoveryInterval: Duration? = TopicReadDeclaration.discoveryInterval
}

/// A step as the file declares it.
struct StepDeclaration {
  /// `key_by`.
  enum KeyBy {
    /// The same fields of all keyed inputs.
    case all([Located<String>])
    /// Fields by input port.
    case byPort([(port: Located<String>, fields: [Located<String>])])
  }
  /// `route` of a topic sink.
  struct Route {
    var field: Located<String>
    /// Names, in which `*` stands for any characters.
    var topics: [Located<String>]
  }
  /// What the step does.
  enum Kind {
    case topicSource(TopicReadDeclaration)
    case pluginSource(Located<String>, config: YamlNode?, splits: Int?, time: TopicDeclaration.Time?)
    case `operator`(Located<String>, from: [Located<String>], keyBy: KeyBy?, config: YamlNode?)
    case topicSink(topic: Located<String>, from: Located<String>, Route?)
    case pluginSink(Located<String>, from: Located<String>, config: YamlNode?)
    case blackhole(from: Located<String>)
    /// Its errors are reported; steps that refer to it are not blamed.
    case broken
  }

  var id: Located<String>
  /// Where the step begins.
  var position: Position
  /// Where its `key_by` is, or the step.
  var keyByPosition: Position
  var kind: Kind

  /// A step that is so wrong that it has no id, or an empty one.
  static func nameless(_ position: Position) -> StepDeclaration {
    StepDeclaration(id: Located("", position), position: position, keyByPosition: position, kind: .broken)
  }

  /// The steps that it takes rows from, as written.
  var from: [Located<String>] {
    switch kind {
    case .operator(_, let from, _, _): from
    case .topicSink(_, let from, _), .pluginSink(_, let from, _), .blackhole(let from): [from]
    case .topicSource, .pluginSource, .broken: []
    }
  }
}

/// A topic name's and job name's rules.
enum Names {
  /// Kafka's own rule for topics.
  static func isTopic(_ name: String) -> Bool {
    name != "." && name != ".." && (1...249).contains(name.utf8.count)
      && name.utf8.allSatisfy { isWord($0, dots: true) }
  }

  /// Lower-case letters, digits, '-', '_' and '.', a letter or digit first.
  static func isJob(_ name: String) -> Bool {
    guard let first = name.utf8.first, (1...64).contains(name.utf8.count) else { return false }
    return name.utf8.allSatisfy { isWord($0, dots: true) && !(0x41...0x5A).contains($0) }
      && ![UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains(first)
  }

  /// Letters, digits, '-' and '_'; no dot, because `step.port` names an output.
  static func isStep(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { isWord($0, dots: false) }
  }

  private static func isWord(_ byte: UInt8, dots: Bool) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
    case UInt8(ascii: "."): dots
    default: false
    }
  }
}
