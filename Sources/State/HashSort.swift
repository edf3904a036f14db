/// Something to bring into a run's order.
struct HashItem: BitwiseCopyable {
  var hash: UInt64
  /// Where the rest of it is, for whoever sorts.
  var place: Int
}

/// Sorts `items` by hash, then by `isBefore`; what is equal keeps its order. Hashes are spread evenly over their
/// range: dealing them into buckets by their place in it leaves next to nothing to sort. `spare` is scratch space.
func sortByHash(
  _ items: inout RawVector<HashItem>, count: Int, spare: inout RawVector<HashItem>,
  isBefore: (HashItem, HashItem) -> Bool
) {
  guard count > 1 else { return }
  if count > 16 { deal(&items, count: count, spare: &spare) }
  for start in 1..<count {
    let item = items.base[start]
    var index = start
    while index > 0 {
      let other = items.base[index - 1]
      guard item.hash < other.hash || (item.hash == other.hash && isBefore(item, other)) else { break }
      items.base[index] = other
      index -= 1
    }
    items.base[index] = item
  }
}

private func deal(_ items: inout RawVector<HashItem>, count: Int, spare: inout RawVector<HashItem>) {
  var (least, greatest) = (UInt64.max, UInt64.min)
  for index in 0..<count {
    least = min(least, items.base[index].hash)
    greatest = max(greatest, items.base[index].hash)
  }
  let width = 64 - (greatest - least).leadingZeroBitCount
  let wanted = Int.bitWidth - (count / 2).leadingZeroBitCount  // about two of them a bucket
  let shift = UInt64(max(0, width - min(wanted, 20)))
  let bucketCount = Int((greatest - least) >> shift) + 1
  let starts = RawVector<UInt32>(capacity: bucketCount + 1)
  defer { starts.deallocate() }
  spare.reserve(count)
  starts.base.initialize(repeating: 0, count: bucketCount + 1)
  for index in 0..<count { starts.base[Int((items.base[index].hash - least) >> shift) + 1] += 1 }
  for bucket in 0..<bucketCount { starts.base[bucket + 1] += starts.base[bucket] }
  for index in 0..<count {
    let bucket = Int((items.base[index].hash - least) >> shift)
    spare.base[Int(starts.base[bucket])] = items.base[index]
    starts.base[bucket] += 1
  }
  swap(&items, &spare)
}
