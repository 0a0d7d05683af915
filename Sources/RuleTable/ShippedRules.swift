import EmbeddedRules

/// The tables that come with mailtrail, as they are embedded in the binary.
public enum ShippedRules {
  /// The embedded files, in the order of their names.
  public static var embedded: [RuleFile] {
    var files: [RuleFile] = []
    while true {
      // Name and text are constants of the binary.
      let row = mailtrail_rule_file_at(files.count)
      guard let name = row.name else { return files }
      files.append(
        RuleFile(name: String(cString: name), text: Array(UnsafeBufferPointer(start: row.text, count: row.length))))
    }
  }
}
