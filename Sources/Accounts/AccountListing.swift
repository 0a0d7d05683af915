import Configuration

/// The accounts that a file lists, each with the attributes that are compared.
///
/// All of it is bytes: what a person may write into a field, such as a combining character, must not hide a separator.
package struct AccountListing: Sendable, Equatable {
  /// By name as the file has it. Of several lines with one name the first counts, as for the daemons.
  package var accounts: [[UInt8]: [String: [UInt8]]] = [:]
  /// The numbers, from 1, of lines that list nothing and should.
  package var unreadLines: [Int] = []

  /// The attribute that is compared without what locks it.
  static let password = "password"
  /// Present for an account that nobody can log in to.
  static let locked = "locked"
  /// Where an address of virtual(5) or aliases(5) leads.
  static let targets = "targets"

  /// Longer names are no addresses (RFC 5321, 4.5.3.1).
  private static let longestName = 320

  /// - Parameter isMailbox: whether a name can be one.
  package init(_ text: [UInt8], _ format: Configuration.AccountFile.Format, isMailbox: ([UInt8]) -> Bool) {
    var lines: [(number: Int, text: [UInt8])] = []
    for (index, line) in text.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      let text = line.filter { $0 != 13 }
      guard let first = text.first(where: { !Self.isBlank($0) }), first != UInt8(ascii: "#") else { continue }
      // In virtual(5) a line that begins with a blank continues the one before.
      if format == .virtual, Self.isBlank(text[0]), !lines.isEmpty {
        lines[lines.count - 1].text += text
      } else {
        lines.append((index + 1, text))
      }
    }
    for (number, text) in lines { add(text, number: number, format, isMailbox) }
  }

  private mutating func add(
    _ line: [UInt8], number: Int, _ format: Configuration.AccountFile.Format, _ isMailbox: ([UInt8]) -> Bool
  ) {
    if format == .virtual, Self.declaresDomain(line) { return }
    guard let (slice, attributes) = Self.account(line[...], format) else { return unreadLines.append(number) }
    let name = Array(slice)
    let catchesAll = format == .virtual && name.first == Self.at && name.count > 1
    guard Self.isName(name), catchesAll || name.first != Self.at && isMailbox(name) else {
      return unreadLines.append(number)
    }
    if accounts[name] == nil { accounts[name] = attributes }
  }

  private static func account(
    _ line: ArraySlice<UInt8>, _ format: Configuration.AccountFile.Format
  ) -> (ArraySlice<UInt8>, [String: [UInt8]])? {
    switch format {
    case .list: return (trimmed(line), [:])
    case .shadow:
      let fields = line.split(separator: colon, omittingEmptySubsequences: false)
      return fields.count > 1 ? (fields[0], attributes(ofPassword: fields[1])) : nil
    case .passwd: return passwdEntry(line)
    case .virtual: return forward(line)
    }
  }

  /// passwd(5), and the passwd-file of Dovecot, whose eighth field has words `key=value`.
  private static func passwdEntry(_ line: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, [String: [UInt8]])? {
    let fields = line.split(separator: colon, maxSplits: 7, omittingEmptySubsequences: false)
    guard fields.count > 1 else { return nil }
    var found = attributes(ofPassword: fields[1])
    for (name, value) in zip(["uid", "gid", "gecos", "home", "shell"], fields.dropFirst(2)) where !value.isEmpty {
      found[name] = Array(value)
    }
    for word in fields.dropFirst(7).joined().split(whereSeparator: isBlank) {
      let parts = word.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let key = String(decoding: parts[0], as: UTF8.self)
      if key == "nologin" {
        found[locked] = yes
      } else {
        found["field " + key] = parts.count > 1 ? Array(parts[1]) : yes
      }
    }
    return (fields[0], found)
  }

  private static let yes = Array("yes".utf8)

  /// What passwd(1) and control panels put in front of a password locks the account; the password stays.
  private static func attributes(ofPassword field: ArraySlice<UInt8>) -> [String: [UInt8]] {
    var rest = field
    while let mark = locks.first(where: { rest.starts(with: $0) }) { rest = rest.dropFirst(mark.count) }
    var found = [password: Array(rest)]
    if rest.count < field.count { found[locked] = yes }
    return found
  }

  private static let locks = ["*LOCKED*", "!", "*"].map { Array($0.utf8) }

  /// `address targets` of virtual(5), `name: targets` of aliases(5).
  private static func forward(_ line: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, [String: [UInt8]])? {
    guard let end = line.firstIndex(where: { isBlank($0) || $0 == colon }) else { return nil }
    var list = line[end...].drop(while: isBlank)
    if list.first == colon { list = list.dropFirst() }
    let found = list.split { isBlank($0) || $0 == UInt8(ascii: ",") }
    // The fields of a passwd-file, read by mistake, must not be taken for targets: they have passwords.
    let isOfAnotherFormat = found.contains { target in
      [UInt8(ascii: "{"), UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "*")].contains(target.first)
        || target.count { $0 == colon } > 2
    }
    guard !found.isEmpty, !isOfAnotherFormat else { return nil }
    return (line[..<end], [targets: Array(found.joined(separator: Array(", ".utf8)))])
  }

  /// `example.org anything` declares a domain.
  private static func declaresDomain(_ line: [UInt8]) -> Bool {
    let name = line.prefix { !isBlank($0) && $0 != colon }
    return !name.contains(at) && name.contains(UInt8(ascii: "."))
      && line.dropFirst(name.count).first(where: { !isBlank($0) }) != colon
  }

  /// Not the line of another format.
  private static func isName(_ name: [UInt8]) -> Bool {
    !name.isEmpty && name.count <= longestName
      && name.allSatisfy { $0 > 32 && $0 != 127 && $0 != colon && $0 != UInt8(ascii: "$") }
  }

  // MARK: - Bytes

  private static let colon = UInt8(ascii: ":")
  static let at = UInt8(ascii: "@")

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

  private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = text.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
    return rest
  }
}
