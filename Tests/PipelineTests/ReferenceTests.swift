import Foundation
import Pipeline
import XCTest

/// `${env:…}` and `${file:…}` in connections, and that what they bring in is not shown.
final class ReferenceTests: XCTestCase {
  private static let environment = ["USER_NAME": "fraud", "PASSWORD": "hunter2-of-old", "EMPTY": "", "ACKS": "all"]
  private static let files: [String: [UInt8]] = [
    "/etc/pipelines/secrets/password": Array("pa$$word-${x}\n".utf8),
    "/run/key.pem": Array("-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n".utf8),
    "/run/windows": Array("line-by-line\r\n".utf8), "/run/blank": Array("\n".utf8), "/run/binary": [0xFF, 0xFE, 0x41],
  ]
  private static let sources = ReferenceSources(
    environment: { environment[$0] },
    file: { path in
      guard let bytes = files[path] else { throw ReferenceSources.Unreadable("No such file or directory") }
      return bytes
    })

  private func result(_ value: String, of name: String) -> (document: PipelineDocument, plan: PlanResult) {
    let text = """
      job: a
      connections:
        kafka:
          bootstrap.servers: "a:1"
          \(name): "\(value)"
      steps:
        - { id: bids, source: nexmark, config: { events: 1 } }
        - { id: drop, from: bids, to: blackhole }
      """
    let document = PipelineDocument(
      bytes: Array(text.utf8), file: "pipeline.yaml", directory: "/etc/pipelines", references: Self.sources)
    return (document, document.plan(catalog: FakeCatalog()))
  }

  private func value(_ text: String, of name: String = "sasl.password") throws -> PropertyValue {
    let found = result(text, of: name)
    XCTAssertEqual(found.plan.text, "")
    return try XCTUnwrap(found.plan.plan?.connections["kafka"]?.properties.first { $0.name == name }?.value)
  }

  private func error(_ text: String) -> String {
    let found = result(text, of: "sasl.password")
    XCTAssertNil(found.plan.plan)
    XCTAssert(found.plan.text.hasPrefix("pipeline.yaml:5:20: error: connection \"kafka\": \"sasl.password\": "))
    return found.plan.text
  }

  func testReferencesAreFilledIn() throws {
    XCTAssertEqual(try value("${env:PASSWORD}").revealed, "hunter2-of-old")
    XCTAssertEqual(try value("${file:secrets/password}").revealed, "pa$$word-${x}")
    XCTAssertEqual(try value("${file:/run/windows}").revealed, "line-by-line")
    XCTAssertEqual(
      try value("principal=${env:USER_NAME} secret=${env:PASSWORD}", of: "sasl.oauthbearer.config").revealed,
      "principal=fraud secret=hunter2-of-old")
  }

  func testWhatIsNoReferenceStays() throws {
    for text in ["$", "$$", "a$b", "{env:PASSWORD}", "$env:PASSWORD", "}"] {
      XCTAssertEqual(try value(text).revealed, text)
    }
    XCTAssertEqual(try value("$${env:PASSWORD}").revealed, "${env:PASSWORD}")
    XCTAssertEqual(try value("$$${").revealed, "$${")
  }

  func testUnresolvedReferencesAreErrorsWithRemedies() {
    XCTAssert(error("${env:NOWHERE}").contains("environment variable \"NOWHERE\" is not set"))
    XCTAssert(error("${env:EMPTY}").contains("environment variable \"EMPTY\" is empty; give it a value"))
    XCTAssert(error("${env:1ST}").contains("\"1ST\" is no name of an environment variable"))
    XCTAssert(error("${file:nowhere}").contains("\"/etc/pipelines/nowhere\" can't be read: No such file"))
    XCTAssert(error("${file:/run/blank}").contains("the file \"/run/blank\" is empty"))
    XCTAssert(error("${file:/run/binary}").contains("the file \"/run/binary\" is no text in UTF-8"))
    XCTAssert(error("${file:}").contains("names no file"))
  }

  func testErrorsQuoteNothingThatMayBeASecret() {
    for text in ["s3cret${", "s3cret${env", "${s3cret}", "${s3cret:x}", "${}"] {
      let message = error(text)
      XCTAssertFalse(message.contains("s3cret"), message)
      XCTAssert(message.contains("$${"), message)
    }
  }

  func testSecretsAreNotShown() throws {
    for value in [
      try value("${env:PASSWORD}"), try value("${file:secrets/password}"), try value("written-out"),
      try value("${env:PASSWORD}", of: "some.new.token"),
    ] {
      XCTAssertEqual("\(value)", "[redacted]")
      XCTAssertEqual(String(reflecting: value), "[redacted]")
      var dumped = ""
      dump(value, to: &dumped)
      XCTAssertFalse(dumped.contains(value.revealed), dumped)
      XCTAssertFalse("\([value])\(["a": value])".contains(value.revealed))
    }
    let mixed = try value("user=${env:USER_NAME} token=${env:PASSWORD}", of: "some.new.config")
    XCTAssertEqual("\(mixed)", "user=fraud token=[redacted]")
  }

  func testNamesAndPlacesAreShown() throws {
    XCTAssertEqual("\(try value("${env:USER_NAME}", of: "sasl.username"))", "fraud")
    XCTAssertEqual("\(try value("/etc/${env:PASSWORD}", of: "ssl.ca.location"))", "/etc/hunter2-of-old")
    XCTAssertEqual("\(try value("${env:ACKS}", of: "acks"))", "all")
  }

  func testThePlanShowsNoSecrets() throws {
    let found = result("${env:PASSWORD}", of: "sasl.password")
    let plan = try XCTUnwrap(found.plan.plan)
    XCTAssertEqual(found.document.secrets, ["hunter2-of-old"])
    XCTAssertFalse(PlanRenderer(plan).render().contains("hunter2"))
    XCTAssertFalse(String(reflecting: plan).contains("hunter2"))
  }

  func testRedactorFindsSecretsWhereverTheyAre() throws {
    let redactor = Redactor(["secret", "secret-2", "ab", ""])
    XCTAssertEqual(redactor.redact("a secret, secret-2secret: ab"), "a [redacted], [redacted][redacted]: ab")
    XCTAssertEqual(redactor.redact(""), "")
    XCTAssertEqual(Redactor(["red", "cat"]).redact("red cat"), "[redacted] [redacted]", "masks are left alone")
    XCTAssertEqual(Redactor(["pass"]).redact("pass\u{301}"), "[redacted]\u{301}", "whatever letter follows")
    let key = Redactor([try value("${file:/run/key.pem}", of: "ssl.key.pem").revealed])
    XCTAssertEqual(key.redact("line hkiG9w0BAQEFAASC of KEY"), "line [redacted] of KEY")
  }

  func testFilesOfTheFileSystem() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("references-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try Data("here it is\n".utf8).write(to: directory.appendingPathComponent("small"))
    try Data(repeating: 0x61, count: 65537).write(to: directory.appendingPathComponent("large"))
    XCTAssertEqual(mkfifo(directory.appendingPathComponent("pipe").path, 0o600), 0)
    func read(_ name: String) -> (text: String?, error: String) {
      let text =
        "job: a\nconnections: { kafka: { bootstrap.servers: \"a:1\", client.id: \"${file:\(name)}\" } }\n"
        + "steps: [{ id: b, source: nexmark, config: { events: 1 } }, { id: c, from: b, to: blackhole }]\n"
      let result = PipelineDocument(bytes: Array(text.utf8), file: "a.yaml", directory: directory.path)
        .plan(catalog: FakeCatalog())
      return (result.plan?.connections["kafka"]?.properties.last?.value.revealed, result.text)
    }
    XCTAssertEqual(read("small").text, "here it is")
    XCTAssert(read("large").error.contains("more than 65536 bytes"))
    XCTAssert(read("pipe").error.contains("no regular file"), "a pipe would be waited for")
    XCTAssert(read(".").error.contains("no regular file"))
  }
}
