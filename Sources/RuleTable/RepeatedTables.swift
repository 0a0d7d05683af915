/// Finds tables that are loaded twice: the second replaces the first rule by rule, and nobody sees it.
enum RepeatedTables {
  /// A file that is named twice.
  static func check(_ files: [RuleFile]) -> [Diagnostic] {
    var known: Set<String> = []
    return files.filter { !known.insert($0.name).inserted }.map { file in
      Diagnostic(
        SourceLocation(file: file.name, line: 1, column: 1), "the file is loaded twice",
        remedy: "name it once; those of rules.directory are loaded by themselves")
    }
  }

  /// A table that stands in two files, or twice in one.
  static func check(_ tables: [RuleTableInfo]) -> [Diagnostic] {
    var known: [String: SourceLocation] = [:]
    return tables.compactMap { table in
      guard let first = known[table.name] else {
        known[table.name] = table.location
        return nil
      }
      return Diagnostic(
        table.location, "table ‘\(table.name)’ is loaded twice, first by \(first)",
        remedy: "load one of the two; to add or replace single rules of it leave this line out")
    }
  }
}
