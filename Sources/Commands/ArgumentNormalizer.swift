/// What a command's options look like on the command line: enough to rewrite them, not to understand them.
package struct CommandOptions: Sendable {
  package struct Option: Sendable {
    /// Without its two dashes.
    package var long: String
    /// Without its dash.
    package var short: Character?
    package var argument: Argument

    package init(_ long: String, _ short: Character? = nil, _ argument: Argument = .none) {
      self.long = long
      self.short = short
      self.argument = argument
    }
  }

  package enum Argument: Sendable {
    /// A flag.
    case none
    /// A value always follows, even one that begins with a dash.
    case required
    /// A value may follow: attached always, as a word of its own only if `takesWord` says that it looks like one.
    case optional(default: String, takesWord: @Sendable (String) -> Bool)
  }

  package var options: [Option]
  /// The next words that select another table: `rules`, and in it `list`.
  package var subcommands: [String: CommandOptions]

  package init(options: [Option] = [], subcommands: [String: CommandOptions] = [:]) {
    self.options = options
    self.subcommands = subcommands
  }
}

extension CommandOptions.Argument {
  /// The value of `--lines`: a number, or `all`.
  package static let lineCount = Self.optional(default: "10") { word in
    word == "all" || !word.isEmpty && word.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
  }

  /// The value of `--boot`: an offset, a 128-bit id, or an id and an offset (journalctl(1)).
  package static let boot = Self.optional(default: "0") { word in
    func isOffset(_ text: Substring, needsSign: Bool) -> Bool {
      let digits = text.drop { $0 == "+" || $0 == "-" }
      let signs = text.count - digits.count
      return !digits.isEmpty && signs <= 1 && (signs == 1 || !needsSign)
        && digits.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
    }
    let id = word.prefix { $0.isHexDigit && $0.isASCII }
    if id.count == 32 { return id.count == word.count || isOffset(word.dropFirst(32), needsSign: true) }
    return word == "all" || isOffset(word[...], needsSign: false)
  }
}

/// Rewrites an argument vector that getopt_long(3) and journalctl take into one that ArgumentParser takes: `-fn5`
/// becomes `--follow --lines=5`, `-S -5d` becomes `--since=-5d`, `-b -1` becomes `--boot=-1`.
///
/// What it does not know it leaves alone, so that the parser's own message names it.
package struct ArgumentNormalizer {
  private var table: CommandOptions
  private var result: [String] = []
  private var rest: ArraySlice<String>

  /// The rewritten arguments.
  ///
  /// - Parameters:
  ///   - arguments: without the program's name.
  ///   - options: of the program, with its subcommands in it.
  package static func normalize(_ arguments: [String], options: CommandOptions) -> [String] {
    var normalizer = ArgumentNormalizer(table: options, rest: arguments[...])
    normalizer.run()
    return normalizer.result
  }

  private init(table: CommandOptions, rest: ArraySlice<String>) {
    self.table = table
    self.rest = rest
  }

  private mutating func run() {
    while let word = rest.popFirst() {
      if word == "--" {
        result += [word] + rest
        return
      }
      if word.hasPrefix("--") {
        rewriteLong(word)
      } else if word.hasPrefix("-"), word.count > 1 {
        rewriteCluster(word)
      } else {
        result.append(word)
        // A word that is no subcommand is an operand: after it none can follow.
        if let next = table.subcommands[word] { table = next } else { table.subcommands = [:] }
      }
    }
  }

  private mutating func rewriteLong(_ word: String) {
    let name = word.dropFirst(2).prefix { $0 != "=" }
    guard let option = longOption(name) else { return result.append(word) }
    let hasValue = name.count + 2 < word.count
    let value = hasValue ? String(word.dropFirst(name.count + 3)) : nil
    if case .none = option.argument {
      result.append(value.map { "--\(option.long)=\($0)" } ?? "--\(option.long)")
    } else {
      appendOption(option, value: value)
    }
  }

  /// An option by its name, or by a beginning that no other has, as getopt_long(3) allows.
  private func longOption(_ name: Substring) -> CommandOptions.Option? {
    if let exact = table.options.first(where: { $0.long == name }) { return exact }
    let candidates = table.options.filter { !name.isEmpty && $0.long.hasPrefix(name) }
    return candidates.count == 1 ? candidates[0] : nil
  }

  /// Rewrites `-fn5`: flags, then perhaps one option that takes what is left as its value.
  private mutating func rewriteCluster(_ word: String) {
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      guard let option = table.options.first(where: { $0.short == letter }) else {
        return result.append("-\(letter)\(letters)")
      }
      if case .none = option.argument {
        result.append("--\(option.long)")
      } else {
        return appendOption(option, value: letters.isEmpty ? nil : String(letters))
      }
    }
  }

  /// Appends `--long=value`, taking the value from the next word where there is none yet.
  private mutating func appendOption(_ option: CommandOptions.Option, value: String?) {
    var value = value
    if value == nil {
      switch option.argument {
      case .none: break
      case .required: value = rest.popFirst()
      case .optional(let fallback, let takesWord):
        value = rest.first.map(takesWord) == true ? rest.popFirst() : fallback
      }
    }
    // A required value that is missing is left for the parser to complain about.
    result.append(value.map { "--\(option.long)=\($0)" } ?? "--\(option.long)")
  }
}
