import CRdKafka
import Glibc
import Synchronization

/// What librdkafka has to say about a connection.
package struct KafkaLogLine: Sendable {
  /// syslog's level: 3 error, 4 warning, 5 notice, 6 info, 7 debug.
  package var level: Int
  /// E.g. "FAIL [thrd:127.0.0.1:9092/1]: Connect to … failed".
  package var text: String
}

/// Takes log lines, also about brokers that are down, which librdkafka gets over by itself. Called from librdkafka's
/// threads; must not block. [any]
package typealias KafkaLogHandler = @Sendable (KafkaLogLine) -> Void

/// That brokers do not let a client in.
struct ClientRefusal: Sendable {
  /// `_AUTHENTICATION` or `_SSL`.
  var code: rd_kafka_resp_err_t
  /// What librdkafka says.
  var text: String
  /// Whether it may also be a broker that is going down, or a proxy without one.
  var isGuess = false

  /// Nil if that is not what an error is about.
  init?(_ code: rd_kafka_resp_err_t, _ text: String) {
    self.text = text
    // In TLS 1.3 a broker refuses a client's certificate only after the handshake: that is told as a lost connection.
    if code == RD_KAFKA_RESP_ERR__TRANSPORT && text.contains("SSL routines:") && text.contains(" alert ") {
      self.code = RD_KAFKA_RESP_ERR__SSL
    } else if code == RD_KAFKA_RESP_ERR__TRANSPORT && text.contains("Disconnected")
      && text.contains(" in state SSL_HANDSHAKE")
    {
      // From 2.2 on librdkafka tells so that a handshake ends without an answer, and before as a failure of TLS. Whether it
      // adds "connecting to a PLAINTEXT broker listener?" depends on what it sees first: the end, or that it can't send.
      self.code = RD_KAFKA_RESP_ERR__SSL
      isGuess = true
    } else if code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL {
      self.code = code
    } else {
      return nil
    }
  }
}

/// What a handle's callbacks need; outlives the handle, since callbacks may come until it is destroyed.
final class KafkaCallbacks: Sendable {
  private let onLog: KafkaLogHandler?
  private let principal: KafkaPrincipal
  private let firstFailure = Mutex<KafkaFailure?>(nil)
  private let firstRefusal = Mutex<ClientRefusal?>(nil)

  init(_ properties: KafkaProperties) {
    onLog = properties.onLog
    principal = properties.principal
  }

  /// The first row that could not be delivered. [any]
  var failure: KafkaFailure? { firstFailure.withLock { $0 } }

  /// Makes the handle's callbacks come here. The configuration does not keep this object alive. `deliveries`: `take` has to
  /// be given the events of the handle's main queue.
  func attach(to configuration: OpaquePointer, deliveries: Bool) {
    rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(self).toOpaque())
    rd_kafka_conf_set_log_cb(configuration) { handle, level, facility, text in
      guard let handle, let text, let own = rd_kafka_opaque(handle) else { return }
      Unmanaged<KafkaCallbacks>.fromOpaque(own).takeUnretainedValue().log(
        Int(level), facility.map { String(cString: $0) } ?? "", String(cString: text))
    }
    // Events instead of a callback, because rd_kafka_flush ends at once then when the last row has arrived, and otherwise
    // looks every 10 ms. With delivery.report.only.error there are only failures: a row that arrives costs nothing here.
    if deliveries { rd_kafka_conf_set_events(configuration, RD_KAFKA_EVENT_DR) }
  }

  /// Takes note of an event of a producer's main queue. [any]
  func take(_ event: OpaquePointer, of handle: OpaquePointer) {
    guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR else { return }
    while let message = rd_kafka_event_message_next(event) {
      if message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR { failed(message, handle) }
    }
  }

  /// The first time that brokers did not let the client in, if `noteRefusals` was asked for. A guess is dropped as soon as
  /// something else keeps the client from a broker. [any]
  var refusal: ClientRefusal? { firstRefusal.withLock { $0 } }

  /// Makes the handle tell `refusal` whenever it is polled: it has to be, from then on.
  func noteRefusals(of configuration: OpaquePointer) {
    rd_kafka_conf_set_error_cb(configuration) { _, code, text, opaque in
      guard let opaque else { return }
      let code = rd_kafka_resp_err_t(code)
      let refusal = ClientRefusal(code, text.map { String(cString: $0) } ?? "")
      // That all brokers are down is said beside what keeps each away.
      guard refusal != nil || code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN else { return }
      Unmanaged<KafkaCallbacks>.fromOpaque(opaque).takeUnretainedValue().firstRefusal.withLock { first in
        if first?.isGuess ?? true { first = refusal }
      }
    }
  }

  private func log(_ level: Int, _ facility: String, _ text: String) {
    // The user's properties go to both kinds of client, and each warns about the other's.
    let isOthers = text.contains(" is a consumer property ") || text.contains(" is a producer property ")
    guard let onLog, !(facility == "CONFWARN" && isOthers) else { return }
    onLog(KafkaLogLine(level: level, text: facility.isEmpty ? text : "\(facility) \(text)"))
  }

  private func failed(_ message: UnsafePointer<rd_kafka_message_t>, _ handle: OpaquePointer) {
    let topic = rd_kafka_topic_name(message.pointee.rkt).map { String(cString: $0) } ?? "?"
    var problem = KafkaFailure("a row for topic \"\(topic)\"", code: message.pointee.err)
    if let cause = Self.fatal(handle, problem.what) { problem = cause }
    // The row is given up, so trying the epoch's step again is of no use, whatever the code.
    if ![.fenced, .refused].contains(problem.epochKind) { problem.epochKind = .fatal }
    let final = problem.lacking([KafkaAccess(.write, .topic(topic))], principal)
    firstFailure.withLock { $0 = $0 ?? final }
  }

  /// Why a handle is of no use any more; nil while it is.
  static func fatal(_ handle: OpaquePointer, _ what: String) -> KafkaFailure? {
    var text = [CChar](repeating: 0, count: 512)
    let code = rd_kafka_fatal_error(handle, &text, text.count)
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
    let message = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var failure = KafkaFailure(what, code: code, message: message)
    if ![.fenced, .refused].contains(failure.epochKind) { failure.epochKind = .fatal }
    return failure
  }
}

/// Time and patience.
enum Patience {
  static func now_ms() -> Int64 { read_ms(CLOCK_MONOTONIC) }

  /// Of a clock that goes on while the machine sleeps.
  static func sinceBoot_ms() -> Int64 { read_ms(CLOCK_BOOTTIME) }

  private static func read_ms(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Repeats `body` while it fails with something retriable, for `timeout_ms` in all, and as long as `isWanted`.
  static func retry<T>(
    for timeout_ms: Int64, isWanted: () -> Bool = { true }, _ body: () throws -> T
  ) throws -> T {
    let deadline = now_ms() + timeout_ms
    var pause_us: UInt32 = 20_000
    while true {
      do { return try body() } catch let failure as KafkaFailure {
        guard failure.epochKind == .retriable, now_ms() < deadline, isWanted() else { throw failure }
      }
      usleep(pause_us)
      pause_us = min(pause_us * 2, 500_000)
    }
  }
}
