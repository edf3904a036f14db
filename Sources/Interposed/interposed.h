/// What the files of this module have in common.
#ifndef MILLRACE_INTERPOSED_H
#define MILLRACE_INTERPOSED_H

/// ThreadSanitizer knows pthread's locks, and sanitizers the C library's functions, by their own calls.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define MILL_IS_SANITIZED 1
#endif
#endif

/// How often this thread has looked at the clock since it last waited.
extern _Thread_local unsigned mill_looks_since_wait;

#endif
