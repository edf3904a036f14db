/// Calls of the system that a plugin makes: shown, and made to fail. They are defined in the driver, which a
/// plugin is bound to before the C library (the driver is linked with -rdynamic).
#ifndef DRIVER_FAULTS_H
#define DRIVER_FAULTS_H

/// From now on, prints `T CALL FILE` for each fsync, renameat and unlinkat that goes well.
void faults_trace(void);

/// `call` (fsync, pwrite, renameat, openat, mkdir) fails with errno `number` once it has gone well `skipped`
/// times, until the next call of this function; 0 for `number` ends it. A pwrite that is to fail writes half
/// its bytes first.
void faults_set(const char *call, int number, int skipped);

#endif
