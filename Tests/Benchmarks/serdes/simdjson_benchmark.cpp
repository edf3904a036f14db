/// Measures simdjson's on-demand parser (https://simdjson.org) on rows as serde_benchmark has them: one JSON object
/// a line, from standard input, all of whose fields are read in their order into columns. Times stay texts, and
/// what comes twice or is not asked for goes unseen: it has less to do than the serde. Prints the median of five
/// runs, by processor time.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <iterator>
#include <simdjson.h>
#include <string>
#include <vector>

namespace {
constexpr int rounds = 5, batches = 500;

struct columns {
  std::vector<std::string_view> tailnum, carrier, origin, dest, scheduled_departure;
  std::vector<int64_t> flight, departure_delay, arrival_delay;
  std::vector<bool> has_tailnum, has_departure_delay, has_arrival_delay;

  explicit columns(size_t rows)
      : tailnum(rows), carrier(rows), origin(rows), dest(rows), scheduled_departure(rows), flight(rows),
        departure_delay(rows), arrival_delay(rows), has_tailnum(rows), has_departure_delay(rows),
        has_arrival_delay(rows) {}
};

double cpu_s() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}

bool put_delay(simdjson::ondemand::value value, int64_t &delay) {
  if (value.is_null())
    return false;
  delay = value.get_int64();
  return true;
}

void read_row(simdjson::ondemand::parser &parser, simdjson::padded_string_view text, columns &to, size_t row) {
  simdjson::ondemand::document document = parser.iterate(text);
  simdjson::ondemand::object object = document.get_object();
  simdjson::ondemand::value tailnum = object.find_field("tailnum");
  to.has_tailnum[row] = !tailnum.is_null();
  if (to.has_tailnum[row])
    to.tailnum[row] = tailnum.get_string();
  to.carrier[row] = object.find_field("carrier").get_string();
  to.flight[row] = object.find_field("flight").get_int64();
  to.origin[row] = object.find_field("origin").get_string();
  to.dest[row] = object.find_field("dest").get_string();
  to.scheduled_departure[row] = object.find_field("scheduled_departure").get_string();
  to.has_departure_delay[row] = put_delay(object.find_field("departure_delay"), to.departure_delay[row]);
  to.has_arrival_delay[row] = put_delay(object.find_field("arrival_delay"), to.arrival_delay[row]);
}
} // namespace

int main() {
  std::string data{std::istreambuf_iterator<char>(std::cin), {}};
  std::vector<std::pair<size_t, size_t>> rows;
  for (size_t start = 0, end; (end = data.find('\n', start)) != std::string::npos; start = end + 1)
    rows.emplace_back(start, end - start);
  const size_t size = data.size();
  data.resize(size + simdjson::SIMDJSON_PADDING);
  const char *text = data.data();
  simdjson::ondemand::parser parser;
  columns to(rows.size());
  std::vector<double> seconds;
  for (int round = 0; round < rounds; round++) {
    const double start = cpu_s();
    for (int i = 0; i < batches; i++)
      for (size_t row = 0; row < rows.size(); row++)
        read_row(parser,
                 simdjson::padded_string_view(text + rows[row].first, rows[row].second, data.size() - rows[row].first),
                 to, row);
    seconds.push_back(cpu_s() - start);
  }
  std::sort(seconds.begin(), seconds.end());
  std::printf("simdjson on demand, decode: %.2f million rows per core-second\n",
              double(rows.size()) * batches / seconds[rounds / 2] / 1e6);
}
