import AuditModel

/// What each table declares of the names that it uses.
struct TableRoles: Sendable {
  private(set) var ofTables: [String: NameRoles] = [:]
  private var tables: [String: String] = [:]

  mutating func declare(
    _ name: String, _ role: NameRole, in table: String, at location: SourceLocation
  ) throws(Diagnostic.Failure) {
    try ofTables[table, default: NameRoles()].declare(name, role, at: location)
  }

  mutating func enterScope(_ scope: String, in table: String) { tables[scope] = table }

  /// The table in which a scope stands.
  func table(ofScope scope: String) -> String? { tables[scope] }

  /// What is declared for a rule: by its own table, and where that says nothing by those of its scopes.
  func roles(in table: String, scopes: [String]) -> NameRoles {
    var result = ofTables[table] ?? NameRoles()
    for scope in scopes {
      if let other = tables[scope].flatMap({ ofTables[$0] }) { result = result.over(other) }
    }
    return result
  }
}
