import Checkpointing
import Foundation
import Glibc
import Pipeline

/// What `millrace status` does: asks the running job. Changes nothing.
package enum StatusCommand {
  /// From one piece of the answer to the next, in seconds.
  private static let timeout_s = 10
  private static let sizeLimit = 256 << 20

  /// Prints how a job gets on, for people or as a line of JSON. `path`: the job's directory, the storage if it has one job,
  /// or its pipeline file. Throws `JobError`, and what `output`, which gets the bytes to print, throws. [control]
  package static func run(_ path: String, asJSON: Bool, output: ([UInt8]) throws -> Void) throws {
    let directory = try Self.directory(path)
    let answer = try ask(directory)
    try output(asJSON ? answer : Array(text(answer, directory).utf8))
  }

  private static func directory(_ path: String) throws -> String {
    var isDirectory: ObjCBool = false
    guard !path.hasPrefix("file://"), FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
      !isDirectory.boolValue
    else { return try Inspection.store(path).directory }
    guard let directory = PipelineDocument(path: path).jobDirectory else {
      throw JobError(
        .usage, "no-storage",
        "\(path) names no job with a checkpoint storage, and a job answers there only; `millrace check \(path)` says more"
      )
    }
    return directory
  }

  /// The answer of the job in `directory`: a line of JSON.
  static func ask(_ directory: String) throws -> [UInt8] {
    let socket = StatusSocket(directory: directory)
    let file: Int32
    do { file = try socket.connect(timeout_s: timeout_s) } catch { throw notAnswering(error, directory) }
    defer { close(file) }
    let answer = try read(file, socket.path)
    guard answer.last == UInt8(ascii: "\n") else {
      throw JobError(
        .failed, "no-answer", "\(socket.path): the answer is cut off: the job has ended meanwhile; ask again")
    }
    return answer
  }

  private static func notAnswering(_ error: StatusSocketError, _ directory: String) -> JobError {
    switch error.code {
    case ENOENT, ECONNREFUSED:
      JobError(
        .failed, "not-running",
        "no job runs with its checkpoints in \(directory), or it could not open its socket, which its log says then; "
          + "`millrace checkpoints list \(directory)` shows what it has left")
    case EACCES, EPERM:
      JobError(.failed, "not-allowed", "\(error). Only the user that the job runs as, and root, may ask it")
    default: JobError(.failed, "no-answer", "\(error)")
    }
  }

  private static func read(_ file: Int32, _ path: String) throws -> [UInt8] {
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while answer.count < sizeLimit {
      let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 {
        let reason = errno == EAGAIN ? "no answer in \(timeout_s) s" : String(cString: strerror(errno))
        throw JobError(.failed, "no-answer", "\(path): \(reason)")
      }
      guard count > 0 else { break }
      answer += buffer.prefix(count)
    }
    return answer
  }

  /// What the answer says, for people; of an engine whose answers have another form at least who it is.
  private static func text(_ answer: [UInt8], _ directory: String) throws -> String {
    do { return StatusText(try JSONDecoder().decode(JobStatus.self, from: Data(answer))).text } catch {
      throw JobError(
        .failed, "other-version",
        "the job in \(directory) answers in a way that this engine, \(EngineVersion.current), does not know; use the "
          + "engine that it runs with, or --format json")
    }
  }
}
