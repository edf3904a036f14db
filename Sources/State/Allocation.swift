import Glibc

/// What glibc's malloc takes for `size` bytes: eight more, in steps of 16, at least 32. What lies in huge pieces of their
/// own takes up to a page more.
func allocatedBytes(_ size: Int) -> Int { max(32, (size + 8 + 15) & ~15) }

/// The greatest size that takes no more than `size` does.
func roundedSize(_ size: Int) -> Int { allocatedBytes(size) - 8 }

/// Memory for `size` bytes, to be given to `free`.
func allocate(_ size: Int) -> UnsafeMutableRawPointer {
  guard let memory = malloc(size) else { fatalError("out of memory: keyed state needs \(size) bytes in one piece") }
  return memory
}
