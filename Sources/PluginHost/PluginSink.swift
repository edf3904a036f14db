import CMillrace
import Columnar

/// A step's sink of a plugin, bound to its rows. `write` comes from workers' threads, one at a time for each worker; the rest
/// from the control thread.
package final class PluginSink: @unchecked Sendable {
  package let type: SinkType
  private let instance: UnsafeMutableRawPointer
  /// By worker.
  private let reports: [RowReports]

  /// Makes the instance for `step` of `job`, which `workers` workers write. Touches nothing outside of the process. Throws
  /// `PluginError`, also if the sink can't write rows of `schema`.
  package init(type: SinkType, config: String, job: String, step: String, workers: Int, schema: Schema) throws {
    let id = type.descriptor.id
    let made = try Self.make(type, config, job, step, workers)
    self.type = type
    instance = made
    reports = (0..<workers).map { _ in RowReports() }
    // If this throws, deinit runs: all that there is to make is made.
    try withExported([schema]) { schemas in
      try ControlCalls.call(id, "bind") { type.vtable.pointee.bind(made, schemas[0], $0) }
    }
  }

  private static func make(
    _ type: SinkType, _ config: String, _ job: String, _ step: String, _ workers: Int
  ) throws -> UnsafeMutableRawPointer {
    let id = type.descriptor.id
    var made: UnsafeMutableRawPointer?
    try job.withCString { job in
      try step.withCString { step in
        try config.withCString { config in
          var place = mill_sink_step(
            struct_size: UInt32(MemoryLayout<mill_sink_step>.size), worker_count: UInt32(workers), job: job, step: step)
          try ControlCalls.call(id, "create") { type.vtable.pointee.create(Host.pointer, config, &place, &made, $0) }
        }
      }
    }
    guard let made else { throw PluginError("plugin-call-failed", id, "create gave no instance") }
    return made
  }

  deinit { ControlCalls.run { type.vtable.pointee.destroy(instance) } }

  /// Epochs up to `epoch` count, later ones don't. Before the first row. Throws `PluginError`.
  package func recover(epoch: UInt64) throws { try controlCall("recover", type.vtable.pointee.recover, epoch) }

  /// All rows of `epoch` are written: they are durable afterwards. No `write` may run meanwhile. Throws `PluginError`; of
  /// class retry: may be called again.
  package func prepare(epoch: UInt64) throws { try controlCall("prepare", type.vtable.pointee.prepare, epoch) }

  /// `epoch` counts: its rows can be seen afterwards. Throws `PluginError`; of class retry: may be called again.
  package func commit(epoch: UInt64) throws { try controlCall("commit", type.vtable.pointee.commit, epoch) }

  private func controlCall(
    _ what: String,
    _ function: @convention(c) (UnsafeMutableRawPointer?, UInt64, UnsafeMutablePointer<mill_error>?) -> Int32,
    _ epoch: UInt64
  ) throws {
    try ControlCalls.call(type.descriptor.id, what) { function(instance, epoch, $0) }
  }

  /// Writes all rows of a batch that have a form in the sink; gives those that have none. Throws `PluginError`; of class
  /// retry: nothing is written.
  package func write(_ batch: RecordBatch, worker: Int, epoch: UInt64) throws -> [RejectedRow] {
    let reports = reports[worker]
    var errors = reports.begin(rowCount: batch.rowCount)
    let id = type.descriptor.id
    try call(id, "write") {
      type.vtable.pointee.write(instance, UInt32(worker), epoch, UnsafePointer(batch.raw), &errors, $0)
    }
    return try reports.end(id, "write").map {
      RejectedRow(port: 0, batch: batch, row: $0.row, code: $0.code, message: $0.message)
    }
  }
}
