import CMillrace
import Glibc

/// Makes an `ArrowArray` whose parts the host owns: buffers from malloc, and objects that keep borrowed buffers alive.
struct OwnedArray {
  private let storage = Storage()
  private var buffers: [UnsafeRawPointer?] = []
  private var children: [ArrowArray] = []

  /// Memory of `count` elements that the array will own, not initialised, padded to a multiple of 64 bytes.
  func allocate<Element: BitwiseCopyable>(_ type: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
    let size = (count * MemoryLayout<Element>.stride + 63) & ~63
    let memory = malloc(max(64, size))!
    storage.owned.append(memory)
    return memory.bindMemory(to: type, capacity: max(1, count))
  }

  /// Adds the next buffer.
  mutating func add(_ buffer: UnsafeRawPointer?) { buffers.append(buffer) }
  /// Adds the next child; moved.
  mutating func add(child: ArrowArray) { children.append(child) }
  /// Keeps `object` alive as long as the array.
  func keep(_ object: AnyObject) { storage.kept.append(object) }

  /// The finished array; `nullCount` -1 means not counted.
  consuming func finish(length: Int, nullCount: Int, offset: Int = 0) -> ArrowArray {
    let pointers = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: max(1, buffers.count))
    for (index, buffer) in buffers.enumerated() { pointers[index] = buffer }
    let childPointers = UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>.allocate(
      capacity: max(1, children.count))
    for (index, child) in children.enumerated() {
      let memory = UnsafeMutablePointer<ArrowArray>.allocate(capacity: 1)
      memory.initialize(to: child)
      childPointers[index] = memory
    }
    return ArrowArray(
      length: Int64(length), null_count: Int64(nullCount), offset: Int64(offset), n_buffers: Int64(buffers.count),
      n_children: Int64(children.count), buffers: pointers, children: childPointers, dictionary: nil,
      release: releaseArray, private_data: Unmanaged.passRetained(storage).toOpaque())
  }

  fileprivate final class Storage {
    var owned: [UnsafeMutableRawPointer] = []
    var kept: [AnyObject] = []
    deinit { for memory in owned { free(memory) } }
  }
}

private func releaseArray(_ array: UnsafeMutablePointer<ArrowArray>?) {
  guard let array, let data = array.pointee.private_data else { return }
  for index in 0..<Int(array.pointee.n_children) {
    guard let child = array.pointee.children[index] else { continue }
    if let release = child.pointee.release { release(child) }
    child.deallocate()
  }
  array.pointee.children.deallocate()
  array.pointee.buffers.deallocate()
  Unmanaged<OwnedArray.Storage>.fromOpaque(data).release()
  array.pointee.release = nil
}
