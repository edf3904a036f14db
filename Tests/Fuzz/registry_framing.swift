// What messages and their headers say of schemas, and sets of descriptors. An input: a byte for the framing, then either a
// message, or a byte for the size of a header and that header before it.
import Foundation

// What the framing's files take from modules that are not compiled in.
package enum MessagePart: String { case key, value }

package struct Connection {
  struct Value { var revealed: String }
  struct Property {
    var name: String
    var value: Value
  }
  var properties: [Property]
}

struct RegistryUse {
  var framing: Framing
  var useId: ApicurioId
}

struct WrittenSchema {
  enum Format { case avro, protobuf, json }
  var format: Format
  var recordName = ""
  var index: [UInt8] = []
}

enum Scalar { static func quoted(_ text: String) -> String { text } }

/// Inputs, and those that say a schema. libFuzzer calls on one thread.
nonisolated(unsafe) private var inputs = 0, good = 0

@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
  atexit { print("rows: \(inputs) inputs, \(good) good") }
  return 0
}

/// A schema's ids by what a message says.
private func ids(_ id: SchemaId) -> SchemaIds {
  switch id {
  case .id(let id): SchemaIds(id: id)
  case .guid(let guid): SchemaIds(guid: guid)
  case .contentId(let id): SchemaIds(contentId: id)
  case .globalId(let id): SchemaIds(globalId: id)
  }
}

/// What a message says is written as it was read: before it, or in its headers.
private func check(_ mark: SchemaMark, _ use: RegistryUse, _ message: ArraySlice<UInt8>, _ header: ArraySlice<UInt8>?) {
  switch mark {
  case .wrong(let what): precondition(!what.isEmpty)
  case .before(let id, let size):
    good += 1
    precondition(size >= 0 && Int(size) <= message.count)
    let written = try? use.written(ids(id), WrittenSchema(format: .json), .value, of: "it")
    // Else it is an id that nothing can have, or another framing, which the reader takes, too.
    guard let written, written.headers.isEmpty else { return }
    precondition(written.lead.elementsEqual(message.prefix(Int(size))))
  case .inHeader(let id, let index):
    good += 1
    let schema = WrittenSchema(format: .json, index: Array(index))
    guard let written = try? use.written(ids(id), schema, .value, of: "it"), let header else { return }
    precondition(written.headers.contains { $0.value.elementsEqual(header) })
  }
}

/// What says which message of a schema it is.
private func checkNames(_ message: ArraySlice<UInt8>) {
  if let index = MessageIndex.first(of: message) { precondition(message.starts(with: index) && !index.isEmpty) }
  message.withUnsafeBufferPointer { bytes in
    guard let ref = MessageRef.first(of: bytes) else { return }
    precondition(Int(ref.size) <= bytes.count && ref.name.count < Int(ref.size))
    precondition(MessageRef.index(ref.name).suffix(ref.name.count).elementsEqual(ref.name))
  }
  for file in DescriptorSet(Array(message))?.files ?? [] {
    precondition(!file.name.isEmpty && file.bytes.count <= message.count)
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  var rest = Array(UnsafeBufferPointer(start: data, count: size))[...]
  guard let first = rest.popFirst() else { return 0 }
  inputs += 1
  let use = RegistryUse(
    framing: Framing.allCases[Int(first & 7) % Framing.allCases.count], useId: first & 8 == 0 ? .content : .global)
  var header: ArraySlice<UInt8>?
  if first & 16 != 0, let count = rest.popFirst() {
    header = rest.prefix(Int(count))
    rest = rest.dropFirst(Int(count))
  }
  let mark = rest.withUnsafeBufferPointer { bytes in
    use.mark(bytes, .value) { $0 == Int(first >> 5 & 1) ? header : nil }
  }
  // Of Apicurio's headers the kind of id is in the name.
  var used = use
  if header != nil, use.framing == .apicurioHeader { used.useId = first >> 5 & 1 == 0 ? .content : .global }
  check(mark, used, rest, header)
  checkNames(rest)
  return 0
}
