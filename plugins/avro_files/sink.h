/// The sink: what it is and what it does.
#ifndef FILES_SINK_H
#define FILES_SINK_H

#include "millrace_sdk.h"

extern const mill_sink_type files_sink;

#endif
