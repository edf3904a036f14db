// Rejection-inversion: W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates from monotone
// discrete distributions", ACM TOMACS 6 (1996). The area under h(x) = x^-exponent is drawn from evenly and
// turned into an x; its nearest whole number is taken, unless the area that the curve has there beyond that
// number's own was hit. No table, and more than nine of ten draws are taken at once.
#include "zipf.h"

#include "generator.h"

#include <math.h>

// Below this the quotients that both functions are made of lose their digits; the series' first terms do not.
#define SERIES_LIMIT 1e-8

/// The area under h from 1 to `x`: (x^(1-exponent) - 1) / (1 - exponent).
static double area_to(const nexmark_zipf *zipf, double x) {
  double logarithm = log(x), power = (1 - zipf->exponent) * logarithm;
  return fabs(power) < SERIES_LIMIT ? logarithm * (1 + power / 2) : expm1(power) / (1 - zipf->exponent);
}

/// The x up to which the area under h is `area`.
static double end_of(const nexmark_zipf *zipf, double area) {
  double power = (1 - zipf->exponent) * area;
  return fabs(power) < SERIES_LIMIT ? exp(area * (1 - power / 2)) : exp(log1p(power) / (1 - zipf->exponent));
}

static double height_at(const nexmark_zipf *zipf, double x) { return exp(-zipf->exponent * log(x)); }

nexmark_zipf nexmark_zipf_make(int64_t count, double exponent) {
  nexmark_zipf zipf = {.count = count, .exponent = exponent};
  zipf.area_first = area_to(&zipf, 1.5) - 1;
  zipf.area_last = area_to(&zipf, (double)count + 0.5);
  zipf.sure = 2 - end_of(&zipf, area_to(&zipf, 2.5) - height_at(&zipf, 2));
  return zipf;
}

int64_t nexmark_zipf_draw(const nexmark_zipf *zipf, uint64_t seed) {
  for (;; seed = nexmark_mix(seed + NEXMARK_GOLDEN_GAMMA)) {
    double share = (double)(seed >> 11) * 0x1p-53;
    double area = zipf->area_last + share * (zipf->area_first - zipf->area_last), x = end_of(zipf, area);
    double number = floor(x + 0.5);
    if (number < 1)
      number = 1;
    if (number > (double)zipf->count)
      number = (double)zipf->count;
    if (number - x <= zipf->sure || area >= area_to(zipf, number + 0.5) - height_at(zipf, number))
      return (int64_t)number;
  }
}
