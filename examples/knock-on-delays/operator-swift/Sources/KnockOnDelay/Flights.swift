import MillraceSDK

/// Where the input's columns are.
struct FlightColumns {
  let tailnum, carrier, origin, dest: ColumnRef<Text>
  let scheduled: ColumnRef<Timestamp>
  let flight, departureDelay, arrivalDelay: ColumnRef<Int32>

  init(_ schema: InputSchema) throws(PluginError) {
    tailnum = try schema.column("tailnum")
    carrier = try schema.column("carrier")
    flight = try schema.column("flight")
    origin = try schema.column("origin")
    dest = try schema.column("dest")
    scheduled = try schema.column("scheduled_departure")
    departureDelay = try schema.column("departure_delay")
    arrivalDelay = try schema.column("arrival_delay")
  }
}

/// The columns of the output.
let alertFields: [OutputField] = {
  var fields: [OutputField] = [
    .utf8("tailnum"), .utf8("carrier"), .int32("flight"), .utf8("origin"), .utf8("dest"),
    .timestamp("scheduled_departure"), .int32("departure_delay"), .int32("previous_arrival_delay"),
    .int32("chain_length"), .utf8("version"),
  ]
  #if VERSION_2
    fields.append(.utf8("first_origin"))
  #endif
  return fields
}()

/// The columns of one batch.
struct Flights {
  let tailnum, carrier, origin, dest: Column<Text>
  let scheduled: Column<Timestamp>
  let flight, departureDelay, arrivalDelay: Column<Int32>

  init(_ input: Input, _ columns: FlightColumns) {
    tailnum = input.column(columns.tailnum)
    carrier = input.column(columns.carrier)
    flight = input.column(columns.flight)
    origin = input.column(columns.origin)
    dest = input.column(columns.dest)
    scheduled = input.column(columns.scheduled)
    departureDelay = input.column(columns.departureDelay)
    arrivalDelay = input.column(columns.arrivalDelay)
  }

  /// Why a row can't be used; nil if it can.
  func fault(_ row: Int) -> String? {
    if tailnum.isNull(row) || carrier.isNull(row) || flight.isNull(row) || origin.isNull(row) || dest.isNull(row)
      || scheduled.isNull(row)
    {
      return "a required column is null: tailnum, carrier, flight, origin, dest and scheduled_departure must be set"
    }
    return origin[row].count > Aircraft.originLimit ? "origin is longer than 15 bytes: give an airport code" : nil
  }

  /// Adds the alert of a row; `now` is its aircraft, the row's flight included.
  func putAlert(
    into alerts: BatchBuilder, _ row: Int, _ now: UnsafePointer<Aircraft>, previousArrivalDelay: Int32
  ) {
    alerts.addRow(eventTime: scheduled[row].microseconds)
    alerts.put(0, tailnum[row])
    alerts.put(1, carrier[row])
    alerts.put(2, flight[row])
    alerts.put(3, origin[row])
    alerts.put(4, dest[row])
    alerts.put(5, scheduled[row])
    alerts.put(6, departureDelay[row])
    alerts.put(7, previousArrivalDelay)
    alerts.put(8, now.pointee.chainLength)
    alerts.put(9, operatorVersionText)
    #if VERSION_2
      let start = UnsafeRawPointer(now).advanced(by: MemoryLayout<Aircraft>.offset(of: \.firstOrigin) ?? 0)
      let bytes = start.assumingMemoryBound(to: UInt8.self)
      alerts.put(10, Text(start: bytes, count: Int(now.pointee.firstOriginSize)))
    #endif
  }
}
