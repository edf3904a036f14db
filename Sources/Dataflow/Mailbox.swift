import Glibc

/// Events from many threads to one, in order. The receiver may wait.
package final class Mailbox<Event: Sendable>: @unchecked Sendable {
  private static var longest_us: Int64 { 1_000_000_000_000 }  // 11 days: keeps the sum of nanoseconds in range
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var events: [Event] = []

  package init() {
    pthread_mutex_init(mutex, nil)
    // The monotonic clock: one that is set back must not make a receiver wait on.
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(condition)
    mutex.deallocate()
    condition.deallocate()
  }

  /// Adds an event and wakes the receiver. [any]
  package func send(_ event: Event) {
    pthread_mutex_lock(mutex)
    events.append(event)
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  /// All events so far; waits at most `timeout_us` for the first. [receiver]
  package func receive(timeout_us: Int64) -> [Event] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if events.isEmpty && timeout_us > 0 {
      var deadline = timespec()
      clock_gettime(CLOCK_MONOTONIC, &deadline)
      let total_ns = Int64(deadline.tv_nsec) + min(timeout_us, Self.longest_us) * 1000
      deadline.tv_sec += Int(total_ns / 1_000_000_000)
      deadline.tv_nsec = Int(total_ns % 1_000_000_000)
      pthread_cond_timedwait(condition, mutex, &deadline)
    }
    let taken = events
    events.removeAll(keepingCapacity: true)
    return taken
  }
}
