/// The source: what it is and what it does.
#ifndef FILES_SOURCE_H
#define FILES_SOURCE_H

#include "millrace_sdk.h"

/// Version of the plugin.
#define FILES_VERSION "0.1.0"

extern const mill_source_type files_source;

#endif
