import AuditModel

/// Small numbers for the names of captures and of the fields of contexts.
///
/// The record's keys keep their `FieldKey` numbers, so that a capture called `ip` is an event's `ip` without a look-up;
/// other names are numbered from `firstOwn` in the order in which the tables use them.
public struct NameTable: Sendable {
  /// The first number that is no record key.
  public static let firstOwn: UInt16 = 64

  /// How many names besides the record's keys all tables together may use.
  public static let maximum = 20_000

  /// The names that are no record keys; the index in the list plus `firstOwn` is the number.
  public private(set) var own: [String] = []
  private var numbers: [String: UInt16] = [:]

  public init() {}

  /// One more than the largest number in use.
  public var upperBound: Int { Int(Self.firstOwn) + own.count }

  /// The number of a name, given to it when it is new; nil when `maximum` names are used up.
  public mutating func number(of name: String) -> UInt16? {
    if let known = lookUp(name) { return known }
    guard own.count < Self.maximum else { return nil }
    let number = Self.firstOwn + UInt16(own.count)
    own.append(name)
    numbers[name] = number
    return number
  }

  /// The number of a name that is used already.
  public func lookUp(_ name: String) -> UInt16? { FieldKey(name: name)?.rawValue ?? numbers[name] }

  /// The name behind a number.
  public func name(of number: UInt16) -> String {
    if let key = FieldKey(rawValue: number) { return key.name.description }
    let index = Int(number) - Int(Self.firstOwn)
    return own.indices.contains(index) ? own[index] : "?\(number)"
  }
}
