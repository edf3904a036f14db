import Foundation
import MillraceTesting
import State
import StateRocksDB
import XCTest

final class LimitsTests: StoreTestCase {
  /// A full disk is an error of the call, which says where and what to do.
  func testFullDiskIsAnError() throws {
    try onSmallDisk { for mapsFiles in [false, true] { try fillDisk(directory + "/store", mapsFiles: mapsFiles) } }
  }

  /// However little room there is: a store that can't be made is an error, and leaves nothing behind.
  func testStoreOnAFullDiskIsAnError() throws {
    try onSmallDisk {
      let filling = FileManager.default.createFile(atPath: directory + "/filling", contents: Data(count: 7 << 20))
      XCTAssert(filling)
      var failureCount = 0
      for room in stride(from: 0, to: 128 << 10, by: 4 << 10) where try !opens(directory + "/store", room: room) {
        failureCount += 1
      }
      XCTAssertGreaterThan(failureCount, 3)
    }
  }

  /// Whether a store can be made where `room` bytes are free.
  private func opens(_ path: String, room: Int) throws -> Bool {
    let filling = FileHandle(forWritingAtPath: directory + "/filling")!
    var disk = statvfs()
    XCTAssertEqual(statvfs(directory, &disk), 0)
    let free = Int(disk.f_bavail) * Int(disk.f_bsize)
    let size = Int(try filling.seekToEnd()) + free
    try filling.truncate(atOffset: UInt64(size - room))
    try filling.seek(toOffset: 0)
    try filling.write(contentsOf: Data(count: size - room))
    try filling.close()
    do {
      _ = try RocksColdStore(directory: path, resources: RocksResources(cacheCapacity: 1 << 20), now: { 0 })
      return true
    } catch let error as StateError {
      XCTAssert("\(error)".contains("No space left"), "\(error)")
      XCTAssertFalse(FileManager.default.fileExists(atPath: path))
      return false
    }
  }

  private func onSmallDisk(_ body: () throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    guard mount("tmpfs", directory, "tmpfs", 0, "size=8m") == 0 else {
      let cause = String(cString: strerror(errno))
      try FileManager.default.removeItem(atPath: directory)
      throw XCTSkip("SKIPPED: no small file system can be mounted here: \(cause); run this as root")
    }
    defer {
      XCTAssertEqual(umount(directory), 0)
      try? FileManager.default.removeItem(atPath: directory)
    }
    try body()
  }

  private func fillDisk(_ path: String, mapsFiles: Bool) throws {
    let resources = RocksResources(cacheCapacity: 1 << 20, writeBufferSize: 1 << 20, mapsFiles: mapsFiles)
    let store = try RocksColdStore(directory: path, resources: resources, now: { 0 })
    XCTAssertThrowsError(try fill(store, megabytes: 64)) { error in
      let text = "\(error)"
      XCTAssert(error is StateError)
      XCTAssert(text.contains(path) && text.contains("No space left"), text)
      XCTAssert(text.contains("free some space there or move `state.directory`"), text)
    }
    XCTAssertThrowsError(try fill(store, megabytes: 64), "it goes on as if nothing had happened")
  }

  private func fill(_ store: RocksColdStore, megabytes: Int) throws {
    var random = SimulationRandom(seed: 5)
    for _ in 0..<megabytes * 10 {
      try store.write((0..<1000).map { _ in Entry(key: key(&random), record: [UInt8](repeating: 0, count: 100)) })
    }
  }

  private func key(_ random: inout SimulationRandom) -> [UInt8] { withUnsafeBytes(of: random.next()) { [UInt8]($0) } }

  func testDirectoryThatCannotBeMadeIsAnError() throws {
    let resources = RocksResources(cacheCapacity: 1 << 20)
    XCTAssertThrowsError(try RocksColdStore(directory: "/proc/none/of/this", resources: resources, now: { 0 })) {
      error in
      XCTAssert("\(error)".contains("/proc/none/of/this"), "\(error)")
    }
  }

  /// However many files there are, few are open: those that are kept open and those that are being merged.
  func testFewFilesAreOpen() throws {
    let store = try store()
    var random = SimulationRandom(seed: 6)
    for _ in 0..<100 {
      try store.write((0..<3000).map { _ in Entry(key: key(&random), record: [UInt8](repeating: 0, count: 50)) })
    }
    var most = 0
    for _ in 0..<50 {
      _ = try store.read((0..<100).map { _ in key(&random) })
      most = max(most, openFileCount())
    }
    XCTAssertGreaterThan(try FileManager.default.contentsOfDirectory(atPath: directory).count, most)
    XCTAssertGreaterThan(most, 0)
    XCTAssertLessThan(most, 80)
  }

  private func openFileCount() -> Int {
    let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return descriptors.filter { descriptor in
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)"))?.hasPrefix(directory)
        == true
    }.count
  }

  /// 360 MB in records that are each of the size of a file.
  func testLargeRecords() throws {
    let store = try store()
    var random = SimulationRandom(seed: 7)
    let record = [UInt8](repeating: 0, count: 30_000)
    for _ in 0..<300 { try store.write((0..<40).map { _ in Entry(key: key(&random), record: record) }) }
    random = SimulationRandom(seed: 7)
    let keys = (0..<12_000).map { _ in key(&random) }
    XCTAssertEqual(try store.read(Array(keys.suffix(100))).count, 100)
    XCTAssertEqual(try store.scanAll().count, keys.count)
  }

  /// A cache of a few blocks: slow, but right, and it stays small.
  func testCacheStaysSmall() throws {
    let resources = RocksResources(cacheCapacity: 256 << 10, writeBufferSize: 256 << 10)
    let store = try RocksColdStore(directory: directory, resources: resources, now: { 0 })
    try fill(store, megabytes: 6)
    XCTAssertGreaterThan(try store.scanAll().count, 50_000)
    var random = SimulationRandom(seed: 5)
    let keys = (0..<50_000).map { _ in key(&random) }
    XCTAssertEqual(try store.read(keys).count, keys.count)
    XCTAssertLessThan(resources.cacheUse, 1 << 20)
    XCTAssertLessThan(store.memoryUse, 4 << 20)
  }
}
