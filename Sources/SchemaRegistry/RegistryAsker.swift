import Foundation

/// Asks the instances of a registry: the one that answered last first. One thread at a time; calls block.
final class RegistryAsker {
  /// What a registry says of a problem, in JSON.
  struct Problem {
    /// Nil: it says nothing of it.
    var message: String?
    /// Whether it is the registry that does not have something, and not a server that knows of no registry.
    var isAbsence: Bool
    /// Whether it is the registry that takes offence at what it was sent.
    var isObjection = false
  }

  private let urls: [String]
  private let sender: any HTTPSending
  private let problem: ([UInt8]) -> Problem?
  private var current = 0

  /// `urls`: at least one. `problem`: reads the body of an answer that is none of success; nil: it is no registry's.
  init(urls: [String], sender: any HTTPSending, problem: @escaping ([UInt8]) -> Problem?) {
    (self.urls, self.sender, self.problem) = (urls, sender, problem)
  }

  /// The answer, read as JSON. Throws `RegistryFailure`.
  func ask<Answer: Decodable>(_ what: String, _ request: HTTPRequest) throws(RegistryFailure) -> Answer {
    let body = try bytes(what, request)
    guard let read = try? JSONDecoder().decode(Answer.self, from: Data(body)) else {
      throw RegistryFailure(what, "the registry's answer is not what its API says", .malformed)
    }
    return read
  }

  /// The answer as text. Throws `RegistryFailure`.
  func text(_ what: String, _ request: HTTPRequest) throws(RegistryFailure) -> String {
    let body = try bytes(what, request)
    guard let text = String(validating: body, as: UTF8.self), !body.contains(0) else {
      throw RegistryFailure(what, "the registry's answer is no text", .malformed)
    }
    return text
  }

  private func bytes(_ what: String, _ request: HTTPRequest) throws(RegistryFailure) -> [UInt8] {
    var troubles: [String] = []
    for _ in urls.indices {
      switch sent(request) {
      case .success(let answer):
        guard answer.status >= 500 || answer.status == 429 else { return try body(what, answer) }
        troubles.append("\(urls[current]): \(message(of: answer))")
      case .failure(let trouble): troubles.append(trouble.message)
      }
      current = (current + 1) % urls.count
    }
    throw RegistryFailure(what, troubles.joined(separator: "; "), .unavailable)
  }

  private func sent(_ request: HTTPRequest) -> Result<HTTPAnswer, HTTPTrouble> {
    do { return .success(try sender.send(request, to: urls[current])) } catch { return .failure(error) }
  }

  private func body(_ what: String, _ answer: HTTPAnswer) throws(RegistryFailure) -> [UInt8] {
    let message = message(of: answer)
    switch answer.status {
    case 200..<300: return answer.body
    case 401, 403: throw RegistryFailure(what, "the registry refuses: \(message)", .refused)
    case 404 where problem(answer.body)?.isAbsence ?? false:
      throw RegistryFailure(what, "the registry does not have it: \(message)", .unknown)
    case 409, 422: throw RegistryFailure(what, "the registry rejects it: \(message)", .rejected)
    case 400 where problem(answer.body)?.isObjection ?? false:
      throw RegistryFailure(what, "the registry rejects it: \(message)", .rejected)
    default: throw RegistryFailure(what, "the registry answers \(message)", .malformed)
    }
  }

  private func message(of answer: HTTPAnswer) -> String {
    "HTTP \(answer.status)" + (problem(answer.body)?.message.map { ", \($0)" } ?? "")
  }
}
