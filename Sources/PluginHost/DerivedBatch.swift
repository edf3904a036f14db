import CMillrace

/// A raw batch that is made from another, which it keeps. Decoders may keep it. Reference-counted, by its own count. Immutable
/// once handed out.
package class DerivedBatch: @unchecked Sendable {
  let original: UnsafePointer<mill_raw_batch>
  let raw: UnsafeMutablePointer<mill_raw_batch>

  /// As `original`, which is retained.
  init(_ original: UnsafePointer<mill_raw_batch>) {
    original.pointee.retain(original)
    self.original = original
    raw = .allocate(capacity: 1)
    var own = original.pointee
    own.retain = { batch in
      guard let own = batch?.pointee.private_data else { return }
      _ = Unmanaged<DerivedBatch>.fromOpaque(own).retain()
    }
    own.release = { batch in
      guard let own = batch?.pointee.private_data else { return }
      Unmanaged<DerivedBatch>.fromOpaque(own).release()
    }
    raw.initialize(to: own)
    raw.pointee.private_data = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    raw.deallocate()
    original.pointee.release(original)
  }

  /// The batch as serdes get it; valid as long as this.
  package final var batch: UnsafePointer<mill_raw_batch> { UnsafePointer(raw) }
}
