import Glibc
import Platform
import RuleTable

/// Finds and compiles the rule tables: the shipped ones, then the administrator's, which override by rule id.
package enum RuleTables {
  /// Reads the tables.
  ///
  /// - Parameters:
  ///   - directory: the administrator's own (`rules.directory`); a missing one is empty.
  ///   - off: ids of rules to leave out.
  ///   - tables: names that the configuration switches on or off.
  ///   - extra: single files besides, as `rules check FILE` names them.
  ///   - strictness: what is asked of the tables besides.
  /// - Throws: `RuleTableError`, every problem with its location.
  package static func load(
    directory: String, off: [String] = [], tables: [String] = [], extra: [String] = [], strictness: Strictness = .usual
  ) throws(RuleTableError) -> CompiledTable {
    var files = try shipped()
    let own = try Self.tables(in: directory) + extra
    for path in own { files.append(RuleFile(name: path, text: try contents(of: path))) }
    // The shipped tables alone were tried when they were made. A rule of the administrator's may take another's lines.
    let table = try RuleCompiler.compile(
      files, off: Set(off), strictness: strictness, examples: !own.isEmpty || strictness.contains(.examples))
    let known = Set(table.tables.map(\.name))
    let unknown = tables.filter { !known.contains($0) }
    guard unknown.isEmpty else { throw Self.unknown(unknown, known) }
    return table
  }

  private static func unknown(_ names: [String], _ known: Set<String>) -> RuleTableError {
    let location = SourceLocation(file: "rules.tables", line: 1, column: 1)
    let remedy = "tables are \(known.sorted().joined(separator: ", "))"
    return RuleTableError(names.map { Diagnostic(location, "there is no table ‘\($0)’", remedy: remedy) })
  }

  /// The installed tables beside the binary's prefix, else those embedded in it.
  ///
  /// - Throws: `RuleTableError` when one that is installed cannot be read: without it a daemon's entries would emit nothing.
  package static func shipped() throws(RuleTableError) -> [RuleFile] {
    guard let directory = installedDirectory() else { return ShippedRules.embedded }
    var files: [RuleFile] = []
    for path in try tables(in: directory) { files.append(RuleFile(name: path, text: try contents(of: path))) }
    return files.isEmpty ? ShippedRules.embedded : files
  }

  private static func installedDirectory() -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    guard count > 0 else { return nil }
    let parts = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "/").dropLast(2)
    return "/" + parts.joined(separator: "/") + "/share/mailtrail/rules"
  }

  /// The tables of a directory; none where there is no such directory.
  private static func tables(in directory: String) throws(RuleTableError) -> [String] {
    let names: [String]
    do { names = try InputFile.names(in: directory) } catch {
      guard error.code == ENOENT else { throw unreadable(error) }
      return []
    }
    return names.filter { $0.hasSuffix(".rules") && !$0.hasPrefix(".") }.map { directory + "/" + $0 }
  }

  private static func contents(of path: String) throws(RuleTableError) -> [UInt8] {
    do { return try InputFile.contents(of: path) } catch { throw unreadable(error) }
  }

  private static func unreadable(_ error: FileError) -> RuleTableError {
    let location = SourceLocation(file: error.path, line: 1, column: 1)
    return RuleTableError([
      Diagnostic(location, "cannot be read: " + error.reason, remedy: "check its name and permissions")
    ])
  }
}
