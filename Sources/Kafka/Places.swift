/// A partition of a topic.
package struct TopicPartition: Hashable, Sendable, CustomStringConvertible {
  package var topic: String
  package var partition: Int32

  package init(topic: String, partition: Int32) {
    self.topic = topic
    self.partition = partition
  }

  /// Of `description`; nil if `text` is none.
  package init?(_ text: some StringProtocol) {
    guard let dash = text.lastIndex(of: "-"), dash > text.startIndex,
      let partition = Int32(text[text.index(after: dash)...]), partition >= 0
    else { return nil }
    self.init(topic: String(text[..<dash]), partition: partition)
  }

  package var description: String { "\(topic)-\(partition)" }
}

/// A place in a partition.
package struct PartitionOffset: Hashable, Sendable, CustomStringConvertible {
  package var topic: String
  package var partition: Int32
  package var offset: Int64

  package init(topic: String, partition: Int32, offset: Int64) {
    self.topic = topic
    self.partition = partition
    self.offset = offset
  }

  /// Of `description`; nil if `text` is none.
  package init?(_ text: some StringProtocol) {
    guard let at = text.lastIndex(of: "@"), let place = TopicPartition(text[..<at]),
      let offset = Int64(text[text.index(after: at)...]), offset >= 0
    else { return nil }
    self.init(topic: place.topic, partition: place.partition, offset: offset)
  }

  package var description: String { "\(topic)-\(partition)@\(offset)" }
}
