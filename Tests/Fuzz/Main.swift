import CFuzzer
import Glibc

/// The fuzzer: `MAILTRAIL_FUZZ_TARGET` names what is fuzzed, the arguments are libFuzzer's. Tests/Long/fuzz runs it.
///
/// With `MAILTRAIL_FUZZ_SEEDS=DIRECTORY` it writes the target's seeds there instead.
@main enum Main {
  static func main() {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    guard let name = getenv("MAILTRAIL_FUZZ_TARGET"), let target = FuzzTarget(rawValue: String(cString: name)) else {
      fatalError("MAILTRAIL_FUZZ_TARGET must be one of \(names)")
    }
    if let directory = getenv("MAILTRAIL_FUZZ_SEEDS") {
      Seeds.write(target, to: String(cString: directory))
      return
    }
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    let callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32 = { data, size in
      FuzzTarget.current.run(UnsafeBufferPointer(start: data, count: size))
      return 0
    }
    exit(LLVMFuzzerRunDriver(&count, &arguments, callback))
  }
}

/// What can be fuzzed.
enum FuzzTarget: String, CaseIterable {
  case rules, match, record, checkpoint, configuration

  /// The one that the environment names; asked for by the callback, which can hold nothing.
  static let current = getenv("MAILTRAIL_FUZZ_TARGET").flatMap { FuzzTarget(rawValue: String(cString: $0)) } ?? .rules

  /// Runs one input; a trap is a finding.
  func run(_ input: UnsafeBufferPointer<UInt8>) {
    switch self {
    case .rules: Rules.run(input)
    case .match: Match.run(input)
    case .record: Record.run(input)
    case .checkpoint: Checkpoint.run(input)
    case .configuration: ConfigurationText.run(input)
    }
  }
}

/// Traps with a reason, in release too.
func require(_ holds: Bool, _ reason: @autoclosure () -> String) {
  if !holds { fatalError(reason()) }
}
