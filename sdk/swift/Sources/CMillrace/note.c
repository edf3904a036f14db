// The ELF note of every plugin that links this SDK. Package.swift says which Swift runtime it needs.
#include "millrace.h"

MILL_PLUGIN_NOTE(MILLRACE_RUNTIME);
