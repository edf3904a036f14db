import CMillrace

/// What is still a draft of the ABI.
extension PluginLoader {
  func readSources(
    _ pointer: UnsafeRawPointer?, _ file: PluginFile, _ reader: DescriptorReader
  ) throws -> [SourceType] {
    guard let list = pointer?.assumingMemoryBound(to: mill_sources.self).pointee else { return [] }
    try reader.check(list.struct_size, atLeast: MemoryLayout<mill_sources>.size, "mill_sources")
    return try (0..<count(list.count, hasArray: list.types != nil, MILL_SOURCES, file)).map { index in
      guard let type = list.types[index], let descriptor = type.pointee.descriptor, let table = type.pointee.vtable
      else { throw half(file, "source \(index)", ["its descriptor or vtable"]) }
      let d = descriptor.pointee
      try reader.check(d.struct_size, atLeast: MemoryLayout<mill_source_descriptor>.size, "a source's descriptor")
      let read = try simple(d.id, d.version, d.summary, d.config_schema, "a source", reader)
      try reader.check(
        table.pointee.struct_size, atLeast: MemoryLayout<mill_source_vtable>.size, "the vtable of \(read.id)")
      let v = table.pointee
      var missing: [String] = []
      if v.create == nil { missing.append("create") }
      if v.schema == nil { missing.append("schema") }
      if v.seek == nil { missing.append("seek") }
      if v.poll == nil { missing.append("poll") }
      if v.position == nil { missing.append("position") }
      if v.destroy == nil { missing.append("destroy") }
      guard missing.isEmpty else { throw half(file, "source \(read.id)", missing) }
      return SourceType(descriptor: read, vtable: table, sha256: file.sha256, path: file.path)
    }
  }

  func readSinks(
    _ pointer: UnsafeRawPointer?, _ file: PluginFile, _ reader: DescriptorReader
  ) throws -> [SinkType] {
    guard let list = pointer?.assumingMemoryBound(to: mill_sinks.self).pointee else { return [] }
    try reader.check(list.struct_size, atLeast: MemoryLayout<mill_sinks>.size, "mill_sinks")
    return try (0..<count(list.count, hasArray: list.types != nil, MILL_SINKS, file)).map { index in
      guard let type = list.types[index], let descriptor = type.pointee.descriptor, let table = type.pointee.vtable
      else { throw half(file, "sink \(index)", ["its descriptor or vtable"]) }
      let d = descriptor.pointee
      try reader.check(d.struct_size, atLeast: MemoryLayout<mill_sink_descriptor>.size, "a sink's descriptor")
      let read = try simple(d.id, d.version, d.summary, d.config_schema, "a sink", reader)
      try reader.check(
        table.pointee.struct_size, atLeast: MemoryLayout<mill_sink_vtable>.size, "the vtable of \(read.id)")
      let v = table.pointee
      var missing: [String] = []
      if v.create == nil { missing.append("create") }
      if v.bind == nil { missing.append("bind") }
      if v.recover == nil { missing.append("recover") }
      if v.write == nil { missing.append("write") }
      if v.prepare == nil { missing.append("prepare") }
      if v.commit == nil { missing.append("commit") }
      if v.destroy == nil { missing.append("destroy") }
      guard missing.isEmpty else { throw half(file, "sink \(read.id)", missing) }
      return SinkType(descriptor: read, vtable: table, sha256: file.sha256, path: file.path)
    }
  }
}
