import Dataflow
import Foundation
import XCTest

final class MailboxTests: XCTestCase {
  func testOrderOfEachSender() {
    let mailbox = Mailbox<[Int]>()
    for sender in 0..<4 {
      Thread { for number in 0..<10_000 { mailbox.send([sender, number]) } }.start()
    }
    var next = [0, 0, 0, 0]
    let deadline = Date().addingTimeInterval(20)
    while next.reduce(0, +) < 40_000, Date() < deadline {
      for event in mailbox.receive(timeout_us: 10_000) {
        XCTAssertEqual(event[1], next[event[0]])
        next[event[0]] += 1
      }
    }
    XCTAssertEqual(next, [10_000, 10_000, 10_000, 10_000])
  }

  func testTimeout() {
    let mailbox = Mailbox<Int>()
    XCTAssertEqual(mailbox.receive(timeout_us: 0), [])
    XCTAssertEqual(mailbox.receive(timeout_us: -5), [])
    let start = Clock.monotonic_us()
    XCTAssertEqual(mailbox.receive(timeout_us: 30_000), [])
    XCTAssertGreaterThanOrEqual(Clock.monotonic_us() - start, 29_000)
    mailbox.send(1)
    mailbox.send(2)
    XCTAssertEqual(mailbox.receive(timeout_us: .max), [1, 2])
  }

  func testWakesTheReceiver() {
    for timeout_us in [Int64(30_000_000), .max] {
      let mailbox = Mailbox<Int>()
      let sender = Thread {
        usleep(20_000)
        mailbox.send(7)
      }
      sender.start()
      let start = Clock.monotonic_us()
      XCTAssertEqual(mailbox.receive(timeout_us: timeout_us), [7])
      XCTAssertLessThan(Clock.monotonic_us() - start, 10_000_000)
    }
  }

  func testGate() {
    let gate = EpochGate(open: 3)
    XCTAssertTrue(gate.admits(3))
    XCTAssertFalse(gate.admits(4))
    gate.advance(to: 4)
    XCTAssertTrue(gate.admits(4))
    XCTAssertFalse(gate.admits(5))
  }
}
