import Platform

/// The zone of times that are written without one: how far it is from UTC at a moment.
public struct LocalZone: Sendable {
  /// Seconds east of UTC at a second since 1970.
  public let offset: @Sendable (Int) -> Int

  public init(offset: @escaping @Sendable (Int) -> Int) { self.offset = offset }

  /// This process's zone: `TZ`, else /etc/localtime (tzset(3)).
  public static let system = LocalZone { SystemClock.localOffset(at: $0) }
}
