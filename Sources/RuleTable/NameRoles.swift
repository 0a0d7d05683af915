import AuditModel

/// Which names of captures and of fields stand for accounts, and which for addresses: what a table's `account` and
/// `address` lines say, and what is so for the record's own keys.
struct NameRoles: Sendable {
  private var declared: [String: (role: NameRole, location: SourceLocation)] = [:]

  static let ofKeys: [String: NameRole] = [
    "mailbox": .account, "actor_name": .account, "sender": .address, "recipient": .address, "recipients": .address,
  ]

  subscript(name: String) -> NameRole? { Self.ofKeys[name] ?? declared[name]?.role }

  /// The names that were declared, and where.
  var locations: [(name: String, location: SourceLocation)] { declared.map { ($0.key, $0.value.location) } }

  mutating func declare(_ name: String, _ role: NameRole, at location: SourceLocation) throws(Diagnostic.Failure) {
    if let given = Self.ofKeys[name] {
      throw Diagnostic.Failure(
        Diagnostic(
          location, "‘\(name)’ is an \(given) in every table",
          remedy: "leave it out; where it is none write \(role)(<\(name)>)"))
    }
    if let known = declared[name], known.role != role {
      throw Diagnostic.Failure(
        Diagnostic(
          location, "‘\(name)’ is an \(known.role) by line \(known.location.line)",
          remedy: "give one of the two another name, or write \(role)(<\(name)>) where it is one"))
    }
    declared[name] = (role, location)
  }

  /// The roles of this table, and where it says nothing those of another.
  func over(_ other: NameRoles) -> NameRoles {
    var result = self
    result.declared.merge(other.declared) { own, _ in own }
    return result
  }
}

/// Values that name a mailbox.
extension ActionParser {
  /// The canonical address of the mailbox that a value means by its role; each alternative of `a|b` by its own.
  func mailbox(_ value: ValueExpression, _ token: TextTokens.Token) throws(Diagnostic.Failure) -> ValueExpression {
    switch value {
    case .mailbox: return value
    // Who writes a word into a table knows the account.
    case .literal: return .mailbox(.account, value)
    case .first(let choices):
      var mailboxes: [ValueExpression] = []
      for choice in choices { mailboxes.append(try mailbox(choice, token)) }
      return .first(mailboxes)
    default:
      guard let role = role(of: value) else { throw withoutRole(value, token) }
      return .mailbox(role, value)
    }
  }

  /// Refuses to keep an address under a name of accounts, or an account under one of addresses: what reads it would
  /// take the one for the other.
  func checkRole(_ field: FieldAssignment, _ token: TextTokens.Token) throws(Diagnostic.Failure) {
    let name = names.name(of: field.field)
    guard let kept = roles[name], let given = role(of: field.value), kept != given else { return }
    throw fail(
      "‘\(name)’ is an \(kept), and the value an \(given)",
      kept == .account
        ? "write \(name)=mailbox(…), or account(…) where the address is the account's name"
        : "give the field another name", token)
  }

  private func role(of value: ValueExpression) -> NameRole? {
    switch value {
    case .capture(let name), .contextField(_, field: let name): roles[names.name(of: name)]
    case .prefix(let inner, _), .applied(_, let inner): role(of: inner)
    // What is canonical stays so as an account.
    case .mailbox: .account
    case .first(let choices):
      choices.first.flatMap { first in
        choices.allSatisfy { role(of: $0) == role(of: first) } ? role(of: first) : nil
      }
    case .literal, .entry, .joined: nil
    }
  }

  private func withoutRole(_ value: ValueExpression, _ token: TextTokens.Token) -> Diagnostic.Failure {
    guard let name = name(in: value) else {
      return fail(
        "‘\(token.text)’ names a mailbox, but not whether as an account or as an address",
        "write account(…) around it for what logs in, address(…) for what SMTP names", token)
    }
    return fail(
      "‘\(name)’ names a mailbox, and nothing says whether it is an account or an address",
      "write in the table: account \(name) (what logs in), or: address \(name) (what SMTP names); "
        + "or here account(…) or address(…) around it", token)
  }

  /// The one capture or field of which a value is made.
  private func name(in value: ValueExpression) -> String? {
    switch value {
    case .capture(let name), .contextField(_, field: let name): names.name(of: name)
    case .prefix(let inner, _), .applied(_, let inner): name(in: inner)
    default: nil
    }
  }
}
