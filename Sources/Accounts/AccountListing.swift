import Configuration
import Platform

/// The accounts that a file lists, each with the attributes that are compared.
package struct AccountListing: Sendable, Equatable {
  /// By name as it stands in the file, with the domain that the configuration gives bare ones.
  package var accounts: [String: [String: String]] = [:]
  /// The numbers, from 1, of lines that list nothing: damaged ones, and in virtual(5) whole domains.
  package var unreadLines: [Int] = []

  /// The attribute that is compared without what locks it.
  static let password = "password"
  /// Present for an account that nobody can log in to.
  static let locked = "locked"
  /// Where an address of virtual(5) or aliases(5) leads.
  static let targets = "targets"

  package init(_ text: [UInt8], _ file: Configuration.AccountFile) {
    var logical: [(number: Int, text: String)] = []
    for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      guard let text = String(validating: line.filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self) else {
        unreadLines.append(index + 1)
        continue
      }
      guard !text.isBlank, !text.hasPrefix("#") else { continue }
      // In virtual(5) a line that begins with a blank continues the one before.
      if file.format == .virtual, text.first?.isBlank == true, !logical.isEmpty {
        logical[logical.count - 1].text += text
      } else {
        logical.append((index + 1, text))
      }
    }
    for (number, text) in logical { add(text, number: number, file) }
  }

  private mutating func add(_ line: String, number: Int, _ file: Configuration.AccountFile) {
    guard let (name, attributes) = Self.account(line, file.format), let address = Self.address(name, file) else {
      return unreadLines.append(number)
    }
    accounts[address] = attributes
  }

  private static func account(_ line: String, _ format: Configuration.AccountFile.Format) -> (String, [String: String])?
  {
    switch format {
    case .list: return (line.trimmingBlanks, [:])
    case .shadow:
      let fields = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      return fields.count > 1 ? (fields[0], attributes(ofPassword: fields[1])) : nil
    case .passwd: return passwdEntry(line)
    case .virtual: return forward(line)
    }
  }

  /// passwd(5), and the passwd-file of Dovecot, whose eighth field has words `key=value`.
  private static func passwdEntry(_ line: String) -> (String, [String: String])? {
    let fields = line.split(separator: ":", maxSplits: 7, omittingEmptySubsequences: false).map(String.init)
    guard fields.count > 1 else { return nil }
    var found = attributes(ofPassword: fields[1])
    for (name, value) in zip(["uid", "gid", "gecos", "home", "shell"], fields.dropFirst(2)) where !value.isEmpty {
      found[name] = value
    }
    for word in fields.dropFirst(7).joined().split(whereSeparator: \.isBlank) {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard let key = parts.first else { continue }
      if key == "nologin" { found[locked] = "yes" } else { found["field " + key] = parts.count > 1 ? parts[1] : "yes" }
    }
    return (fields[0], found)
  }

  /// What passwd(1) and control panels put in front of a password locks the account; the password stays.
  private static func attributes(ofPassword field: String) -> [String: String] {
    var rest = field[...]
    var isLocked = false
    while let mark = ["*LOCKED*", "!", "*"].first(where: { rest.hasPrefix($0) }) {
      rest = rest.dropFirst(mark.count)
      isLocked = true
    }
    var found = [password: String(rest)]
    if isLocked { found[locked] = "yes" }
    return found
  }

  /// `address targets` of virtual(5), `name: targets` of aliases(5).
  private static func forward(_ line: String) -> (String, [String: String])? {
    guard let end = line.firstIndex(where: { $0.isBlank || $0 == ":" }) else { return nil }
    let name = String(line[..<end])
    let list = line[end...].drop { $0.isBlank || $0 == ":" }
    let found = list.split { $0.isBlank || $0 == "," }.joined(separator: ", ")
    // `example.org anything` declares a domain, `@example.org` catches what is left of one.
    let isDomain =
      name.hasPrefix("@") || line[end] != ":" && !name.contains(Character("@")) && name.contains(Character("."))
    return found.isEmpty || isDomain ? nil : (name, [targets: found])
  }

  private static func address(_ name: String, _ file: Configuration.AccountFile) -> String? {
    guard !name.isEmpty, !name.hasPrefix("@") else { return nil }
    return name.contains(Character("@")) ? name : file.domain.map { name + "@" + $0 } ?? name
  }
}

extension Character {
  fileprivate var isBlank: Bool { self == " " || self == "\t" }
}

extension String {
  fileprivate var isBlank: Bool { allSatisfy(\.isBlank) }

  fileprivate var trimmingBlanks: String {
    let start = drop(while: \.isBlank)
    return String(start.prefix(start.count - start.reversed().prefix(while: \.isBlank).count))
  }
}
