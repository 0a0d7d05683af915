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
  }

  /// Calls the body with each, in their order.
  public func forEachSighting<Failure: Error>(_ body: (Sighting) throws(Failure) -> Void) throws(Failure) {
    var offset = 0
    while offset < bytes.count {
      var end = offset + Self.headerLength
      var texts: [ArraySlice<UInt8>] = []
      for index in 0..<4 {
        let length = number(at: offset + 9 + 2 * index, length: 2)
        texts.append(bytes[end..<(end + Int(length))])
        end += Int(length)
      }
      let kind = EventKind(rawValue: bytes[offset])
      let time = number(at: offset + 1, length: 8)
      offset = end
      guard let kind else { continue }
      try body(
        Sighting(kind: kind, time: time, mailbox: texts[0], service: texts[1], ip: texts[2], reason: texts[3]))
    }
  }

  private func number(at offset: Int, length: Int) -> UInt64 {
    (0..<length).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * UInt64($1)) }
  }
}
