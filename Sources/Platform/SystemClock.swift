import Glibc

/// The machine's clocks: for what people and the disk are shown, never for what an event says.
package enum SystemClock {
  /// CLOCK_REALTIME: microseconds since 1970. It is set by people and by NTP.
  package static func realtime() -> UInt64 { microseconds(of: CLOCK_REALTIME) }

  /// CLOCK_MONOTONIC: microseconds since the boot, of a clock that nobody sets.
  package static func monotonic() -> UInt64 { microseconds(of: CLOCK_MONOTONIC) }

  /// How many seconds local time is ahead of UTC at a time, in seconds since 1970; 0 where the C library knows none
  /// (localtime_r(3)).
  package static func localOffset(at seconds: Int) -> Int {
    var time = time_t(seconds)
    var fields = tm()
    // POSIX leaves open whether localtime_r reads TZ; glibc does so at the first call.
    guard localtime_r(&time, &fields) != nil else { return 0 }
    return fields.tm_gmtoff
  }

  private static func microseconds(of clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
  }
}
