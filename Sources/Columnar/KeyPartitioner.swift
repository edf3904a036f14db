/// Cuts batches into the parts of each worker, by key group. One per edge and worker; buffers are reused.
package final class KeyPartitioner {
  private let schema: Schema
  private let encoder: KeyEncoder
  private let keyGroupCount: Int
  private let workers: Int
  private let workerOfGroup: [UInt8]
  private var indices: [GrowableBuffer<UInt32>]
  private var counts: [Int]

  /// For batches of `schema`. At most 256 workers.
  package init(schema: Schema, keyColumns: [Int], keyGroups: Int, workers: Int) throws {
    self.schema = schema
    encoder = try KeyEncoder(schema: schema, keyColumns: keyColumns)
    keyGroupCount = keyGroups
    self.workers = workers
    workerOfGroup = (0..<keyGroups).map {
      UInt8(truncatingIfNeeded: worker(ofKeyGroup: $0, keyGroups: keyGroups, workers: workers))
    }
    indices = (0..<workers).map { _ in GrowableBuffer() }
    counts = Array(repeating: 0, count: workers)
  }

  /// The rows of `batch` for each worker; nil where one gets none.
  package func partition(_ batch: RecordBatch, into parts: inout [RecordBatch?]) {
    if workers == 1 {
      parts[0] = batch
      return
    }
    distribute(encoder.encode(batch))
    for worker in 0..<workers {
      switch counts[worker] {
      case 0: parts[worker] = nil
      case batch.rowCount: parts[worker] = batch
      default:
        let rows = UnsafeBufferPointer(start: indices[worker].base, count: counts[worker])
        parts[worker] = take(batch, schema: schema, indices: rows)
      }
    }
  }

  private func distribute(_ keys: EncodedKeys) {
    for worker in 0..<workers {
      indices[worker].reserve(keys.count)
      counts[worker] = 0
    }
    workerOfGroup.withUnsafeBufferPointer { workerOfGroup in
      for row in 0..<keys.count {
        let group = keyGroup(hash: keys.hashes[row], count: keyGroupCount)
        let worker = Int(workerOfGroup[group])
        indices[worker].base[counts[worker]] = UInt32(truncatingIfNeeded: row)
        counts[worker] &+= 1
      }
    }
  }
}
