import CMillrace

/// The C function that makes an instance.
public typealias CreateFunction =
  @convention(c) (
    UnsafePointer<mill_host>?, UnsafePointer<CChar>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    UnsafeMutablePointer<mill_error>?
  ) -> Int32

/// Makes an instance of `type` for the engine: what a CreateFunction does.
public func createInstance<Instance: Operator>(
  _ type: Instance.Type, _ host: UnsafePointer<mill_host>?, _ json: UnsafePointer<CChar>?,
  _ out: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ error: UnsafeMutablePointer<mill_error>?
) -> Int32 {
  status(error) { () throws(PluginError) in
    guard let json, let out else { throw PluginError("the engine made an operator without a configuration") }
    HostMemory.pointer = mill_memory_of(host)
    let instance = OperatorBox(try Instance(config: Config(json: json)))
    out.pointee = Unmanaged<AnyOperatorBox>.passRetained(instance).toOpaque()
  }
}

/// The functions of an operator; all but `create` are the same for every type.
func makeVtable(_ create: @escaping CreateFunction) -> mill_operator_vtable {
  var table = mill_operator_vtable()
  table.struct_size = UInt32(MemoryLayout<mill_operator_vtable>.size)
  table.create = create
  table.bind = { raw, inputs, inputCount, outputs, outputCount, error in
    status(error) { () throws(PluginError) in
      try bindInstance(box(raw), inputs, Int(inputCount), outputs, Int(outputCount))
    }
  }
  table.open = { raw, task, error in
    status(error) { () throws(PluginError) in try box(raw).open(wrap(task)) }
  }
  table.process = { raw, task, input, error in
    status(error) { () throws(PluginError) in
      guard let input else { throw PluginError("the engine called process without rows") }
      try box(raw).process(Input(raw: input), wrap(task))
    }
  }
  table.on_watermark = { raw, task, watermark, error in
    status(error) { () throws(PluginError) in try box(raw).onWatermark(watermark, wrap(task)) }
  }
  table.on_timers = { raw, task, timers, count, error in
    status(error) { () throws(PluginError) in
      try box(raw).onTimers(UnsafeBufferPointer(start: timers, count: Int(count)), wrap(task))
    }
  }
  table.flush_barrier = { raw, task, epoch, error in
    status(error) { () throws(PluginError) in try box(raw).flushBarrier(epoch, wrap(task)) }
  }
  table.snapshot = { raw, task, writer, error in
    status(error) { () throws(PluginError) in try snapshotInstance(box(raw), wrap(task), writer) }
  }
  table.restore = { raw, task, reader, error in
    status(error) { () throws(PluginError) in
      guard let reader = reader?.pointee else { throw PluginError("the engine called restore without bytes") }
      let bytes = UnsafeBufferPointer(start: reader.bytes, count: Int(reader.size))
      try box(raw).restore(bytes, reader.version.map { String(cString: $0) } ?? "", wrap(task))
    }
  }
  table.close = { raw, task in
    guard let raw, let task else { return }
    Unmanaged<AnyOperatorBox>.fromOpaque(raw).takeUnretainedValue().close(OperatorTask(raw: task))
  }
  table.destroy = { raw in
    if let raw { Unmanaged<AnyOperatorBox>.fromOpaque(raw).release() }
  }
  return table
}

private func bindInstance(
  _ instance: AnyOperatorBox, _ inputs: UnsafePointer<UnsafePointer<ArrowSchema>?>?, _ inputCount: Int,
  _ outputs: UnsafeMutablePointer<ArrowSchema>?, _ outputCount: Int
) throws(PluginError) {
  var schemas: [InputSchema] = []
  for index in 0..<inputCount {
    guard let schema = inputs?[index] else { throw PluginError("the engine gave no schema for input \(index)") }
    schemas.append(InputSchema(raw: schema))
  }
  let fields = try instance.bind(schemas)
  guard fields.count == outputCount, outputCount == 0 || outputs != nil else {
    throw PluginError("bind gave fields for \(fields.count) outputs, the operator declares \(outputCount)")
  }
  for index in 0..<outputCount {
    let names = CFields(fields[index])
    defer { names.free() }
    do throws(PluginError) {
      try check { mill_schema_make(outputs.map { $0 + index }, names.fields, UInt32(names.count), $0) }
    } catch {
      for made in 0..<index { if let outputs { outputs[made].release?(outputs + made) } }
      throw error
    }
  }
}

private func snapshotInstance(
  _ instance: AnyOperatorBox, _ task: OperatorTask, _ writer: UnsafePointer<mill_snapshot_writer>?
) throws(PluginError) {
  guard let bytes = try instance.snapshot(task) else { return }
  guard let writer else { throw PluginError("the engine called snapshot without a writer") }
  try check { error in
    bytes.withUnsafeBufferPointer { writer.pointee.write(writer, $0.baseAddress, UInt64($0.count), error) }
  }
}
