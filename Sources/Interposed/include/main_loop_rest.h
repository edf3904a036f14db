/// Lets the main threads of librdkafka's clients rest where they would spin.
///
/// Before 2.4 such a thread sleeps in whole milliseconds until its next timer is due, and spends the rest, up
/// to a millisecond of processor time for each timer, in a loop that looks at the clock
/// (docs/decisions/0017-main-loops-rest.md). Whoever links this has its own `clock_gettime` in the executable,
/// where the dynamic linker finds it before the system's.
#ifndef MILLRACE_MAIN_LOOP_REST_H
#define MILLRACE_MAIN_LOOP_REST_H

#include <stdbool.h>

/// From now on, main threads of librdkafka rest for about 0.15 ms whenever they have looked at the clock some
/// times without a wait. Before that, nothing is different from the system's clock. False where it stays the
/// system's: with sanitizers, which have their own. [any]
bool mill_let_main_loops_rest(void);

#endif
