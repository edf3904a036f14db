import CCurl

/// What is asked of a server.
package struct HTTPRequest: Sendable, Equatable {
  /// GET, POST, …
  package var method = "GET"
  /// From behind the base address on, with its leading slash.
  package var path: String
  /// Nil: none.
  package var body: String?
  /// Of the body.
  package var contentType: String

  package init(
    method: String = "GET", path: String, body: String? = nil,
    contentType: String = "application/vnd.schemaregistry.v1+json"
  ) {
    (self.method, self.path, self.body, self.contentType) = (method, path, body, contentType)
  }
}

/// A server's answer.
package struct HTTPAnswer: Sendable, Equatable {
  /// HTTP's status code.
  package var status: Int
  /// At most 64 MiB.
  package var body: [UInt8]

  package init(status: Int, body: [UInt8]) { (self.status, self.body) = (status, body) }
}

/// Whoever sends requests: the network, or a test. One thread at a time.
package protocol HTTPSending: AnyObject {
  /// Sends a request to the server at `url`, a base address without a slash at its end, and waits for the answer, of any
  /// status. Throws if there is none.
  func send(_ request: HTTPRequest, to url: String) throws(HTTPTrouble) -> HTTPAnswer
}

/// There is no answer.
package struct HTTPTrouble: Error, Sendable, Equatable {
  /// Why, with the server's address.
  package var message: String
  package init(message: String) { self.message = message }
}

/// libcurl; keeps connections open. One thread at a time.
package final class HTTPClient: HTTPSending {
  /// The longest answer, in bytes: no schema is so long.
  private static let longestAnswer = 64 << 20
  private static let accepted = "application/vnd.schemaregistry.v1+json, application/json, */*;q=0.5"
  private static let isReady = mill_curl_init() == CURLE_OK

  private let settings: RegistrySettings
  /// Nil until the first request.
  private var curl: UnsafeMutableRawPointer?

  /// Does not connect.
  package init(_ settings: RegistrySettings) { self.settings = settings }

  deinit { curl_easy_cleanup(curl) }

  private func headers(_ request: HTTPRequest) -> UnsafeMutablePointer<curl_slist>? {
    var headers = curl_slist_append(nil, "Accept: \(Self.accepted)")
    if request.body != nil { headers = curl_slist_append(headers, "Content-Type: \(request.contentType)") }
    if let token = settings.token { headers = curl_slist_append(headers, "Authorization: Bearer \(token)") }
    return headers
  }

  private final class Body {
    var bytes: [UInt8] = []
  }

  package func send(_ request: HTTPRequest, to url: String) throws(HTTPTrouble) -> HTTPAnswer {
    if curl == nil && Self.isReady { curl = curl_easy_init() }
    guard let curl else { throw HTTPTrouble(message: "\(url): libcurl can't be set up: memory is out") }
    curl_easy_reset(curl)
    setUp(curl, url + request.path)
    let headers = headers(request)
    defer { curl_slist_free_all(headers) }
    mill_curl_set_pointer(curl, CURLOPT_HTTPHEADER, headers)
    mill_curl_set_text(curl, CURLOPT_CUSTOMREQUEST, request.method)
    let answer = Body()
    mill_curl_set_writer(
      curl,
      { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let body = Unmanaged<Body>.fromOpaque(context).takeUnretainedValue()
        guard body.bytes.count + size * count <= HTTPClient.longestAnswer else { return 0 }
        body.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
        return size * count
      }, Unmanaged.passUnretained(answer).toOpaque())
    let code = perform(curl, request.body)
    guard code == CURLE_OK else {
      throw HTTPTrouble(message: "\(url): \(String(cString: curl_easy_strerror(code)))")
    }
    return HTTPAnswer(status: mill_curl_status(curl), body: answer.bytes)
  }

  private func perform(_ curl: UnsafeMutableRawPointer, _ body: String?) -> CURLcode {
    guard let body else { return curl_easy_perform(curl) }
    mill_curl_set_long(curl, CURLOPT_POSTFIELDSIZE, body.utf8.count)
    return body.withCString {
      mill_curl_set_pointer(curl, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: $0))
      return curl_easy_perform(curl)
    }
  }

  private func setUp(_ curl: UnsafeMutableRawPointer, _ address: String) {
    mill_curl_set_text(curl, CURLOPT_URL, address)
    mill_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "http,https")
    // Threads: libcurl must not use signals for its timeouts.
    mill_curl_set_long(curl, CURLOPT_NOSIGNAL, 1)
    mill_curl_set_long(curl, CURLOPT_TIMEOUT_MS, settings.timeout_ms)
    mill_curl_set_long(curl, CURLOPT_CONNECTTIMEOUT_MS, min(settings.timeout_ms, 3000))
    if let user = settings.userInfo { mill_curl_set_text(curl, CURLOPT_USERPWD, user) }
    if let path = settings.caLocation { mill_curl_set_text(curl, CURLOPT_CAINFO, path) }
    if let path = settings.certificateLocation { mill_curl_set_text(curl, CURLOPT_SSLCERT, path) }
    if let path = settings.keyLocation { mill_curl_set_text(curl, CURLOPT_SSLKEY, path) }
  }
}
