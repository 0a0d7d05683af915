/// Logins that were seen, on their way to the table of logins: one behind the other in one buffer, so that a login which
/// is not recorded costs no allocation.
public struct LoginSightings: Sendable, Hashable {
  /// One login, or one that failed, or the end of an account.
  public struct Sighting: Sendable, Hashable {
    /// `login.succeeded`, `login.failed`, `login.denied`, `login.denied-region` or `account.deleted`.
    public var kind: EventKind
    /// Microseconds since 1970: the entry's.
    public var time: UInt64
    /// In its canonical form.
    public var mailbox: ArraySlice<UInt8>
    public var service: ArraySlice<UInt8> = []
    public var ip: ArraySlice<UInt8> = []
    /// Why it failed, as the daemon says.
    public var reason: ArraySlice<UInt8> = []
  }

  /// Behind each other: kind, time, four lengths of two bytes, and the four texts.
  private var bytes: [UInt8] = []
  public private(set) var count = 0
  /// The first login's time, microseconds since 1970; nil for none.
  public private(set) var oldest: UInt64?

  private static let headerLength = 17
  /// Longer texts are cut; no name is so long.
  private static let maximumLength = 4_096

  public init() {}

  public var isEmpty: Bool { bytes.isEmpty }
  public var byteCount: Int { bytes.count }

  /// Whether events of a kind belong here.
  public static func takes(_ kind: EventKind) -> Bool {
    switch kind {
    case .loginSucceeded, .loginFailed, .loginDenied, .loginDeniedRegion, .accountDeleted: true
    default: false
    }
  }

  /// Takes up a sighting of a kind that belongs here; the time in microseconds since 1970.
  public mutating func append(
    _ kind: EventKind, at time: UInt64, mailbox: [UInt8], service: UnsafeRawBufferPointer,
    ip: UnsafeRawBufferPointer, reason: UnsafeRawBufferPointer
  ) {
    // One whose name were cut would be another's.
    guard mailbox.count <= Self.maximumLength else { return }
    bytes.append(kind.rawValue)
    withUnsafeBytes(of: time.littleEndian) { bytes.append(contentsOf: $0) }
    appendLength(mailbox.count)
    appendLength(service.count)
    appendLength(ip.count)
    appendLength(reason.count)
    bytes.append(contentsOf: mailbox)
    appendText(service)
    appendText(ip)
    appendText(reason)
    count += 1
    if kind != .accountDeleted { oldest = min(oldest ?? time, time) }
  }

  private mutating func appendLength(_ count: Int) {
    withUnsafeBytes(of: UInt16(min(count, Self.maximumLength)).littleEndian) { bytes.append(contentsOf: $0) }
  }

  private mutating func appendText(_ text: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text.prefix(Self.maximumLength)))
  }

  public mutating func append(contentsOf other: LoginSightings) {
    bytes += other.bytes
    count += other.count
    if let first = other.oldest { oldest = min(oldest ?? first, first) }
  }

  /// Calls the body with each, in their order.
  public func forEachSighting<Failure: Error>(_ body: (Sighting) throws(Failure) -> Void) throws(Failure) {
    var offset = 0
    while offset < bytes.count {
      let mailbox = text(0, behind: offset + Self.headerLength, header: offset)
      let service = text(1, behind: mailbox.endIndex, header: offset)
      let ip = text(2, behind: service.endIndex, header: offset)
      let reason = text(3, behind: ip.endIndex, header: offset)
      let (kind, time) = (EventKind(rawValue: bytes[offset]), number(at: offset + 1, UInt64.self))
      offset = reason.endIndex
      guard let kind else { continue }
      try body(Sighting(kind: kind, time: time, mailbox: mailbox, service: service, ip: ip, reason: reason))
    }
  }

  private func text(_ index: Int, behind start: Int, header: Int) -> ArraySlice<UInt8> {
    bytes[start..<(start + Int(number(at: header + 9 + 2 * index, UInt16.self)))]
  }

  private func number<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int, _: Number.Type) -> Number {
    // The load is checked against the buffer's bounds.
    bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
  }
}
