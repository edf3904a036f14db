import Dataflow

/// A state file's content: an operator's snapshot on one worker. Length of the keyed part (uint64, little-endian),
/// the keyed part, then the instance's private bytes.
enum SnapshotFile {
  static func encode(_ snapshot: OperatorSnapshot) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + snapshot.keyed.count + snapshot.own.count)
    withUnsafeBytes(of: UInt64(snapshot.keyed.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes += snapshot.keyed
    bytes += snapshot.own
    return bytes
  }

  /// The snapshot in `bytes`; nil if they are not one.
  static func decode(_ bytes: [UInt8]) -> OperatorSnapshot? {
    guard bytes.count >= 8 else { return nil }
    var size: UInt64 = 0
    for index in 0..<8 { size |= UInt64(bytes[index]) << UInt64(8 * index) }
    guard size <= UInt64(bytes.count - 8) else { return nil }
    let keyed = 8 + Int(size)
    return OperatorSnapshot(keyed: Array(bytes[8..<keyed]), own: Array(bytes[keyed...]))
  }
}
