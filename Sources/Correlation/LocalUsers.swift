/// Who a uid is on the host whose entry names it: proof of who handed a message over, since the daemon asks the kernel.
public struct LocalUsers: Sendable {
  public struct User: Sendable, Hashable {
    public var name: [UInt8]
    /// Whether it is a service's, as a web server's, and no person's.
    public var isService: Bool

    public init(name: [UInt8], isService: Bool) {
      self.name = name
      self.isService = isService
    }
  }

  private let find: @Sendable (_ uid: UInt32, _ machine: UInt64) -> User?

  /// - Parameter find: the user of a uid on a machine, by `EntryFacts.machine`; nil where its users are not known.
  public init(_ find: @escaping @Sendable (_ uid: UInt32, _ machine: UInt64) -> User?) { self.find = find }

  func user(_ uid: UInt32, on machine: UInt64) -> User? { find(uid, machine) }
}
