/// A FileDescriptorSet of Protobuf, as `protoc --descriptor_set_out` writes it: what .proto files declare
/// (google/protobuf/descriptor.proto).
struct DescriptorSet {
  /// A FileDescriptorProto.
  struct File: Equatable {
    /// The path by which others import it.
    var name: String
    var bytes: ArraySlice<UInt8>
  }

  /// Each after those of them that it imports, if protoc has written it. At least one.
  var files: [File] = []

  /// Nil if the bytes are none.
  init?(_ bytes: [UInt8]) {
    guard let all = Wire.sized(bytes[...], field: 1), !all.isEmpty else { return nil }
    for file in all {
      guard let name = Wire.sized(file, field: 1)?.last, !name.isEmpty, !name.contains(0),
        let text = String(validating: name, as: UTF8.self)
      else { return nil }
      files.append(File(name: text, bytes: file))
    }
  }
}
