/// Millrace plugin SDK for C: the ABI and helpers over it, header-only. C11; usable from C++17.
///
/// Everything here is `static inline` and compiled into the plugin: it is no part of the ABI, and may change
/// between releases without breaking a plugin that is already built.
#ifndef MILLRACE_SDK_H
#define MILLRACE_SDK_H

#include "millrace.h"

#include "millrace_sdk/builder.h"
#include "millrace_sdk/column.h"
#include "millrace_sdk/error.h"
#include "millrace_sdk/finish.h"
#include "millrace_sdk/json.h"
#include "millrace_sdk/map.h"
#include "millrace_sdk/memory.h"
#include "millrace_sdk/raw.h"
#include "millrace_sdk/schema.h"
#include "millrace_sdk/utf8.h"

#endif
