/// Who may speak for a scope's daemon besides root: what its `trust` lines say.
///
/// Only what a user cannot choose counts: `_UID`, the unit and slice, and the path of a program that belongs to root.
public struct TrustedSenders: Sendable {
  /// The daemon's own system users.
  public private(set) var users: [String] = []
  /// Its units of system.slice.
  public private(set) var units: [Unit] = []
  /// Its programs, in any unit.
  public private(set) var programs: [ProgramPath] = []
  /// Programs that log under the same identifier but are another daemon's: their entries are never this scope's.
  public private(set) var distrusted: [ProgramPath] = []

  public struct Unit: Sendable, Hashable {
    /// The unit's name, with one `*` if need be.
    public var name: String
    /// Where others' programs run in the unit too: the daemon's own. Empty where only the daemon runs.
    public var programs: [ProgramPath]
  }

  /// Users that are nobody's own: many programs run as they do.
  static let sharedUsers: Set<String> = [
    "daemon", "bin", "sys", "games", "man", "mail", "news", "uucp", "proxy", "www-data", "backup", "list", "irc",
    "nobody",
    "apache", "http", "httpd", "nginx", "www",
  ]

  /// Adds what a line `trust …` or `distrust …` says.
  ///
  /// - Parameter words: behind `trust` or `distrust`.
  mutating func add(
    _ words: [String], isTrusted: Bool, _ location: SourceLocation
  ) throws(Diagnostic.Failure) {
    let names = words.dropFirst()
    switch (isTrusted, words.first) {
    case (true, "user"): for name in names { users.append(try Self.user(name, location)) }
    case (true, "unit"):
      let split = names.firstIndex(of: "executable") ?? names.endIndex
      let programs = try Self.programs(names[split...].dropFirst(), location)
      for name in names[..<split] { units.append(Unit(name: try Self.unit(name, location), programs: programs)) }
    case (true, "executable"): programs += try Self.programs(names, location)
    case (false, "executable"): distrusted += try Self.programs(names, location)
    default:
      throw Diagnostic.Failure(
        Diagnostic(
          location, "‘\(words.joined(separator: " "))’ does not say whom to \(isTrusted ? "trust" : "distrust")",
          remedy: isTrusted ? "use trust user, trust unit or trust executable" : "use distrust executable"))
    }
  }

  private static func user(_ name: String, _ location: SourceLocation) throws(Diagnostic.Failure) -> String {
    guard !sharedUsers.contains(name) else {
      throw Diagnostic.Failure(
        Diagnostic(
          location, "‘\(name)’ is a user as which many programs run",
          remedy: "trust the daemon's unit instead, with its program: trust unit NAME executable /PATH"))
    }
    return name
  }

  private static func unit(_ name: String, _ location: SourceLocation) throws(Diagnostic.Failure) -> String {
    guard !name.hasPrefix("*") else {
      throw Diagnostic.Failure(
        Diagnostic(
          location, "‘trust unit \(name)’ believes units in which users' own programs run",
          remedy: "name the daemon's units, or its program, wherever it runs: trust executable /PATH"))
    }
    return name
  }

  private static func programs(
    _ words: some Sequence<String>, _ location: SourceLocation
  ) throws(Diagnostic.Failure) -> [ProgramPath] {
    var result: [ProgramPath] = []
    for word in words { result.append(try ProgramPath(word, location)) }
    return result
  }
}
