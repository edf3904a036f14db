/// How a schema registry is reached. Names of properties are those of Confluent's Python client:
/// https://docs.confluent.io/platform/current/clients/confluent-kafka-python/html/index.html#schemaregistryclient
package struct RegistrySettings: Sendable, Equatable {
  /// Base addresses of one registry's instances, tried in this order from the last that answered on. At least one.
  package var urls: [String]
  /// `user:password` for basic authentication.
  package var userInfo: String?
  /// A bearer token.
  package var token: String?
  /// PEM file of the authorities that servers' certificates are held against; nil: the system's.
  package var caLocation: String?
  /// PEM files of a client certificate and its key.
  package var certificateLocation: String?
  package var keyLocation: String?
  /// How long one request may take, in milliseconds.
  package var timeout_ms: Int = 10_000

  package var api = API.confluent
  /// Apicurio's group that subjects are artifacts of.
  package var group = "default"

  /// What a registry can be asked by.
  package enum API: String, Sendable, CaseIterable {
    /// https://docs.confluent.io/platform/current/schema-registry/develop/api.html
    case confluent
    /// https://www.apicur.io/registry/docs/apicurio-registry/3.0.x/
    case apicurio
  }

  /// Apicurio's name for it.
  private static let group = "apicurio.registry.artifact.group-id"

  /// The properties that there are, for messages.
  package static let properties = [
    "url", "api", "basic.auth.user.info", "bearer.auth.token", "ssl.ca.location", "ssl.certificate.location",
    "ssl.key.location", "request.timeout.ms", group,
  ]

  /// A property that is wrong.
  package struct Wrong: Error {
    /// Its name.
    package var property: String
    /// What is wrong, and what was expected.
    package var message: String
  }

  /// Reads properties by name; those that are not there have their defaults. Throws `Wrong`.
  package init(_ known: [String: String]) throws(Wrong) {
    if let unknown = known.keys.sorted().first(where: { !Self.properties.contains($0) }) {
      let all = Self.properties.joined(separator: ", ")
      throw Wrong(property: unknown, message: "a schema registry has no such property; it has \(all)")
    }
    urls = try Self.urls(known["url"] ?? "")
    userInfo = known["basic.auth.user.info"]
    token = known["bearer.auth.token"]
    caLocation = known["ssl.ca.location"]
    certificateLocation = known["ssl.certificate.location"]
    keyLocation = known["ssl.key.location"]
    if let text = known["request.timeout.ms"] {
      guard let number = Int(text), (1...600_000).contains(number) else {
        throw Wrong(property: "request.timeout.ms", message: "expected milliseconds, 1 to 600000, found \"\(text)\"")
      }
      timeout_ms = number
    }
    if let userInfo, !userInfo.contains(":") {
      throw Wrong(property: "basic.auth.user.info", message: "expected user:password")
    }
    try readAPI(known)
    if userInfo != nil && token != nil {
      throw Wrong(property: "bearer.auth.token", message: "there is basic.auth.user.info too; leave one of them out")
    }
  }

  private mutating func readAPI(_ known: [String: String]) throws(Wrong) {
    if let text = known["api"] {
      guard let found = API(rawValue: text) else {
        let all = API.allCases.map(\.rawValue).joined(separator: " or ")
        throw Wrong(property: "api", message: "expected \(all), found \"\(text)\"")
      }
      api = found
    }
    guard let text = known[Self.group] else { return }
    guard api == .apicurio, !text.isEmpty else {
      throw Wrong(property: Self.group, message: "expected the name of a group, and `api: apicurio` beside it")
    }
    group = text
  }

  private static func urls(_ text: String) throws(Wrong) -> [String] {
    let urls = text.split(separator: ",").map { piece in
      var url = piece.drop { $0 == " " }
      while let last = url.last, last == "/" || last == " " { url.removeLast() }
      return String(url)
    }
    guard !urls.isEmpty, urls.allSatisfy({ $0.hasPrefix("http://") || $0.hasPrefix("https://") }) else {
      throw Wrong(property: "url", message: "expected http:// or https:// and a host, several with commas between")
    }
    if urls.contains(where: { $0.contains("@") }) {
      throw Wrong(property: "url", message: "it must not hold a user and a password: use basic.auth.user.info")
    }
    return urls
  }
}
