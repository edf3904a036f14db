import Foundation

/// What every registry can be asked, whatever API it has. One thread at a time; calls block and throw `RegistryFailure`.
package protocol RegistryAsking {
  /// What the registry is, for people: the least question there is.
  func greet() throws(RegistryFailure) -> String

  /// The schema that messages know by an id, and all that it refers to.
  func schema(_ id: SchemaId) throws(RegistryFailure) -> SchemaText

  /// Registers a schema under a subject, unless it is there; gives its ids.
  func register(subject: String, _ schema: SchemaText) throws(RegistryFailure) -> SchemaIds

  /// The ids of a schema that is registered under a subject. The failure is of kind unregistered if it is not.
  func lookUp(subject: String, _ schema: SchemaText) throws(RegistryFailure) -> SchemaIds

  /// The schema that a subject has last, with all that it refers to, and its ids. The failure is of kind unregistered if there
  /// is no such subject.
  func latest(subject: String) throws(RegistryFailure) -> LatestVersions.Version
}

extension RegistrySettings {
  /// Asks by the network, in the API that the registry has. Does not connect.
  package func makeClient() -> any RegistryAsking {
    let sender = HTTPClient(self)
    return switch api {
    case .confluent: RegistryClient(urls: urls, sender: sender)
    case .apicurio: ApicurioClient(urls: urls, group: group, sender: sender)
    }
  }
}

extension RegistryAsking {
  /// What a subject does not have is unregistered, which is no question of messages' ids.
  func asUnregistered<Found>(_ body: () throws(RegistryFailure) -> Found) throws(RegistryFailure) -> Found {
    do { return try body() } catch {
      var failure = error
      if failure.kind == .unknown { failure.kind = .unregistered }
      throw failure
    }
  }
}

/// How much a schema may refer to.
struct ReferenceLimit {
  /// How deep schemas may refer to others.
  private static let depthLimit = 32
  /// How many schemas one may refer to in all.
  private static let countLimit = 1000

  private var left = Self.countLimit

  /// Counts a reference of a schema that is itself `depth` references deep. Throws `RegistryFailure`.
  mutating func count(_ what: String, depth: Int) throws(RegistryFailure) {
    left -= 1
    guard depth < Self.depthLimit, left >= 0 else {
      throw RegistryFailure(
        what, "it refers to more than \(Self.countLimit) others, or deeper than \(Self.depthLimit)", .unusable)
    }
  }
}

extension SchemaText.Format {
  /// Of a registry's name for it. Throws `RegistryFailure`.
  init(named name: String, of what: String) throws(RegistryFailure) {
    guard let format = Self(rawValue: name) else {
      throw RegistryFailure(what, "its type is \"\(name)\", which no serde here knows", .unusable)
    }
    self = format
  }
}

extension String {
  /// As one piece of an URL's path or query.
  var escapedForURL: String {
    let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    return addingPercentEncoding(withAllowedCharacters: plain) ?? self
  }
}
