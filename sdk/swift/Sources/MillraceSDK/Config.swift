import CMillrace

/// The operator's configuration from the pipeline file: a JSON object, already checked against `configSchema`.
/// Valid during `init` only.
public struct Config {
  let json: UnsafePointer<CChar>

  /// The integer `key`, or `value` if it is not set. Throws if it is no integer or not in `range`.
  public func integer(
    _ key: String, in range: ClosedRange<Int64> = Int64.min...Int64.max, default value: Int64
  ) throws(PluginError) -> Int64 {
    var value = value
    try check { mill_json_integer(json, key, range.lowerBound, range.upperBound, &value, $0) }
    return value
  }

  /// The number `key`, or `value` if it is not set. Throws if it is no number.
  public func number(_ key: String, default value: Double) throws(PluginError) -> Double {
    var value = value
    try check { mill_json_number(json, key, &value, $0) }
    return value
  }

  /// The bool `key`, or `value` if it is not set. Throws if it is no bool.
  public func bool(_ key: String, default value: Bool) throws(PluginError) -> Bool {
    var result: Int32 = value ? 1 : 0
    try check { mill_json_bool(json, key, &result, $0) }
    return result != 0
  }

  /// The string `key`, or `value` if it is not set. Throws if it is no string or over `limit` bytes of UTF-8.
  public func string(_ key: String, limit: Int = 4096, default value: String) throws(PluginError) -> String {
    guard mill_json_member(json, key) != nil else { return value }
    let room = max(0, limit) + 1
    let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: room)
    defer { bytes.deallocate() }
    bytes.initialize(repeating: 0, count: room)
    try check { mill_json_string(json, key, bytes, room, $0) }
    return String(cString: bytes)
  }
}
