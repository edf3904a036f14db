/// One key in a run: a sorted sequence of keys with their records. Runs are ordered by hash, then by the key's bytes;
/// the hash's order is that of the key groups. The memory is somebody else's, valid until they say.
package struct RunEntry: BitwiseCopyable {
  /// `keyHash` of the key.
  package var hash: UInt64
  /// The canonical bytes of the key.
  package var key: UnsafeBufferPointer<UInt8>
  /// All that the key has (docs/formats.md); nil: the key was removed, which hides what older runs say of it.
  package var record: UnsafeRawBufferPointer?

  package init(hash: UInt64, key: UnsafeBufferPointer<UInt8>, record: UnsafeRawBufferPointer?) {
    self.hash = hash
    self.key = key
    self.record = record
  }

  /// Whether this entry comes before `other` in a run.
  @inline(__always)
  package func precedes(_ other: RunEntry) -> Bool {
    hash != other.hash ? hash < other.hash : State.precedes(key, other.key)
  }
}
