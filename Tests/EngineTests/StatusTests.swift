import Checkpointing
import Foundation
import XCTest

@testable import Dataflow
@testable import Engine

/// What `millrace status` tells.
final class StatusTests: XCTestCase {
  private func failure(_ step: EpochStep, _ kind: EpochFailure.Kind, epoch: UInt64 = 4) -> EpochFailure {
    EpochFailure(step: step, epoch: epoch, kind: kind, message: "no broker\nanswers")
  }

  /// Tells `board` of an epoch, from `begin_us` on a phase each millisecond, up to `end`.
  private func carry(_ board: StatusBoard, epoch: UInt64, from begin_us: Int64, to end: EpochStep = .mark) {
    let steps: [(EpochAction, EpochEvent, EpochStep)] = [
      (.injectBarrier(epoch: epoch, isFinal: false), .barrierPassed(epoch: epoch), .barrier),
      (.flush(epoch: epoch), .acknowledged(epoch: epoch), .flush),
      (.writeManifest(epoch: epoch), .prepared(epoch: epoch, digest: "d"), .manifest),
      (.commit(epoch: epoch, digest: "d"), .committed(epoch: epoch), .commit),
      (.markCommitted(epoch: epoch), .marked(epoch: epoch), .mark),
    ]
    for (index, (action, event, step)) in steps.enumerated() {
      let now_us = begin_us + Int64(index) * 1000
      board.note(action, now_us: now_us)
      if step == .manifest { board.wrote(JobStatus.Size(written: 5, total: 70), epoch: epoch) }
      board.note(event, now_us: now_us + 900)
      if step == end { return }
    }
  }

  private func board() -> StatusBoard {
    let facts = JobFacts(
      job: "flights", pid: 4711, engineVersion: "0.1.0", guarantee: "exactly_once", parallelism: 2)
    return StatusBoard(facts, startedAt_us: 1_357_035_300_250_000, started_us: 1_000_000)
  }

  private func view() -> AttemptView {
    let workers = (0..<2).map { _ in WorkerMetrics(nodeCount: 3) }
    let split = SplitMetrics(SplitPosition(split: "split-0", next: 12, watermark_us: 1_357_035_300_000_000))
    workers[0].setSplits(node: 0, [split])
    workers[0].rowsOut(node: 0, count: 5)
    workers[1].rowsOut(node: 0, count: 7)
    workers[1].rowsIn(node: 1, count: 12)
    workers[0].rowsOut(node: 1, count: 3)
    workers[0].rowsIn(node: 2, count: 3)
    workers[0].watermark(node: 0, 1_357_035_300_000_000)
    workers[0].watermark(node: 1, 2_000_000)
    workers[1].watermark(node: 1, 1_000_000)
    for worker in workers { worker.watermark(node: 2, .max) }
    return AttemptView(
      workers: workers,
      steps: [
        .init(id: "in", kind: "source"), .init(id: "alerts", kind: "operator", waits: false),
        .init(id: "out", kind: "sink"),
      ])
  }

  // MARK: - Epochs

  func testPhasesOfEpochs() throws {
    let board = board()
    board.attemptIsMade(view(), committed: 3)
    carry(board, epoch: 4, from: 2_000_000)
    carry(board, epoch: 5, from: 3_000_000, to: .flush)
    board.note(EpochAction.writeManifest(epoch: 5), now_us: 3_002_000)
    let status = StatusReport(board).status(now_us: 3_010_000)
    XCTAssertEqual(status.committedEpoch, 4)
    XCTAssertEqual(
      status.lastEpoch,
      JobStatus.Epoch(
        epoch: 4, age_us: 1_005_100, duration_us: 4900,
        phases_us: ["barrier": 900, "flush": 900, "manifest": 900, "commit": 900, "mark": 900],
        size: JobStatus.Size(written: 5, total: 70)))
    XCTAssertEqual(
      status.epochUnderWay, JobStatus.EpochUnderWay(epoch: 5, phase: "manifest", age_us: 10_000, phaseAge_us: 8000))
  }

  func testAnEpochThatFailsIsNotUnderWay() {
    let board = board()
    board.attemptIsMade(view(), committed: 3)
    carry(board, epoch: 4, from: 2_000_000, to: .barrier)
    board.note(EpochEvent.failed(failure(.flush, .retriable)), now_us: 2_500_000)
    XCTAssertEqual(StatusReport(board).status(now_us: 2_600_000).epochUnderWay?.epoch, 4, "it is tried again")
    board.note(EpochEvent.failed(failure(.flush, .fatal)), now_us: 2_700_000)
    XCTAssertNil(StatusReport(board).status(now_us: 2_700_000).epochUnderWay)
    XCTAssertEqual(board.current.epochs.committed, 3)
  }

  /// A start commits and marks the epoch that it goes on from: that is none of this attempt's.
  func testAStartIsNoEpoch() {
    let board = board()
    board.attemptIsMade(view(), committed: 3)
    board.note(EpochAction.commit(epoch: 3, digest: "d"), now_us: 1)
    board.note(EpochEvent.committed(epoch: 3), now_us: 2)
    board.note(EpochAction.markCommitted(epoch: 3), now_us: 3)
    board.note(EpochEvent.marked(epoch: 3), now_us: 4)
    XCTAssertNil(board.current.epochs.last)
    XCTAssertNil(board.current.epochs.underWay)
    XCTAssertEqual(board.current.epochs.committed, 3)
  }

  // MARK: - Retries

  func testRetriesUntilTheySucceed() {
    let board = board()
    board.attemptIsMade(view(), committed: 3)
    carry(board, epoch: 4, from: 2_000_000, to: .barrier)
    for time_us in [2_100_000, 2_400_000, 2_900_000] as [Int64] {
      board.note(EpochEvent.failed(failure(.flush, .retriable)), now_us: time_us)
    }
    XCTAssertEqual(
      StatusReport(board).status(now_us: 3_000_000).retries,
      [
        JobStatus.Retry(
          what: "flush", age_us: 900_000, count: 3, lastAge_us: 100_000,
          lastError: failure(.flush, .retriable).description)
      ])
    board.note(EpochEvent.acknowledged(epoch: 4), now_us: 3_000_000)
    XCTAssertEqual(board.current.retries.entries, [])
  }

  func testAttemptsAreRetriedUntilAnEpochIsThrough() {
    let board = board()
    board.attemptBegins(now_us: 1_000_000)
    board.attemptIsMade(view(), committed: 3)
    board.note(EpochEvent.failed(failure(.commit, .retriable)), now_us: 1_500_000)
    board.attemptEnds()
    board.pauses(failure(.commit, .fenced), now_us: 2_000_000)
    XCTAssertEqual(board.current.retries.entries.map(\.what), ["attempt"])
    XCTAssertNil(board.current.view, "a dead attempt is held on to")
    XCTAssertEqual(board.current.phase, .pausing)
    board.attemptBegins(now_us: 2_500_000)
    board.prepares("looks the topics up")
    board.pauses(failure(.start, .retriable), now_us: 3_000_000)
    board.attemptBegins(now_us: 3_500_000)
    board.attemptIsMade(view(), committed: 3)
    board.enter(.running, 4_000_000)
    XCTAssertEqual(
      StatusReport(board).status(now_us: 4_000_000).retries,
      [
        JobStatus.Retry(
          what: "attempt", age_us: 2_000_000, count: 2, lastAge_us: 1_000_000,
          lastError: failure(.start, .retriable).description)
      ])
    carry(board, epoch: 4, from: 4_000_000)
    XCTAssertEqual(board.current.retries.entries, [])
    XCTAssertEqual(board.current.attempts, 3)
  }

  func testConnectionsAreListedForAMinuteAfterTheirLastError() {
    let log = ConnectionLog()
    let report = StatusReport(StatusBoard(board().facts, connections: log, started_us: 0))
    for time_us in [0, 30_000_000, 80_000_000] as [Int64] { log.failed("kafka", "down \(time_us)", now_us: time_us) }
    log.failed("other", "away", now_us: 90_000_000)
    XCTAssertEqual(
      report.status(now_us: 100_000_000).retries,
      [
        JobStatus.Retry(
          what: "connection kafka", age_us: 100_000_000, count: 3, lastAge_us: 20_000_000, lastError: "down 80000000"),
        JobStatus.Retry(
          what: "connection other", age_us: 10_000_000, count: 1, lastAge_us: 10_000_000, lastError: "away"),
      ])
    XCTAssertEqual(report.status(now_us: 145_000_000).retries.map(\.what), ["connection other"])
    log.failed("kafka", "down again", now_us: 150_000_000)
    XCTAssertEqual(report.status(now_us: 150_000_001).retries.last?.count, 1, "it is counted on after it was over")
    XCTAssertEqual(report.status(now_us: 300_000_000).retries, [])
  }

  // MARK: - Text

  /// A job of whose status everything is there.
  private func busyJob() -> JobStatus {
    let board = board()
    board.attemptBegins(now_us: 1_100_000)
    board.runs([
      Manifest.Plugin(
        step: "alerts", id: "examples.delay", version: "1.2.0", sha256: "0123456789abcdef0123", fromEpoch: 2)
    ])
    let (view, report) = (view(), StatusReport(board))
    board.attemptIsMade(view, committed: 3)
    board.enter(.running, 1_500_000)
    carry(board, epoch: 4, from: 2_000_000)
    carry(board, epoch: 5, from: 3_000_000, to: .barrier)
    report.turn(now_us: 65_200_000)
    view.workers[1].rowsIn(node: 1, count: 100)
    view.workers[0].busy(node: 1, for: 5_000_000_000)
    view.workers[1].backPressure(node: 0, for: 2_000_000)
    board.note(EpochAction.flush(epoch: 5), now_us: 3_001_000)
    board.note(EpochEvent.failed(failure(.flush, .retriable, epoch: 5)), now_us: 3_500_000)
    return report.status(now_us: 75_200_000)
  }

  func testText() {
    XCTAssertEqual(
      StatusText(busyJob()).text,
      """
      job flights, running for 1 m 13 s
        process    pid 4711, engine 0.1.0, since 2013-01-01T10:15:00Z (1 m 14 s)
        guarantee  exactly_once, parallelism 2
        epochs     4 counts
        last       4, 1 m 13 s ago, took 4 ms: barrier 900 us, flush 900 us, manifest 900 us, commit 900 us, mark 900 us, 5 bytes written, 70 in all
        under way  5, for 1 m 12 s: flush for 1 m 12 s

      failing, tried again
        what   for       failures  last          last error
        flush  1 m 11 s         1  1 m 11 s ago  epoch 5, flush (retriable): no broker answers

      steps
        step    kind      rows in  rows out  rows/s  busy %  back-pressure %  watermark
        in      source          -        12       0       0               10  2013-01-01T10:15:00Z
        alerts  operator      112         3      10      25                -  1970-01-01T00:00:01Z
        out     sink            3         -       0       0                0  -

      splits
        step  split    worker  next  rows/s  watermark             note
        in    split-0       0    12       0  2013-01-01T10:15:00Z  holds the watermark back

      plugins
        step    id              version  from epoch  sha256
        alerts  examples.delay  1.2.0             2  0123456789abcdef…

      """)
  }

  func testTextOfAStart() {
    let board = board()
    board.attemptBegins(now_us: 1_000_000)
    board.attemptBegins(now_us: 2_000_000)
    board.prepares("looks the topics up")
    XCTAssertEqual(
      StatusText(StatusReport(board).status(now_us: 2_000_500)).text,
      """
      job flights, starting for 500 us: looks the topics up
        process    pid 4711, engine 0.1.0, since 2013-01-01T10:15:00Z (1.0 s), attempt 2
        guarantee  exactly_once, parallelism 2
        epochs     none is committed yet

      """)
  }

  func testDurations() {
    let expected: [(Int64, String)] = [
      (-5, "0 us"), (0, "0 us"), (999, "999 us"), (1000, "1 ms"), (999_999, "999 ms"), (1_000_000, "1.0 s"),
      (4_290_000, "4.2 s"), (59_999_999, "59.9 s"), (60_000_000, "1 m 0 s"), (432_000_000, "7 m 12 s"),
      (3_600_000_000, "1 h 0 m"), (86_399_999_999, "23 h 59 m"), (1_054_800_000_000, "12 d 5 h"),
    ]
    for (time_us, text) in expected { XCTAssertEqual(StatusText.duration(time_us), text) }
  }

  // MARK: - JSON

  func testJSONAndBack() throws {
    let status = busyJob()
    let encoder = JSONEncoder()
    let bytes = try encoder.encode(status)
    XCTAssertEqual(try JSONDecoder().decode(JobStatus.self, from: bytes), status)
    let object = try XCTUnwrap(JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    XCTAssertEqual(object["committed_epoch"] as? Int, 4)
    XCTAssertEqual((object["last_epoch"] as? [String: Any])?["duration_us"] as? Int, 4900)
    XCTAssertEqual((object["steps"] as? [[String: Any]])?.last?["watermark_us"] as? Int, nil)
    for name in try names(in: object) {
      XCTAssertNotNil(name.wholeMatch(of: /[a-z0-9_]+/), "\(name) is no name as the other formats have them")
    }
  }

  private func names(in value: Any) throws -> [String] {
    if let object = value as? [String: Any] { return try object.flatMap { [$0.key] + (try names(in: $0.value)) } }
    if let array = value as? [Any] { return try array.flatMap(names) }
    return []
  }

  func testTheAnswerIsALine() throws {
    let board = board()
    board.attemptBegins()
    let answer = try StatusReport(board).answer()
    XCTAssertEqual(answer.filter { $0 == UInt8(ascii: "\n") }.count, 1)
    XCTAssertEqual(answer.last, UInt8(ascii: "\n"))
    XCTAssertEqual(try JSONDecoder().decode(JobStatus.self, from: Data(answer)).job, "flights")
  }
}
