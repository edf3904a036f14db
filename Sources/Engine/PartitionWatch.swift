import Kafka

/// Tells, from look to look, what has changed about the partitions that a step reads. What is missing must be missing
/// twice before it counts as gone: a broker that has just started may not know of everything yet.
struct PartitionWatch {
  /// What a look has found.
  struct Look: Equatable {
    /// Partitions to be read from now on, in the order in which they were found.
    var new: [TopicPartition] = []
    /// Partitions that are gone, ascending.
    var gone: [TopicPartition] = []
    /// Whether something is missing for the first time: it is worth looking again soon.
    var isDoubtful = false
  }
  private var known: Set<TopicPartition>
  private var missing: Set<TopicPartition> = []

  /// `known`: what the step reads.
  init(known: [TopicPartition]) { self.known = Set(known) }

  /// Compares what is there now with what the step reads. While something is missing nothing is new: a topic may be about
  /// to be made anew.
  mutating func look(at present: [TopicPartition]) -> Look {
    let before = missing
    missing = known.subtracting(present)
    guard missing.isEmpty else {
      let gone = missing.intersection(before).sorted { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
      return Look(gone: gone, isDoubtful: gone.isEmpty)
    }
    return Look(new: present.filter { !known.contains($0) })
  }

  /// The step reads `new` too.
  mutating func add(_ new: [TopicPartition]) { known.formUnion(new) }
}
