import Glibc
import RuleTable

/// Finds and compiles the rule tables: the shipped ones, then the administrator's, which override by rule id.
public enum RuleTables {
  /// Reads the tables.
  ///
  /// - Parameters:
  ///   - directory: the administrator's own (`rules.directory`); a missing one is empty.
  ///   - off: ids of rules to leave out.
  ///   - tables: names that the configuration switches on or off.
  ///   - extra: single files besides, as `rules check FILE` names them.
  ///   - strictness: what is asked of the tables besides.
  /// - Throws: `RuleTableError`, every problem with its place.
  public static func load(
    directory: String, off: [String] = [], tables: [String] = [], extra: [String] = [], strictness: Strictness = .usual
  ) throws(RuleTableError) -> CompiledTable {
    var files = shipped()
    let own = names(in: directory) + extra
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
    let place = SourcePlace(file: "rules.tables", line: 1, column: 1)
    let remedy = "tables are \(known.sorted().joined(separator: ", "))"
    return RuleTableError(names.map { Diagnostic(place, "there is no table ‘\($0)’", remedy: remedy) })
  }

  /// The installed tables beside the binary's prefix, else those embedded in it.
  public static func shipped() -> [RuleFile] {
    guard let directory = installedDirectory() else { return ShippedRules.embedded }
    let files = names(in: directory).compactMap { path in
      (try? contents(of: path)).map { RuleFile(name: path, text: $0) }
    }
    return files.isEmpty ? ShippedRules.embedded : files
  }

  private static func installedDirectory() -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    guard count > 0 else { return nil }
    let parts = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "/").dropLast(2)
    return "/" + parts.joined(separator: "/") + "/share/mailtrail/rules"
  }

  private static func names(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(".rules"), !name.hasPrefix(".") { names.append(directory + "/" + name) }
    }
    return names.sorted()
  }

  private static func contents(of path: String) throws(RuleTableError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path) }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path) }
      if count == 0 { return text }
      text += buffer[..<count]
    }
  }

  private static func unreadable(_ path: String) -> RuleTableError {
    let place = SourcePlace(file: path, line: 1, column: 1)
    return RuleTableError([
      Diagnostic(place, "cannot be read: " + String(cString: strerror(errno)), remedy: "check its name and permissions")
    ])
  }
}
