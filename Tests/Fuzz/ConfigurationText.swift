import Configuration

/// Any text as the configuration; what stands behind the last 0x1E is an argument of `--set`.
enum ConfigurationText {
  static func run(_ input: UnsafeBufferPointer<UInt8>) {
    let parts = input.split(separator: 0x1e, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
    let overrides = parts.count > 1 ? [String(decoding: parts[1], as: UTF8.self)] : []
    do throws(ConfigurationError) {
      _ = try Configuration.parse(parts.first ?? [], file: "fuzz.yaml", overrides: overrides)
    } catch {
      // Terminals obey control characters, whoever wrote them.
      let text = "\(error)"
      require(
        !text.isEmpty && text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 32 && $0.value != 127 },
        "an error that a terminal obeys")
    }
  }
}
