// Clients of schema registries, whatever is answered. An input: a byte that says what is asked of which registry, then answers,
// each a byte for its status and a body, with lines of `=` between them; to more questions nobody answers.
import Foundation

/// Answers with what an input has.
private final class InputServer: HTTPSending {
  private static let statuses = [200, 200, 200, 201, 302, 400, 401, 404, 409, 422, 429, 500, 0, -1]
  private var answers: ArraySlice<[UInt8]>

  init(_ bytes: ArraySlice<UInt8>) {
    let end = Array("\n=\n".utf8)
    var rest = bytes
    var found: [[UInt8]] = []
    while let place = rest.firstRange(of: end) {
      found.append(Array(rest[..<place.lowerBound]))
      rest = rest[place.upperBound...]
    }
    answers = (found + [Array(rest)])[...]
  }

  func send(_ request: HTTPRequest, to url: String) throws(HTTPTrouble) -> HTTPAnswer {
    guard let answer = answers.popFirst(), let first = answer.first else { throw HTTPTrouble(message: "nobody there") }
    return HTTPAnswer(status: Self.statuses[Int(first) % Self.statuses.count], body: Array(answer.dropFirst()))
  }
}

/// What was asked, and what was answered as it should be. libFuzzer calls on one thread.
nonisolated(unsafe) private var asked = 0, taken = 0

/// A failure says what it is.
private func take<Answer>(_ ask: () throws(RegistryFailure) -> Answer) -> Answer? {
  asked += 1
  do throws(RegistryFailure) {
    let answer = try ask()
    taken += 1
    return answer
  } catch {
    precondition(!error.message.isEmpty && !error.description.isEmpty)
    return nil
  }
}

/// What is kept of an answer beside the checkpoints is read as it was.
private func check<Answer: Codable & Equatable>(_ answer: Answer?) {
  guard let answer else { return }
  guard let data = try? JSONEncoder().encode(answer), let again = try? JSONDecoder().decode(Answer.self, from: data)
  else {
    preconditionFailure("\(answer) can't be kept")
  }
  precondition(again == answer)
}

@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
  atexit { print("rows: \(asked) questions, \(taken) good") }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: size))
  guard let first = bytes.first else { return 0 }
  let server = InputServer(bytes.dropFirst())
  let isConfluent = first & 1 == 0
  let client: any RegistryAsking =
    isConfluent
    ? RegistryClient(urls: ["http://a", "http://b"], sender: server)
    : ApicurioClient(urls: ["http://a"], group: "default", sender: server)
  let schema = SchemaText(format: .avro, text: "x")
  switch first >> 1 & 7 {
  case 0: _ = take { () throws(RegistryFailure) in try client.greet() }
  case 1: check(take { () throws(RegistryFailure) in try client.register(subject: "a b", schema) })
  case 2: check(take { () throws(RegistryFailure) in try client.lookUp(subject: "é", schema) })
  case 3: check(take { () throws(RegistryFailure) in try client.latest(subject: "a").ids })
  case 4:
    check(
      take { () throws(RegistryFailure) in
        try client.schema(isConfluent ? .guid(SchemaGuid([UInt8](0..<16))!) : .globalId(7))
      })
  default: check(take { () throws(RegistryFailure) in try client.schema(isConfluent ? .id(7) : .contentId(7)) })
  }
  return 0
}
