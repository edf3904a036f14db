import Foundation

/// The file: one JSON object whose first member is the format, the second the SHA-256 of the bytes of the third.
extension Manifest {
  private static let opening = Array(#"{"format":"millrace.manifest/2","sha256":""#.utf8)
  private static let middle = Array(#"","manifest":"#.utf8)
  private static let closing = Array("}\n".utf8)
  /// Longer files are refused unread.
  static let sizeLimit = 256 << 20
  /// The most that a state file can have: sums of sizes can't overflow.
  static let fileSizeLimit: Int64 = 1 << 50

  /// Microseconds since 1970 after which no manifest is made: differences of times can't overflow.
  private static let latest_us: Int64 = 1 << 60

  /// The file's bytes.
  package func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let body = Array(try encoder.encode(self))
    return Self.opening + Array(SHA256.hex(body).utf8) + Self.middle + body + Self.closing
  }

  /// Reads and checks the bytes of a manifest file. `path` is for errors only.
  package init(checking bytes: [UInt8], path: String) throws(CheckpointError) {
    let body = try Self.body(of: bytes, path: path)
    do { self = try JSONDecoder().decode(Manifest.self, from: Data(body)) } catch {
      throw CheckpointError(path: path, reason: "not a manifest: \(Self.explain(error))")
    }
    try check(path: path)
  }

  /// Throws if a value is not in its range. `path` is for errors only.
  func check(path: String) throws(CheckpointError) {
    if let fault { throw CheckpointError(path: path, reason: fault) }
  }

  private static func body(of bytes: [UInt8], path: String) throws(CheckpointError) -> ArraySlice<UInt8> {
    let digestEnd = opening.count + 64
    let bodyStart = digestEnd + middle.count
    guard bytes.count >= bodyStart + closing.count, bytes.starts(with: opening),
      bytes[digestEnd...].starts(with: middle), bytes.suffix(closing.count).elementsEqual(closing)
    else {
      throw CheckpointError(
        path: path, reason: "not a complete manifest of format millrace.manifest/2 (\(bytes.count) bytes)",
        remedy: "A newer engine may have written it; otherwise it was cut off or changed")
    }
    let body = bytes[bodyStart..<(bytes.count - closing.count)]
    let expected = String(decoding: bytes[opening.count..<digestEnd], as: UTF8.self)
    let actual = SHA256.hex(body)
    guard actual == expected else {
      throw CheckpointError(
        path: path, reason: "checksum mismatch: the content has \(actual), the file says \(expected)",
        remedy: "The file was changed after it was written, or the disk lost bytes")
    }
    return body
  }

  private static func explain(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context): return "no \(key.stringValue) in \(place(context))"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context):
      return "\(place(context)): \(context.debugDescription)"
    default: return "\(error)"
    }
  }

  private static func place(_ context: DecodingError.Context) -> String {
    context.codingPath.isEmpty ? "the manifest" : context.codingPath.map(\.stringValue).joined(separator: ".")
  }

  /// What a manifest with a right checksum may still have wrong; nil if nothing.
  private var fault: String? {
    if epoch == 0 { return "epoch 0 has no checkpoint" }
    if !(0...Self.latest_us).contains(createdAt_us) { return "created_at_us \(createdAt_us) is no time" }
    if !(1...32_768).contains(keyGroups) { return "key_groups \(keyGroups) is not in 1…32768" }
    if !(1...4096).contains(parallelism) { return "parallelism \(parallelism) is not in 1…4096" }
    var names: Set<String> = []
    for file in stateFiles {
      if !Self.isFileName(file.name) { return "state file name \"\(file.name)\" is not a plain file name" }
      if !SHA256.isHex(file.sha256) { return "state file \(file.name): \"\(file.sha256)\" is not a SHA-256" }
      if file.size > Self.fileSizeLimit { return "state file \(file.name): \(file.size) bytes can't be" }
      if file.size < 0 || file.worker < 0 { return "state file \(file.name): negative size or worker" }
      // A run may be there again for other key groups: its parts went to several workers, which then became one.
      if !names.insert("\(file.kind)/\(file.worker)/\(file.name)/\(file.keyGroups?.first ?? 0)").inserted {
        return "state file \(file.name) is listed twice"
      }
      if let fault = fault(of: file) { return fault }
    }
    return outboxFault
  }

  private func fault(of file: StateFile) -> String? {
    guard file.kind == .run else { return nil }
    guard let groups = file.keyGroups else { return "run \(file.name) has no key groups" }
    guard groups.first >= 0, groups.count > 0, groups.count <= keyGroups, groups.first <= keyGroups - groups.count
    else {
      return "run \(file.name) has key groups \(groups.first) and \(groups.count) from there, of \(keyGroups)"
    }
    return nil
  }

  /// Whether `name` can be a file's name and nothing else.
  static func isFileName(_ name: String) -> Bool {
    (1...200).contains(name.utf8.count) && !name.hasPrefix(".")
      && name.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || byte == 45 || byte == 46 || byte == 95
      }
  }
}
