import CCrypto
import CMillrace
import Glibc

/// A plugin's file, read and checked, none of its code run.
package struct PluginFile: Sendable {
  package let path: String
  /// Digest of the bytes, in hexadecimal.
  package let sha256: String
  /// What it runs on, by its note.
  package let runtime: String
  let bytes: [UInt8]

  /// What tells one state of a file from another without reading it.
  package struct Stamp: Hashable, Sendable {
    var device: UInt
    var inode: UInt
    var size: Int
    var changed_ns: Int64
  }

  /// Files greater than this are refused, in bytes.
  private static let sizeLimit = 1 << 30

  /// The file's stamp now; nil if it is not there.
  package static func stamp(_ path: String) -> Stamp? {
    var info = stat()
    guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    return Stamp(
      device: UInt(info.st_dev), inode: UInt(info.st_ino), size: Int(info.st_size),
      changed_ns: Int64(info.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(info.st_mtim.tv_nsec))
  }

  /// Reads and checks a file. Throws `PluginError` with the reason why it can't be a plugin of this engine.
  package init(path: String) throws {
    self.path = path
    guard let before = Self.stamp(path) else {
      throw PluginError("unreadable", path, "there is no such file, or it is no regular file")
    }
    guard before.size <= Self.sizeLimit else { throw PluginError("too-large", path, "has \(before.size) bytes") }
    bytes = try Self.contents(path)
    guard Self.stamp(path) == before, bytes.count == before.size else {
      throw PluginError(
        "changing", path, "changed while it was read; put plugins in place by renaming a finished file")
    }
    sha256 = Self.digest(bytes)
    let elf: ElfFile
    do { elf = try ElfFile(bytes) } catch { throw PluginError("not-a-plugin", path, "\(error)") }
    runtime = try Self.check(elf, path)
  }

  /// The bytes of a file. Throws `PluginError`.
  static func contents(_ path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw PluginError("unreadable", path, "can't be read: \(String(cString: strerror(errno)))") }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &chunk, chunk.count)
      guard count >= 0 else {
        throw PluginError("unreadable", path, "can't be read: \(String(cString: strerror(errno)))")
      }
      if count == 0 { return bytes }
      bytes += chunk[0..<count]
      guard bytes.count <= sizeLimit else { throw PluginError("too-large", path, "has over \(sizeLimit) bytes") }
    }
  }

  private static func digest(_ bytes: [UInt8]) -> String {
    var result = [UInt8](repeating: 0, count: 32)
    var size: UInt32 = 0
    EVP_Digest(bytes, bytes.count, &result, &size, EVP_sha256(), nil)
    let digits = Array("0123456789abcdef")
    return String(result.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  private static func check(_ elf: ElfFile, _ path: String) throws -> String {
    #if arch(x86_64)
      let machine = ElfFile.machineX86_64
    #else
      let machine = ElfFile.machineAArch64
    #endif
    guard elf.machine == machine else {
      throw PluginError(
        "wrong-architecture", path, "is built for machine \(elf.machine), this one is \(machine); build it here")
    }
    guard let note = elf.note else {
      throw PluginError(
        "no-note", path, "has no Millrace note; put MILL_PLUGIN_NOTE(\"c\"); at file scope and do not strip the section"
      )
    }
    guard note.abiMajor == UInt32(MILL_ABI_MAJOR) else {
      throw PluginError(
        "wrong-abi", path,
        "is built for plugin ABI \(note.abiMajor), this engine has \(MILL_ABI_MAJOR); build it with this engine's headers"
      )
    }
    guard elf.exports.contains(MILL_ENTRY_SYMBOL) else {
      throw PluginError(
        "no-entry", path, "does not export \(MILL_ENTRY_SYMBOL); export it, and nothing else, by a version script")
    }
    return note.runtime
  }
}
