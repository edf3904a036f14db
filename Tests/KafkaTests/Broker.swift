import CRdKafka
import Foundation
import XCTest

@testable import Kafka

/// A real broker on loopback for the tests of this bundle: started at the first need, shut down at the end.
/// `MILLRACE_KAFKA_HOME` names a Kafka folder with a `cluster` script.
final class Broker: XCTestObservation, @unchecked Sendable {
  static let shared: Result<Broker, any Error> = Result { try start() }

  let servers: String
  private let script: String
  private let directory: URL

  struct Unavailable: Error, CustomStringConvertible { var description: String }

  private init(home: String) throws {
    script = home + "/cluster"
    directory = URL(fileURLWithPath: NSTemporaryDirectory())
      .appendingPathComponent("millrace-kafka-\(UUID().uuidString)")
    let port = 31100 + Int(getpid() % 49) * 2
    servers = try Self.run(script, ["up", directory.path, "--port", String(port), "--heap", "384m"])
    XCTestObservationCenter.shared.addTestObserver(self)
  }

  private static func start() throws -> Broker {
    guard let home = ProcessInfo.processInfo.environment["MILLRACE_KAFKA_HOME"], !home.isEmpty else {
      throw XCTSkip("needs a broker: set MILLRACE_KAFKA_HOME")
    }
    return try Broker(home: home)
  }

  func testBundleDidFinish(_: Bundle) {
    _ = try? Self.run(script, ["down", directory.path])
    try? FileManager.default.removeItem(at: directory)
  }

  /// The broker hangs. A signal is only on its way when it has been sent: returns when all threads have stopped.
  func pause() throws {
    _ = try Self.run(script, ["pause", directory.path, "1"])
    let pid = try String(contentsOf: directory.appendingPathComponent("node-1/pid"), encoding: .utf8)
    let threads = "/proc/\(pid.trimmingCharacters(in: .whitespacesAndNewlines))/task"
    for _ in 0..<1000 {
      if try FileManager.default.contentsOfDirectory(atPath: threads).allSatisfy({ Self.isStopped("\(threads)/\($0)") })
      {
        return
      }
      usleep(10_000)
    }
    throw Unavailable(description: "the broker goes on 10 s after SIGSTOP")
  }

  /// Whether a thread has stopped, or ended.
  private static func isStopped(_ thread: String) -> Bool {
    guard let text = try? String(contentsOfFile: thread + "/stat", encoding: .utf8) else { return true }
    // After its name, which is in parentheses.
    return text.split(separator: ")").last?.hasPrefix(" T ") ?? true
  }

  func resume() throws { _ = try Self.run(script, ["resume", directory.path, "1"]) }

  /// Runs the script; gives what it wrote. Not by Foundation's Process: that waits for every process that inherits its
  /// descriptors, so for the broker.
  private static func run(_ script: String, _ arguments: [String]) throws -> String {
    let output = NSTemporaryDirectory() + "cluster-\(UUID().uuidString)"
    defer { unlink(output) }
    let words = ["/bin/sh", "-c", "exec \"$0\" \"$@\" > '\(output)'", script] + arguments
    let argv = words.map { strdup($0) } + [nil]
    defer { for word in argv { free(word) } }
    var child = pid_t()
    var status: Int32 = 0
    guard posix_spawn(&child, "/bin/sh", nil, nil, argv, environ) == 0, waitpid(child, &status, 0) == child, status == 0
    else { throw Unavailable(description: "\(script) \(arguments) ended with \(status)") }
    return try String(contentsOfFile: output, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Deletes the messages of partition 0 before `offset`, as retention does.
  func deleteRecords(_ topic: String, before offset: Int64) throws {
    let producer = try KafkaProducer(properties: KafkaProperties(["bootstrap.servers": servers]), transactionalID: nil)
    let list = rd_kafka_topic_partition_list_new(1)
    rd_kafka_topic_partition_list_add(list, topic, 0)?.pointee.offset = offset
    var deletion = rd_kafka_DeleteRecords_new(list)
    let queue = rd_kafka_queue_new(producer.handle)
    defer {
      rd_kafka_topic_partition_list_destroy(list)
      rd_kafka_DeleteRecords_destroy(deletion)
      rd_kafka_queue_destroy(queue)
    }
    rd_kafka_DeleteRecords(producer.handle, &deletion, 1, nil, queue)
    guard let event = rd_kafka_queue_poll(queue, 20_000) else { throw Unavailable(description: "no answer") }
    defer { rd_kafka_event_destroy(event) }
    guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw Unavailable(description: String(cString: rd_kafka_event_error_string(event)))
    }
  }

  /// Makes a topic.
  func create(_ topic: String, partitions: Int32) throws {
    let producer = try KafkaProducer(properties: KafkaProperties(["bootstrap.servers": servers]), transactionalID: nil)
    var made = rd_kafka_NewTopic_new(topic, partitions, 1, nil, 0)
    let queue = rd_kafka_queue_new(producer.handle)
    defer {
      rd_kafka_NewTopic_destroy(made)
      rd_kafka_queue_destroy(queue)
    }
    rd_kafka_CreateTopics(producer.handle, &made, 1, nil, queue)
    guard let event = rd_kafka_queue_poll(queue, 20_000) else { throw Unavailable(description: "no answer") }
    defer { rd_kafka_event_destroy(event) }
    guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw Unavailable(description: String(cString: rd_kafka_event_error_string(event)))
    }
    let consumer = try KafkaConsumer(properties: KafkaProperties(["bootstrap.servers": servers]), group: "made")
    _ = try consumer.partitions(of: [topic])
  }
}
