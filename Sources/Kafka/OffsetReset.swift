import CRdKafka

/// What a reader does when a partition does not have the offset that is to be read next, because retention has passed it.
/// A partition that ends before that offset was made anew, or has lost messages: that is an error always.
package enum OutOfRangePolicy: Sendable, Equatable {
  /// An error.
  case fail
  /// Reading goes on at the oldest message that is left.
  case earliest
  /// Reading goes on at the end.
  case latest

  /// Where librdkafka is to go on; nil: nowhere.
  var logicalOffset: Int64? {
    switch self {
    case .fail: nil
    case .earliest: Int64(RD_KAFKA_OFFSET_BEGINNING)
    case .latest: Int64(RD_KAFKA_OFFSET_END)
    }
  }
}

/// A partition that is read on from another offset, since it did not have the next one.
package struct OffsetReset: Sendable, Equatable {
  package var place: TopicPartition
  /// The offset that was to be read.
  package var from: Int64
  /// The offset that is read instead, not less than `from`.
  package var to: Int64

  package init(place: TopicPartition, from: Int64, to: Int64) {
    self.place = place
    self.from = from
    self.to = to
  }
}

extension KafkaFailure {
  /// What to do about a topic that is gone while it is read.
  static let goneRemedy =
    "The topic, or this partition of it, was deleted. Take it out of `from_topic`, or start the job under a new name to read "
    + "one that was made anew"

  /// `place` does not have `offset`, and the policy is to fail.
  static func outOfRange(_ place: TopicPartition, _ offset: Int64) -> KafkaFailure {
    KafkaFailure(
      "reading \(place) from offset \(offset)", code: RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
      remedy:
        "The topic does not have this offset: retention has passed it, or the topic was made anew. To read on from "
        + "what is left, set `on_offset_out_of_range: earliest` at the step, and mind what is missing; after a topic was "
        + "made anew, start the job under a new name")
  }

  /// `place` was to be read from `from`, but only has what is before: it reads `found` there.
  static func madeAnew(_ place: TopicPartition, from: Int64, found: Int64) -> KafkaFailure {
    KafkaFailure(
      "reading \(place) from offset \(from)", name: "MADE_ANEW",
      "the partition is not what was read before: it goes on at offset \(found)", .fatal,
      remedy: "The topic was made anew, or the brokers have lost messages. Start the job under a new name to read it")
  }
}
