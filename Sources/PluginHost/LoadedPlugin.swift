import CMillrace
import Glibc

/// A plugin in the process: what it offers. Never unloaded.
package struct LoadedPlugin: @unchecked Sendable {
  package let file: PluginFile
  package let name: String
  package let version: String
  package let operators: [OperatorType]
  package let serdes: [SerdeType]
  package let sources: [SourceType]
  package let sinks: [SinkType]
}

/// Puts checked files into the process. [control]
package struct PluginLoader {
  /// Where the content-addressed copies go: must be on a file system mounted with exec.
  private let cache: String

  package init(cacheDirectory: String) { cache = cacheDirectory }

  /// Copies the file to a path named by its digest, loads that, and reads what it offers. Once per content: it runs
  /// the plugin's `init`. Throws `PluginError`.
  package func load(_ file: PluginFile) throws -> LoadedPlugin { try read(try open(file), file) }

  /// Copies the file to a path named by its digest and loads that: none of its code has run afterwards but what its
  /// loading runs. Throws `PluginError`.
  func open(_ file: PluginFile) throws -> Entry {
    let copy = try copyByContent(file)
    // Never closed again: TLS destructors and Swift metadata would dangle.
    guard let handle = dlopen(copy, RTLD_NOW | RTLD_LOCAL) else {
      let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
      throw PluginError(
        "not-loadable", file.path,
        "can't be loaded: \(reason.replacing(copy, with: file.path)); install what it needs or link it in")
    }
    guard let symbol = dlsym(handle, MILL_ENTRY_SYMBOL) else {
      throw PluginError("no-entry", file.path, "does not export \(MILL_ENTRY_SYMBOL)")
    }
    return unsafeBitCast(symbol, to: Entry.self)
  }

  typealias Entry = @convention(c) () -> UnsafePointer<mill_plugin>?

  /// Calls a plugin's entry and reads what it offers. Throws `PluginError`.
  func read(_ entry: Entry, _ file: PluginFile) throws -> LoadedPlugin {
    guard let plugin = entry() else { throw PluginError("bad-descriptor", file.path, "\(MILL_ENTRY_SYMBOL)() is NULL") }
    return try read(plugin, file)
  }

  private func copyByContent(_ file: PluginFile) throws -> String {
    mkdir(cache, 0o755)
    let path = "\(cache)/\(file.sha256).so"
    if let there = try? PluginFile.contents(path), there == file.bytes { return path }
    let temporary = "\(path).\(getpid()).tmp"
    let output = Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o755)
    guard output >= 0 else { throw cacheError(file) }
    defer { close(output) }
    var written = 0
    while written < file.bytes.count {
      let count = file.bytes.withUnsafeBytes { write(output, $0.baseAddress! + written, $0.count - written) }
      guard count > 0 else { throw cacheError(file) }
      written += count
    }
    guard rename(temporary, path) == 0 else { throw cacheError(file) }
    return path
  }

  private func cacheError(_ file: PluginFile) -> PluginError {
    PluginError("cache", file.path, "can't be copied to \(cache): \(String(cString: strerror(errno)))")
  }

  private func read(_ plugin: UnsafePointer<mill_plugin>, _ file: PluginFile) throws -> LoadedPlugin {
    let reader = DescriptorReader(path: file.path)
    try reader.check(plugin.pointee.struct_size, atLeast: MemoryLayout<mill_plugin>.size, "mill_plugin")
    guard let getExtension = plugin.pointee.get_extension else {
      throw PluginError("bad-descriptor", file.path, "mill_plugin.get_extension is NULL")
    }
    let name = try reader.text(plugin.pointee.name, "mill_plugin.name")
    let version = try reader.text(plugin.pointee.version, "mill_plugin.version")
    if let initialize = plugin.pointee.`init` {
      try ControlCalls.call(file.path, "init") { initialize(Host.pointer, $0) }
    }
    let operators = try readOperators(getExtension(MILL_OPERATORS), file, reader)
    let serdes = try readSerdes(getExtension(MILL_SERDES), file, reader)
    let sources = try readSources(getExtension(MILL_SOURCES), file, reader)
    let sinks = try readSinks(getExtension(MILL_SINKS), file, reader)
    guard !operators.isEmpty || !serdes.isEmpty || !sources.isEmpty || !sinks.isEmpty else {
      throw PluginError("no-capability", file.path, "offers neither operators nor serdes nor sources nor sinks")
    }
    return LoadedPlugin(
      file: file, name: name, version: version, operators: operators, serdes: serdes, sources: sources, sinks: sinks)
  }

  func count(_ count: UInt32, hasArray: Bool, _ what: String, _ file: PluginFile) throws -> Int {
    guard count > 0, count <= 1024, hasArray else {
      throw PluginError("half-capability", file.path, "\(what) has \(count) types, or no array of them")
    }
    return Int(count)
  }

  func half(_ file: PluginFile, _ what: String, _ missing: [String]) -> PluginError {
    PluginError("half-capability", file.path, "\(what) lacks \(missing.joined(separator: ", ")): they must be set")
  }

  private func readOperators(
    _ pointer: UnsafeRawPointer?, _ file: PluginFile, _ reader: DescriptorReader
  ) throws -> [OperatorType] {
    guard let list = pointer?.assumingMemoryBound(to: mill_operators.self).pointee else { return [] }
    try reader.check(list.struct_size, atLeast: MemoryLayout<mill_operators>.size, "mill_operators")
    return try (0..<count(list.count, hasArray: list.types != nil, MILL_OPERATORS, file)).map { index in
      guard let type = list.types[index], let descriptor = type.pointee.descriptor, let table = type.pointee.vtable
      else { throw half(file, "operator \(index)", ["its descriptor or vtable"]) }
      let read = try reader.operator(descriptor)
      try reader.check(
        table.pointee.struct_size, atLeast: MemoryLayout<mill_operator_vtable>.size, "the vtable of \(read.id)")
      let v = table.pointee
      var missing: [String] = []
      if v.create == nil { missing.append("create") }
      if v.bind == nil { missing.append("bind") }
      if v.open == nil { missing.append("open") }
      if v.process == nil { missing.append("process") }
      if v.close == nil { missing.append("close") }
      if v.destroy == nil { missing.append("destroy") }
      if v.snapshot != nil && v.restore == nil { missing.append("restore (snapshot is there)") }
      guard missing.isEmpty else { throw half(file, "operator \(read.id)", missing) }
      return OperatorType(descriptor: read, vtable: table, sha256: file.sha256, path: file.path)
    }
  }

  private func readSerdes(
    _ pointer: UnsafeRawPointer?, _ file: PluginFile, _ reader: DescriptorReader
  ) throws -> [SerdeType] {
    guard let list = pointer?.assumingMemoryBound(to: mill_serdes.self).pointee else { return [] }
    try reader.check(list.struct_size, atLeast: MemoryLayout<mill_serdes>.size, "mill_serdes")
    return try (0..<count(list.count, hasArray: list.types != nil, MILL_SERDES, file)).map { index in
      guard let type = list.types[index], let descriptor = type.pointee.descriptor, let table = type.pointee.vtable
      else { throw half(file, "serde \(index)", ["its descriptor or vtable"]) }
      let d = descriptor.pointee
      try reader.check(d.struct_size, atLeast: MemoryLayout<mill_serde_descriptor>.size, "a serde's descriptor")
      let read = try simple(d.id, d.version, d.summary, d.config_schema, "a serde", reader)
      try reader.check(
        table.pointee.struct_size, atLeast: SerdeType.leastVtableSize, "the vtable of \(read.id)")
      let v = table.pointee
      var missing: [String] = []
      if v.create == nil { missing.append("create") }
      if v.bind_decode == nil { missing.append("bind_decode") }
      if v.decode == nil { missing.append("decode") }
      if v.bind_encode == nil { missing.append("bind_encode") }
      if v.encode == nil { missing.append("encode") }
      if v.destroy == nil { missing.append("destroy") }
      guard missing.isEmpty else { throw half(file, "serde \(read.id)", missing) }
      return SerdeType(descriptor: read, vtable: table, sha256: file.sha256, path: file.path)
    }
  }

  func simple(
    _ id: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ summary: UnsafePointer<CChar>?,
    _ configSchema: UnsafePointer<CChar>?, _ what: String, _ reader: DescriptorReader
  ) throws -> SimpleDescriptor {
    let name = try reader.id(id, what)
    return SimpleDescriptor(
      id: name, version: try reader.version(version, name), summary: try reader.text(summary, "the summary of \(name)"),
      configSchema: configSchema.map { String(cString: $0) })
  }
}
