/// Millrace plugin ABI, all capabilities in one include.
///
/// Rules that hold for every header below this one:
///  - `struct_size` is the first field of every struct that is not Arrow's: its writer sets it to `sizeof` of
///  the
///    struct it was compiled with, its reader uses only fields inside that size. Structs grow at the end only.
///  - Fallible functions return a status: `MILL_OK` (0), or another value with the caller's `mill_error`
///  filled.
///  - A function's comment ends with who may call it: `[control]` (start-up and shutdown, any one thread at a
///    time), `[task]` (never concurrently for one instance; may move between threads), `[any]` (any thread).
///  - A pointer's comment says who owns what it points to, and until when.
///  - Times are int64 microseconds since 1970-01-01T00:00:00Z, event time and processing time alike.
///  - No C++ exception, Swift error or longjmp may cross.
#ifndef MILLRACE_H
#define MILLRACE_H

#include "millrace/arrow.h"
#include "millrace/base.h"
#include "millrace/batch.h"
#include "millrace/draft/sink.h"
#include "millrace/draft/source.h"
#include "millrace/keyed_state.h"
#include "millrace/log.h"
#include "millrace/memory.h"
#include "millrace/operator.h"
#include "millrace/plugin.h"
#include "millrace/schema.h"
#include "millrace/serde.h"
#include "millrace/snapshot.h"
#include "millrace/timers.h"

#endif
