import AuditModel

/// Whether what rules remember and look up is declared by a `keep` line, and whether what is read is written somewhere:
/// a misspelt name is an event that never comes.
struct DeclarationChecker {
  let traffic: ContextTraffic
  let declarations: ContextDeclarations

  func check() -> [Diagnostic] {
    let found = undeclared() + unwritten()
    // A misspelt name is declared in vain too: once is enough.
    return found.isEmpty ? unused() : found
  }

  // MARK: - What is not declared

  private func undeclared() -> [Diagnostic] {
    var found: [Diagnostic] = []
    for case (.context(let kind), let locations) in traffic.written where declarations.kinds[kind] == nil {
      found += locations.map { undeclared(kind, $0) }
    }
    for (field, locations) in traffic.fields {
      guard case .context(let kind) = field.source, let declared = declarations.kinds[kind] else { continue }
      if declared.fields[field.name] == nil { found += locations.map { undeclared(field.name, of: [kind], $0) } }
    }
    for reading in traffic.readings {
      guard !isDeclared(reading) else { continue }
      let kinds = reading.sources.map(\.kind).sorted()
      if let field = reading.field {
        guard kinds.allSatisfy({ declarations.kinds[$0] != nil }) else { continue }
        found.append(undeclared(field, of: kinds, reading.location))
      } else {
        found.append(undeclared(kinds[0], reading.location))
      }
    }
    return found
  }

  /// Whether what a rule looks at is declared, or needs no declaration, as what is offered and taken.
  private func isDeclared(_ reading: ContextTraffic.Reading) -> Bool {
    reading.sources.contains { source in
      guard case .context(let kind) = source else { return true }
      guard let declared = declarations.kinds[kind] else { return false }
      return reading.field.map { declared.fields[$0] != nil } ?? true
    }
  }

  private func undeclared(_ kind: String, _ location: SourceLocation) -> Diagnostic {
    let fields = traffic.fieldNames(of: .context(kind))
    let line = "keep \(kind) 1h" + (fields.isEmpty ? "" : ": " + fields.joined(separator: " "))
    return Diagnostic(
      location, "no table declares context records of the kind ‘\(kind)’",
      remedy: suggestion(for: kind, among: Array(declarations.kinds.keys), else: "declare it: \(line)"))
  }

  private func undeclared(_ field: String, of kinds: [String], _ location: SourceLocation) -> Diagnostic {
    let declared = kinds.flatMap { declarations.kinds[$0]?.fields.keys.map { $0 } ?? [] }
    let line = declarations.kinds[kinds[0]]?.location.description ?? ""
    return Diagnostic(
      location, "context records of the kind \(Self.list(kinds)) have no field ‘\(field)’",
      remedy: suggestion(for: field, among: declared, else: "add it to the keep line at \(line)"))
  }

  // MARK: - What nobody writes

  private func unwritten() -> [Diagnostic] {
    traffic.readings.filter(isDeclared).compactMap { reading in
      let kinds = reading.sources.map(\.kind).sorted()
      guard let field = reading.field else {
        guard let source = reading.sources.first, !traffic.isWritten(source) else { return nil }
        return unwritten(source, reading.location)
      }
      // Where the whole kind is unknown, that is said.
      guard reading.sources.contains(where: { traffic.isWritten($0) }),
        !reading.sources.contains(where: { traffic.isWritten(field, of: $0) })
      else { return nil }
      return Diagnostic(
        reading.location, "no rule says ‘\(field)’ for \(Self.list(kinds))",
        remedy: suggestion(
          for: field, among: reading.sources.flatMap { traffic.fieldNames(of: $0) }, else: "write it, or do not read it"
        ))
    }
  }

  private func unwritten(_ source: ContextTraffic.Source, _ location: SourceLocation) -> Diagnostic {
    func known(_ isOfTheSort: (ContextTraffic.Source) -> Bool) -> [String] {
      traffic.written.keys.filter(isOfTheSort).map(\.kind)
    }
    switch source {
    case .context(let kind):
      return Diagnostic(
        location, "no rule writes context records of the kind ‘\(kind)’",
        remedy: suggestion(
          for: kind, among: known { if case .context = $0 { true } else { false } },
          else: "write one, or do not look for it")
      )
    case .offer(let kind):
      return Diagnostic(
        location, "no rule offers ‘\(kind)’",
        remedy: suggestion(
          for: kind, among: known { if case .offer = $0 { true } else { false } }, else: "offer it, or do not take it"))
    case .taker(let kind):
      return Diagnostic(
        location, "no rule takes what is offered as ‘\(kind)’",
        remedy: suggestion(
          for: kind, among: known { if case .taker = $0 { true } else { false } }, else: "take it, or do not offer it"))
    }
  }

  // MARK: - What is declared in vain

  private func unused() -> [Diagnostic] {
    declarations.kinds.flatMap { kind, declared in
      declared.fields.compactMap { field, location in
        traffic.isWritten(field, of: .context(kind))
          ? nil
          : Diagnostic(
            location, "no rule writes ‘\(field)’ into context records of the kind ‘\(kind)’", remedy: "remove it")
      }
    }
  }

  // MARK: - Words

  private func suggestion(for word: String, among candidates: [String], else remedy: String) -> String {
    Spelling.suggestion(for: word, among: candidates.filter { $0 != word }).map {
      "did you mean ‘\($0)’? Else " + remedy
    }
      ?? remedy
  }

  private static func list(_ kinds: [String]) -> String { kinds.map { "‘\($0)’" }.joined(separator: " or ") }
}
