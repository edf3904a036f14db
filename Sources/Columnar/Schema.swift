import CMillrace
import Glibc

/// The columns of a batch.
package struct Schema: Hashable, Sendable {
  package var fields: [Field]

  package init(_ fields: [Field]) { self.fields = fields }

  /// The index of the column called `name`.
  package func index(of name: String) -> Int? { fields.firstIndex { $0.name == name } }
}

extension Schema: CustomStringConvertible {
  package var description: String { DataType.structure(fields).description }
}

/// A schema from outside that Millrace can't carry.
package struct SchemaError: Error, CustomStringConvertible {
  package var description: String
}

extension Schema {
  /// Copies a struct type ("+s") from Arrow's C form; does not release it. Throws `SchemaError`.
  package init(importing schema: UnsafePointer<ArrowSchema>) throws {
    let field = try Field(importing: schema, depth: 0)
    guard case .structure(let fields) = field.type else {
      throw SchemaError(description: "a batch's schema must be a struct (\"+s\"), found \(field.type)")
    }
    self.init(fields)
  }

  /// Writes the schema in Arrow's C form; the receiver releases it.
  package func export(to target: UnsafeMutablePointer<ArrowSchema>) {
    Field("", .structure(fields)).export(to: target)
  }
}

extension Field {
  private static let depthLimit = 32

  /// Copies a field from Arrow's C form; does not release it. Throws `SchemaError`.
  package init(importing schema: UnsafePointer<ArrowSchema>) throws { try self.init(importing: schema, depth: 0) }

  init(importing schema: UnsafePointer<ArrowSchema>, depth: Int) throws {
    let name = schema.pointee.name.map { String(cString: $0) } ?? ""
    guard depth < Self.depthLimit else { throw SchemaError(description: "field \"\(name)\" is nested too deep") }
    guard let rawFormat = schema.pointee.format else {
      throw SchemaError(description: "field \"\(name)\" has no format")
    }
    guard schema.pointee.dictionary == nil else {
      throw SchemaError(description: "field \"\(name)\" is dictionary-encoded, which Millrace does not take; decode it")
    }
    let format = String(cString: rawFormat)
    let children = try Self.children(of: schema, name: name, depth: depth)
    guard let type = DataType(format: format, children: children) else {
      throw SchemaError(
        description: "field \"\(name)\" has the Arrow format \"\(format)\", which Millrace does not take")
    }
    self.init(name, type, nullable: schema.pointee.flags & Int64(ARROW_FLAG_NULLABLE) != 0)
  }

  private static func children(of schema: UnsafePointer<ArrowSchema>, name: String, depth: Int) throws -> [Field] {
    let count = schema.pointee.n_children
    guard count >= 0, count < 10_000, count == 0 || schema.pointee.children != nil else {
      throw SchemaError(description: "field \"\(name)\" has \(count) children, or none where it says so")
    }
    return try (0..<Int(count)).map { index in
      guard let child = schema.pointee.children[index] else {
        throw SchemaError(description: "field \"\(name)\" lacks its child \(index)")
      }
      return try Field(importing: child, depth: depth + 1)
    }
  }

  func export(to target: UnsafeMutablePointer<ArrowSchema>) {
    let children = type.childFields
    target.initialize(
      to: ArrowSchema(
        format: strdup(type.format), name: strdup(name), metadata: nil,
        flags: nullable ? Int64(ARROW_FLAG_NULLABLE) : 0, n_children: Int64(children.count), children: nil,
        dictionary: nil, release: releaseExportedSchema, private_data: nil))
    guard !children.isEmpty else { return }
    let pointers = UnsafeMutablePointer<UnsafeMutablePointer<ArrowSchema>?>.allocate(capacity: children.count)
    for (index, child) in children.enumerated() {
      let memory = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: 1)
      child.export(to: memory)
      pointers[index] = memory
    }
    target.pointee.children = pointers
  }
}

private func releaseExportedSchema(_ schema: UnsafeMutablePointer<ArrowSchema>?) {
  guard let schema else { return }
  free(UnsafeMutableRawPointer(mutating: schema.pointee.format))
  free(UnsafeMutableRawPointer(mutating: schema.pointee.name))
  for index in 0..<Int(schema.pointee.n_children) {
    guard let child = schema.pointee.children[index] else { continue }
    if let release = child.pointee.release { release(child) }
    child.deallocate()
  }
  if schema.pointee.n_children > 0 { schema.pointee.children.deallocate() }
  schema.pointee.release = nil
}
