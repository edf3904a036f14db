/// What is wrong with a file that should be a shared object.
struct ElfError: Error, CustomStringConvertible {
  var description: String
}

/// Reads the parts of an ELF file (https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html) that tell whether it
/// can be a plugin. All reads are bounds-checked: the bytes may be anything.
struct ElfFile {
  static let machineX86_64: UInt16 = 62
  static let machineAArch64: UInt16 = 183

  /// `EM_*`.
  let machine: UInt16
  /// The Millrace note's content, if there is one.
  let note: Note?
  /// Names of the symbols that it defines and exports.
  let exports: Set<String>

  struct Note {
    var abiMajor: UInt32
    var abiMinor: UInt32
    var runtime: String
  }

  private struct Section {
    var name: UInt32
    var type: UInt32
    var offset: UInt64
    var size: UInt64
    var link: UInt32
  }

  init(_ bytes: [UInt8]) throws {
    let reader = Reader(bytes: bytes)
    guard bytes.count >= 4, bytes[0..<4].elementsEqual([0x7f, 0x45, 0x4c, 0x46]) else {
      throw ElfError(description: "is not an ELF file")
    }
    guard bytes.count >= 64 else {
      throw ElfError(description: "is a truncated ELF file: it has only \(bytes.count) bytes")
    }
    guard bytes[4] == 2, bytes[5] == 1 else {
      throw ElfError(description: "is not a 64-bit little-endian ELF file, as this machine needs")
    }
    machine = try reader.integer(at: 18, UInt16.self)
    guard try reader.integer(at: 16, UInt16.self) == 3 else {
      throw ElfError(description: "is not a shared object: link it with -shared")
    }
    try Self.checkSegments(reader)
    let sections = try Self.sections(reader)
    note = try Self.findNote(sections, reader)
    exports = try Self.findExports(sections, reader)
  }

  /// The dynamic loader maps segments without looking whether the file has them: touching what is missing would be a
  /// bus error.
  private static func checkSegments(_ reader: Reader) throws {
    let start = try reader.integer(at: 32, UInt64.self)
    let count = UInt64(try reader.integer(at: 56, UInt16.self))
    guard count > 0, try reader.integer(at: 54, UInt16.self) == 56 else {
      throw ElfError(description: "is damaged: it has no segments to load")
    }
    try reader.check(start, count * 56)
    for index in 0..<count {
      let at = start + index * 56
      // PT_LOAD and PT_DYNAMIC; others hold nothing that is mapped on its own.
      guard 1...2 ~= (try reader.integer(at: at, UInt32.self)) else { continue }
      try reader.check(try reader.integer(at: at + 8, UInt64.self), try reader.integer(at: at + 32, UInt64.self))
    }
  }

  private static func sections(_ reader: Reader) throws -> [Section] {
    let start = try reader.integer(at: 40, UInt64.self)
    let entrySize = UInt64(try reader.integer(at: 58, UInt16.self))
    let count = UInt64(try reader.integer(at: 60, UInt16.self))
    guard count > 0, entrySize >= 64 else {
      throw ElfError(description: "is truncated or stripped of its section table")
    }
    try reader.check(start, count * entrySize)
    return try (0..<count).map { index in
      let at = start + index * entrySize
      let section = Section(
        name: try reader.integer(at: at, UInt32.self), type: try reader.integer(at: at + 4, UInt32.self),
        offset: try reader.integer(at: at + 24, UInt64.self), size: try reader.integer(at: at + 32, UInt64.self),
        link: try reader.integer(at: at + 40, UInt32.self))
      // A section without bytes in the file (SHT_NOBITS) may say anything.
      if section.type != 8 { try reader.check(section.offset, section.size) }
      return section
    }
  }

  private static func findNote(_ sections: [Section], _ reader: Reader) throws -> Note? {
    for section in sections where section.type == 7 {
      var at = section.offset
      while at &+ 12 <= section.offset &+ section.size {
        let nameSize = UInt64(try reader.integer(at: at, UInt32.self))
        let size = UInt64(try reader.integer(at: at &+ 4, UInt32.self))
        let type = try reader.integer(at: at &+ 8, UInt32.self)
        let content = at &+ 12 &+ ((nameSize &+ 3) & ~3)
        if nameSize == 9, type == 1, try reader.text(at: at &+ 12, limit: 9) == "Millrace", size >= 64 {
          return Note(
            abiMajor: try reader.integer(at: content, UInt32.self),
            abiMinor: try reader.integer(at: content &+ 4, UInt32.self),
            runtime: try reader.text(at: content &+ 8, limit: 56))
        }
        at = content &+ ((size &+ 3) & ~3)
      }
    }
    return nil
  }

  private static func findExports(_ sections: [Section], _ reader: Reader) throws -> Set<String> {
    var names: Set<String> = []
    for section in sections where section.type == 11 {
      guard sections.indices.contains(Int(section.link)) else { throw reader.truncated }
      let strings = sections[Int(section.link)]
      for index in 0..<section.size / 24 {
        let at = section.offset &+ index &* 24
        let info = try reader.integer(at: at &+ 4, UInt8.self)
        let definedIn = try reader.integer(at: at &+ 6, UInt16.self)
        guard definedIn != 0, info >> 4 == 1 || info >> 4 == 2 else { continue }
        let name = UInt64(try reader.integer(at: at, UInt32.self))
        names.insert(try reader.text(at: strings.offset &+ name, limit: 256))
      }
    }
    return names
  }

  private struct Reader {
    let bytes: [UInt8]
    var truncated: ElfError {
      ElfError(description: "is truncated or damaged: a table points past its \(bytes.count) bytes")
    }

    func check(_ at: UInt64, _ size: UInt64) throws {
      let (end, overflow) = at.addingReportingOverflow(size)
      guard !overflow, end <= UInt64(bytes.count) else { throw truncated }
    }

    func integer<Value: FixedWidthInteger>(at: UInt64, _ type: Value.Type) throws -> Value {
      try check(at, UInt64(MemoryLayout<Value>.size))
      return bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: Int(at), as: type)) }
    }

    func text(at: UInt64, limit: Int) throws -> String {
      try check(at, 1)
      return String(decoding: bytes[Int(at)...].prefix(limit).prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
