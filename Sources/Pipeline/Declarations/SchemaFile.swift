import Foundation

/// A file that holds a schema.
struct SchemaFile {
  /// By the end of its name.
  enum Kind: String, CaseIterable {
    case avsc, proto, json, desc
  }
  /// What it holds is no schema; `description` says why.
  struct Malformed: Error, CustomStringConvertible {
    var description: String
  }

  let kind: Kind
  /// As the pipeline file names it.
  let name: String

  /// Nil if the end of `name` tells no kind.
  init?(_ name: String) {
    guard let kind = Kind.allCases.first(where: { name.hasSuffix(".\($0.rawValue)") }) else { return nil }
    (self.kind, self.name) = (kind, name)
  }

  /// The schema that the file's `bytes` are. Throws `Malformed`.
  func schema(_ bytes: [UInt8]) throws(Malformed) -> GivenSchema {
    switch kind {
    case .avsc: GivenSchema(format: .avro, file: name, text: try text(bytes))
    case .proto: GivenSchema(format: .protobuf, file: name, text: try text(bytes))
    case .json: GivenSchema(format: .json, file: name, text: try text(bytes))
    case .desc: try descriptors(bytes)
    }
  }

  private func text(_ bytes: [UInt8]) throws(Malformed) -> String {
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw Malformed(description: "is no text in UTF-8")
    }
    return text
  }

  /// The last file of a set, with all others: protoc puts what is imported first.
  private func descriptors(_ bytes: [UInt8]) throws(Malformed) -> GivenSchema {
    guard let files = DescriptorSet(bytes)?.files, let last = files.last else {
      throw Malformed(
        description: "is no set of descriptors; `protoc --include_imports --descriptor_set_out=\(name)` makes one")
    }
    func text(_ file: DescriptorSet.File) -> String { Data(file.bytes).base64EncodedString() }
    return GivenSchema(
      format: .protobuf, file: name, text: text(last),
      references: files.dropLast().map { .init(name: $0.name, text: text($0)) })
  }
}
