import CMillrace
import CRdKafka

/// Rows on their way out. A full queue is no failure: the caller tries again later, and nothing blocks. Its limits are
/// queue.buffering.max.messages and queue.buffering.max.kbytes of the connection, for each of the two producers.
extension TransactionalSink {
  /// Rows of one topic, as encoded.
  package struct Rows {
    /// Nil: no row has a key.
    package var keys: UnsafePointer<mill_span>?
    package var keyData: UnsafePointer<UInt8>?
    package var values: UnsafePointer<mill_span>
    package var valueData: UnsafePointer<UInt8>?
    /// Milliseconds per row; nil, or 0 in a row: the time of producing.
    package var timestamps_ms: UnsafePointer<Int64>?
    /// Microseconds per row, used if `timestamps_ms` is nil; nil, or less than 1000 in a row (such as MILL_NO_TIME):
    /// the time of producing.
    package var timestamps_us: UnsafePointer<Int64>?
    /// Partition per row; nil, or less than 0 in a row: the partitioner's choice.
    package var partitions: UnsafePointer<Int32>?

    package init(
      keys: UnsafePointer<mill_span>?, keyData: UnsafePointer<UInt8>?, values: UnsafePointer<mill_span>,
      valueData: UnsafePointer<UInt8>?, timestamps_ms: UnsafePointer<Int64>?,
      timestamps_us: UnsafePointer<Int64>? = nil, partitions: UnsafePointer<Int32>? = nil
    ) {
      self.keys = keys
      self.keyData = keyData
      self.values = values
      self.valueData = valueData
      self.timestamps_ms = timestamps_ms
      self.timestamps_us = timestamps_us
      self.partitions = partitions
    }

    @inline(__always)
    func timestamp_ms(_ row: Int) -> Int64 {
      if let timestamps_ms { return max(0, timestamps_ms[row]) }
      if let timestamps_us { return max(0, timestamps_us[row] / 1000) }
      return 0
    }

    @inline(__always)
    func partition(_ row: Int) -> Int32 {
      guard let partitions else { return RD_KAFKA_PARTITION_UA }
      return max(RD_KAFKA_PARTITION_UA, partitions[row])
    }
  }

  /// What became of rows that were handed over.
  package struct Taken: Sendable {
    /// How many were taken, from the first on.
    package var count: Int
    /// Why the row behind them can't be taken, now or later; nil: there is no such row, or only no room for it yet.
    package var refusal: KafkaFailure?

    package init(count: Int, refusal: KafkaFailure? = nil) {
      self.count = count
      self.refusal = refusal
    }
  }

  /// Hands rows `range` over in order, up to the first that finds no room or can't be taken. Throws `KafkaFailure` if no
  /// rows can go out any more. [any]
  package func produce(epoch: UInt64, topic: String, rows: Rows, range: Range<Int>) throws -> Taken {
    let producer = producer(takingRowsOf: epoch)
    let target = try producer.topic(topic)
    for row in range {
      let (key, keySize) = Self.bytes(rows.keys?[row] ?? mill_span(offset: 0, length: -1), rows.keyData)
      let (value, valueSize) = Self.bytes(rows.values[row], rows.valueData)
      let (timestamp_ms, partition) = (rows.timestamp_ms(row), rows.partition(row))
      let code: rd_kafka_resp_err_t
      if timestamp_ms > 0 {
        code = mill_kafka_produce(
          producer.handle, target, partition, key, keySize, value, valueSize, timestamp_ms, nil)
      } else {
        let failed = rd_kafka_produce(
          target, partition, Int32(RD_KAFKA_MSG_F_COPY), UnsafeMutableRawPointer(mutating: value),
          valueSize, key, keySize, nil)
        code = failed == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error()
      }
      if code != RD_KAFKA_RESP_ERR_NO_ERROR {
        return Taken(count: row - range.lowerBound, refusal: try refusal(code, topic, producer))
      }
    }
    return Taken(count: range.count)
  }

  /// Where a span's bytes are; nil for a null. An empty one has an address too: without, it would count as null.
  @inline(__always)
  static func bytes(_ span: mill_span, _ data: UnsafePointer<UInt8>?) -> (UnsafeRawPointer?, Int) {
    guard span.length >= 0 else { return (nil, 0) }
    guard span.length > 0, let data else { return (UnsafeRawPointer(bitPattern: 1), 0) }
    return (UnsafeRawPointer(data + Int(span.offset)), Int(span.length))
  }

  /// Hands one row over, with headers (a nil value: a header without one). `partition`: less than 0 is the partitioner's
  /// choice. Otherwise like the other `produce`. [any]
  package func produce(
    epoch: UInt64, topic: String, partition: Int32 = -1, key: [UInt8]?, value: [UInt8]?,
    headers: [(name: String, value: [UInt8]?)], timestamp_ms: Int64?
  ) throws -> Taken {
    let producer = producer(takingRowsOf: epoch)
    let target = try producer.topic(topic)
    guard let list = rd_kafka_headers_new(headers.count) else { throw KafkaFailure.outOfMemory("headers") }
    for header in headers { rd_kafka_header_add(list, header.name, -1, header.value, header.value?.count ?? 0) }
    let code = Self.withBytes(key) { key, keySize in
      Self.withBytes(value) { value, valueSize in
        mill_kafka_produce(
          producer.handle, target, max(RD_KAFKA_PARTITION_UA, partition), key, keySize, value, valueSize,
          max(0, timestamp_ms ?? 0), list)
      }
    }
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return Taken(count: 1) }
    rd_kafka_headers_destroy(list)
    return Taken(count: 0, refusal: try refusal(code, topic, producer))
  }

  private static func withBytes<R>(_ bytes: [UInt8]?, _ body: (UnsafeRawPointer?, Int) -> R) -> R {
    guard let bytes else { return body(nil, 0) }
    guard !bytes.isEmpty else { return body(UnsafeRawPointer(bitPattern: 1), 0) }
    return bytes.withUnsafeBytes { body($0.baseAddress, $0.count) }
  }

  /// A row was not taken: gives the reason if it lies in the row, nil if the queue is full; throws any other.
  func refusal(
    _ code: rd_kafka_resp_err_t, _ topic: String, _ producer: KafkaProducer
  ) throws -> KafkaFailure? {
    guard code != RD_KAFKA_RESP_ERR__QUEUE_FULL else { return nil }
    let what = "a row for topic \"\(topic)\""
    // The code is then only a consequence, such as "erroneous state".
    if let cause = producer.failure(what) { throw named(cause) }
    let failure = KafkaFailure(what, code: code)
    guard KafkaCode.isOfRow(code) else { throw named(failure) }
    return failure
  }
}
