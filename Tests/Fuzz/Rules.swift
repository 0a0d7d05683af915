import RuleTable

/// Any text as a table; what compiles is used, on its own examples and on itself.
enum Rules {
  static func run(_ input: UnsafeBufferPointer<UInt8>) {
    let text = Array(input)
    let table: CompiledTable
    do throws(RuleTableError) {
      table = try RuleCompiler.compile([RuleFile(name: "fuzz.rules", text: text)])
    } catch {
      require(!error.description.isEmpty, "an error without words")
      return
    }
    let lines = table.rules.flatMap { $0.examples.map(\.message) } + text.split(separator: 10).map(Array.init)
    Lines.feed(lines, to: table)
  }
}
