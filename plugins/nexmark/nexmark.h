/// What the plugin's parts offer to its entry.
#ifndef NEXMARK_H
#define NEXMARK_H

#include "batch_pool.h"
#include "millrace/draft/source.h"

#define NEXMARK_VERSION "1.0.0"

extern const mill_source_type nexmark_source;
extern const mill_operator_type nexmark_count_by_auction;
extern const mill_operator_type nexmark_count_by_key;
extern const mill_operator_type nexmark_store_value;
extern const mill_operator_type nexmark_currency;
extern const mill_operator_type nexmark_filter_auction;
extern const mill_operator_type nexmark_checksum;

#endif
